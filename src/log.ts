/** How far a stage is: `done` of `total` things. */
export interface Progress {
  done: number;
  /** Undefined where nobody knows how much there is, such as a queue that is drained. */
  total?: number;
  /** What is counted, as a plural: "movies", "datasets". */
  noun: string;
}

/** A call that did not succeed and is made again. */
export interface Retry {
  /** Who is called: "OMDb". */
  who: string;
  /** Why, in a few words and without a secret: "OMDb 503". */
  reason: string;
  /** The pause before the next call. */
  seconds: number;
  /** The pause is as long because the other side asked for it (`Retry-After`). */
  asked: boolean;
}

/** Where a stage tells what happens. It never prints by itself. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  debug(message: string, facts?: Record<string, unknown>): void;
  progress(progress: Progress): void;
  /** Called before the pause. */
  retry(retry: Retry): void;
}

/** For who does not want to know. */
export const silentLog: Log = {
  info() {},
  warn() {},
  debug() {},
  progress() {},
  retry() {},
};
