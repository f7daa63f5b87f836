/** Why an invocation failed, as Lambda says it. */
export interface LambdaError {
  errorType: string;
  errorMessage: string;
  /** The stack, line by line. */
  trace?: string[];
}

export type Outcome = { ok: true; response: unknown } | { ok: false; error: LambdaError };

/** One run of a function. */
export interface Invocation {
  /** The function's logical id. */
  function: string;
  /** The retries of an asynchronous invocation have the id of their first attempt. */
  requestId: string;
  /** Counted from 1. */
  attempt: number;
  /** What the function was given. */
  event: unknown;
  /** Undefined as long as it runs. */
  outcome: Outcome | undefined;
  /** How long it took; 0 as long as it runs. */
  milliseconds: number;
}

/** What happens in the chain. Functions are named by their logical ids. */
export type ChainEvent =
  | { kind: 'fired'; schedule: string; function: string; input: string }
  | { kind: 'received'; queue: string; function: string; messages: number }
  /** An object that a notification is about; `function` is who is told of it. */
  | { kind: 'notified'; uri: string; function: string }
  /** An object that nobody is told of. */
  | { kind: 'stored'; uri: string }
  | { kind: 'started'; invocation: Invocation }
  | { kind: 'ended'; invocation: Invocation }
  /** What is left of a batch after a failure: these messages come back when their visibility timeout is over. */
  | { kind: 'returned'; queue: string; function: string; messages: number; reason: string }
  | { kind: 'retrying'; invocation: Invocation; afterMilliseconds: number }
  | { kind: 'failed'; invocation: Invocation; destination: string | undefined }
  | { kind: 'logged'; function: string; requestId: string | undefined; line: string };

export type OnEvent = (event: ChainEvent) => void;
