import type { Terminal } from '../terminal.js';

/** What a command may use of the world around it. */
export interface Context {
  now: () => Date;
  /** From 0 up to, not including, 1. */
  random: () => number;
  terminal: () => Promise<Terminal>;
  /** Aborted when a person asks to stop. */
  signal: AbortSignal;
}
