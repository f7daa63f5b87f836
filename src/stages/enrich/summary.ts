import { messageOf, PipelineError, UnfinishedError, type Verdict } from '../../errors.js';
import type { PartitionDate, RunId, RunReference } from '../../records/run.js';
import { BatchFailedError, type BatchSummary } from './batch.js';

/** A batch that could not be finished, and why. */
export interface FailedBatch {
  batch: number;
  imdbId: string | null;
  verdict: Verdict;
  message: string;
}

/** What happened to one run. Movies are counted; `standing` ones had their record before. */
export interface EnrichSummary {
  date: PartitionDate;
  runId: RunId;
  batches: number;
  enriched: number;
  not_found: number;
  standing: number;
  failed: FailedBatch[];
  /** `_SUCCESS` stands for this run or a newer one. */
  complete: boolean;
}

export function emptySummary({ id, date, batches }: RunReference): EnrichSummary {
  return { date, runId: id, batches, enriched: 0, not_found: 0, standing: 0, failed: [], complete: false };
}

export function addBatch(summary: EnrichSummary, batch: BatchSummary): void {
  summary.enriched += batch.enriched;
  summary.not_found += batch.not_found;
  summary.standing += batch.standing;
}

export function failedBatch(batch: number, error: unknown): FailedBatch {
  const imdbId = error instanceof BatchFailedError ? error.imdbId : null;
  return { batch, imdbId, verdict: verdictOf(error), message: messageOf(error) };
}

/** A failure that is not one of ours is not understood: nothing goes on until somebody has looked at it. */
export function verdictOf(error: unknown): Verdict {
  return error instanceof PipelineError ? error.verdict : 'stop';
}

/**
 * The error that stands for what is left of a run, or undefined when it is complete.
 * @param again the command that goes on with it
 */
export function unfinishedOf(summary: EnrichSummary, again: string): UnfinishedError | undefined {
  const { date, failed, batches, complete } = summary;
  if (complete) return undefined;
  const quota = failed.find(({ verdict }) => verdict === 'quota');
  if (quota) {
    return new UnfinishedError('quota', `${date} is not complete: ${quota.message}`, {
      hint: `the quota is renewed at midnight UTC; then go on with: ${again}`,
    });
  }
  const [first] = failed;
  const why = first
    ? `${failed.length} of ${batches} batches failed, such as ${first.imdbId ?? `batch ${first.batch}`}: ${first.message}`
    : 'some of its batches are not done yet';
  return new UnfinishedError('retry', `${date} is not complete: ${why}`, { hint: `go on with: ${again}` });
}
