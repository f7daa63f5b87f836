import type { Outcome } from './events.js';

/**
 * Which messages of a batch failed, as Lambda reads the answer of a function that reports them. None: no list, an
 * empty one, no answer. All: an exception, an answer of another shape, an id that is empty or missing
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). Of an id that is not of the batch the page
 * says nothing; here it counts as wrong too.
 */
export function failedMessages(
  outcome: Outcome,
  messageIds: readonly string[],
  reportsFailures: boolean,
): Failures {
  const all = (reason: string) => ({ ids: new Set(messageIds), reason });
  if (!outcome.ok) return all(outcome.error.errorMessage);
  if (!reportsFailures) return NONE;
  const { response } = outcome;
  if (response === null || response === '') return NONE;
  if (typeof response !== 'object') return all('the answer is no object');
  const reported = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(reported)) return all('batchItemFailures is no list');
  const ids = new Set<string>();
  for (const failure of reported as ({ itemIdentifier?: unknown } | null)[]) {
    const id = messageIds.find((each) => each === failure?.itemIdentifier);
    if (id === undefined) return all(`${JSON.stringify(failure)} names no message of the batch`);
    ids.add(id);
  }
  return { ids, reason: 'the function says that they failed' };
}

export interface Failures {
  ids: ReadonlySet<string>;
  reason: string;
}

const NONE: Failures = { ids: new Set(), reason: '' };
