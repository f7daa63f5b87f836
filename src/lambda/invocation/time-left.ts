import type { InvocationContext } from './open.js';

/** What a piece of work may take longer than the longest before it. */
const RESERVE = 1.25;

/** The time of one invocation: whether another piece of work still fits, going by the longest so far. */
export class TimeLeft {
  #longestMs = 0;

  constructor(private readonly context: InvocationContext) {}

  isEnough(): boolean {
    const left = this.context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    return left > this.#longestMs * RESERVE;
  }

  async spend<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#longestMs = Math.max(this.#longestMs, performance.now() - started);
    }
  }
}
