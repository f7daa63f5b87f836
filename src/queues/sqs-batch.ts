import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import pRetry from 'p-retry';
import { PipelineError } from '../errors.js';
import { MAX_ENTRIES } from './queue.js';

const RETRIES = 4;
const FIRST_PAUSE_MS = 250;

interface BatchAnswer {
  Successful?: { Id: string | undefined }[] | undefined;
  Failed?: BatchResultErrorEntry[] | undefined;
}

/** Some entries were not done, through no fault of ours. */
class EntriesFailedError extends PipelineError {}

/**
 * Makes one batch call. Entries that fail through no fault of ours are tried again, these only, with growing pauses.
 * @param action what is done, after "cannot"
 * @param call answers with the entries that it did and did not do; what fails as a whole is thrown
 * @param onRefused gets each entry that SQS will never take
 * @throws PipelineError to retry when some entries still fail at the last attempt
 */
export async function callBatch<Entry extends { Id: string }>(
  action: string,
  entries: readonly Entry[],
  call: (entries: Entry[]) => Promise<BatchAnswer>,
  onRefused: (entry: Entry, refusal: BatchResultErrorEntry) => void,
): Promise<void> {
  let left = [...entries];
  const attempt = async () => {
    const { Successful = [], Failed = [] } = await call(left);
    const done = new Set(Successful.map(({ Id }) => Id));
    const failures = new Map(Failed.map((failure) => [failure.Id, failure]));
    for (const entry of left) {
      const failure = failures.get(entry.Id);
      if (failure?.SenderFault) onRefused(entry, failure);
    }
    left = left.filter(({ Id }) => !done.has(Id) && !failures.get(Id)?.SenderFault);
    const [first] = left;
    if (!first) return;
    const reason = reasonOf(failures.get(first.Id));
    throw new EntriesFailedError(
      'retry',
      `cannot ${action}: ${left.length} of ${entries.length} messages failed, such as with ${reason}`,
      { hint: 'run the command again' },
    );
  };
  await pRetry(attempt, {
    retries: RETRIES,
    minTimeout: FIRST_PAUSE_MS,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof EntriesFailedError,
  });
}

/** "InternalError: what AWS says". */
export function reasonOf(failure: BatchResultErrorEntry | undefined): string {
  const { Code = 'an unknown error', Message } = failure ?? {};
  return Message ? `${Code}: ${Message}` : Code;
}

/** Loads of at most ten. */
export function inTens<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / MAX_ENTRIES) }, (_, load) =>
    items.slice(load * MAX_ENTRIES, (load + 1) * MAX_ENTRIES),
  );
}
