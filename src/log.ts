/** How far a stage is: `done` of `total` things. */
export interface Progress {
  done: number;
  /** Undefined where nobody knows how much there is, such as a queue that is drained. */
  total?: number;
  /** What is counted, as a plural: "movies", "datasets". */
  noun: string;
}

/** Where a stage tells what happens. It never prints by itself. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  debug(message: string, facts?: Record<string, unknown>): void;
  progress(progress: Progress): void;
}

export const silentLog: Log = {
  info() {},
  warn() {},
  debug() {},
  progress() {},
};
