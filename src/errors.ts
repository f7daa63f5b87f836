/**
 * What a failure means for the work in hand:
 * - `answer`: the other side answered, and its answer is that there is nothing; the run goes on.
 * - `retry`: the same request may succeed later; the message comes back.
 * - `quota`: no further request of this kind will succeed today.
 * - `stop`: nothing will succeed until a person changes something.
 */
export type Verdict = 'answer' | 'retry' | 'quota' | 'stop';

/** What an error says beside its message. */
export interface ErrorDetails {
  /** What the reader can do about it: a command or a setting, as a sentence without a full stop. */
  hint?: string;
  cause?: unknown;
}

/** Every failure this project raises on purpose: a verdict, what happened, and what to do. */
export class PipelineError extends Error {
  readonly verdict: Verdict;
  readonly hint: string | undefined;

  constructor(verdict: Verdict, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PipelineError';
    this.verdict = verdict;
    this.hint = details.hint;
  }

  /** The process exit code that this failure stands for (design, section 7). */
  get exitCode(): number {
    return 1;
  }
}

/** The command line or the configuration is wrong. All mistakes of one reading come together. */
export class UsageError extends PipelineError {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super('stop', mistakes.join('\n'));
    this.name = 'UsageError';
    this.mistakes = mistakes;
  }

  override get exitCode(): number {
    return 2;
  }
}

/** Text that was expected to be one of our records is not: broken, of another shape, of another version. */
export class DecodeError extends PipelineError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('stop', message, details);
    this.name = 'DecodeError';
  }

  /** The same, and what to do about it; what says that already stays as it is. */
  withHint(hint: string): DecodeError {
    return this.hint === undefined ? new DecodeError(this.message, { hint, cause: this.cause }) : this;
  }
}

/** Work is left that a later attempt can finish: a used-up quota, or movies that could not be fetched. */
export class UnfinishedError extends PipelineError {
  constructor(verdict: 'retry' | 'quota', message: string, details: ErrorDetails = {}) {
    super(verdict, message, details);
    this.name = 'UnfinishedError';
  }

  override get exitCode(): number {
    return 75;
  }
}

/** A person stopped the work (Ctrl-C, SIGTERM). What was finished stays. */
export class InterruptedError extends PipelineError {
  constructor(details: ErrorDetails = {}) {
    super('retry', 'interrupted: what was finished stays', details);
    this.name = 'InterruptedError';
  }

  override get exitCode(): number {
    return 130;
  }
}

/** Some dates of a range failed; the others are done. */
export class DatesFailedError extends PipelineError {
  readonly #exitCode: number;

  /**
   * @param failures by date, oldest first; any that cannot be retried makes the exit code 1
   * @param again the command that does these dates again
   */
  constructor(failures: ReadonlyMap<string, unknown>, total: number, again: string) {
    super('stop', `${failures.size} of ${total} dates failed: ${[...failures.keys()].join(', ')}`, {
      hint: `do what is said of each, then go on with: ${again}`,
    });
    this.name = 'DatesFailedError';
    const retriable = [...failures.values()].every((error) => error instanceof UnfinishedError);
    this.#exitCode = retriable ? 75 : 1;
  }

  override get exitCode(): number {
    return this.#exitCode;
  }
}

const WAYS_OUT: Record<Verdict, string> = {
  answer: 'run the command again',
  retry: 'run the command again in a while',
  quota: 'run the command again after midnight UTC',
  stop: 'put that right, then run the command again; --verbose shows where it comes from',
};

/** What to do about anything that was thrown, whether or not it says so itself. */
export function wayOut(error: unknown): string {
  if (error instanceof PipelineError) return error.hint ?? WAYS_OUT[error.verdict];
  return 'this is a fault of movie-etl: report what --verbose shows of it';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws when a person asked to stop. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError();
}
