import { InterruptedError } from '../../errors.js';
import { verdictOf } from './summary.js';

const FIRST_DELAY_SECONDS = 30;
const LONGEST_DELAY_SECONDS = 15 * 60;
/** The longest that SQS can hide a message. */
const LONGEST_DEFERRAL_SECONDS = 12 * 60 * 60;

/**
 * After how many seconds a message that failed is to come back: at once after an interruption, at the next UTC day
 * once the quota is used up, else after growing pauses.
 * @param attempt how often the message was received, this time included
 */
export function delayOf(error: unknown, attempt: number, now: Date): number {
  if (error instanceof InterruptedError) return 0;
  return verdictOf(error) === 'quota' ? secondsToNextDay(now) : delayAfter(attempt);
}

export function delayAfter(attempt: number): number {
  return Math.min(FIRST_DELAY_SECONDS * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS);
}

function secondsToNextDay(now: Date): number {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
  return Math.min(Math.ceil((midnight - now.getTime()) / 1000), LONGEST_DEFERRAL_SECONDS);
}
