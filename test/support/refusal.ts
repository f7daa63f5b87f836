import { DecodeError } from '../../src/errors.js';

/** What a record is refused with, or 'accepted'. Any other error is thrown on. */
export function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'accepted';
}
