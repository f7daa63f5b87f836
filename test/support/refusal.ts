import { inspect } from 'node:util';
import { DecodeError, PipelineError } from '../../src/errors.js';
import { shownBy, watch } from './secrets.js';

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

/** The error of ours that work is rejected with, which is searched for secrets. The test fails when there is none. */
export async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  const error = await work.then(
    (value) => new Error(`succeeded with ${inspect(value)}`),
    (error: unknown) => error,
  );
  watch('an error', shownBy(error));
  if (error instanceof PipelineError) return error;
  throw error;
}
