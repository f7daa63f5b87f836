import { InterruptedError } from '../../errors.js';
import { secondsToNextDay } from '../../records/run.js';
import { verdictOf } from './summary.js';

const FIRST_DELAY_SECONDS = 30;
const LONGEST_DELAY_SECONDS = 15 * 60;
/** The longest that SQS can hide a message. */
const LONGEST_DEFERRAL_SECONDS = 12 * 60 * 60;

/** How a message that is not done goes back to its queue. */
export interface Deferral {
  /** After so many seconds it comes back. */
  seconds: number;
  /** What kept it from being done says nothing of the message, which may be received once more for it. */
  untried: boolean;
}

/**
 * A message that failed comes back at once after an interruption, at the next UTC day once the quota is used up, else
 * after growing pauses.
 * @param attempt how often the message was received, this time included
 */
export function deferralOf(error: unknown, attempt: number, now: Date): Deferral {
  if (error instanceof InterruptedError) return { seconds: 0, untried: true };
  if (verdictOf(error) === 'quota') {
    return { seconds: Math.min(secondsToNextDay(now), LONGEST_DEFERRAL_SECONDS), untried: true };
  }
  return { seconds: delayAfter(attempt), untried: false };
}

function delayAfter(attempt: number): number {
  return Math.min(FIRST_DELAY_SECONDS * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS);
}
