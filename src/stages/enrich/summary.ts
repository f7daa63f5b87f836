import { DecodeError, messageOf, PipelineError, UnfinishedError, type Verdict } from '../../errors.js';
import type { PartitionDate, RunId, RunReference } from '../../records/run.js';
import { BatchFailedError, type BatchSummary } from './batch.js';

/** So many movies are named to be given up; when more fail, it is not the movies. */
const MOST_GIVEN_UP = 10;

/** A batch that could not be finished, and why. */
export interface FailedBatch {
  batch: number;
  /** The movie of the worst failure; null when it was not a movie that failed. */
  imdbId: string | null;
  /** Every movie that failed. */
  imdbIds: readonly string[];
  verdict: Verdict;
  message: string;
  /** What to do about it. */
  hint?: string;
}

/** What happened to one run. Movies are counted; `standing` ones had their record before. */
export interface EnrichSummary {
  date: PartitionDate;
  runId: RunId;
  batches: number;
  enriched: number;
  not_found: number;
  /** Closed without an answer, because a person said so. */
  given_up: number;
  standing: number;
  /** Movies that still have no record, where that is known: not of what came out of a queue. */
  missing?: number;
  failed: FailedBatch[];
  /** `_SUCCESS` stands for this run or a newer one. */
  complete: boolean;
}

export function emptySummary({ id, date, batches }: RunReference): EnrichSummary {
  const counts = { enriched: 0, not_found: 0, given_up: 0, standing: 0 };
  return { date, runId: id, batches, ...counts, failed: [], complete: false };
}

export function addBatch(summary: EnrichSummary, batch: BatchSummary): void {
  summary.enriched += batch.enriched;
  summary.not_found += batch.not_found;
  summary.standing += batch.standing;
  // `_SUCCESS` moves forward only: it need not be read again.
  summary.complete ||= batch.published;
}

/** Also counts the movies of the batch that did not fail. */
export function addFailure(summary: EnrichSummary, batch: number, error: unknown): void {
  const failed = error instanceof BatchFailedError ? error : undefined;
  if (failed) addBatch(summary, failed.rest);
  summary.failed.push({
    batch,
    imdbId: failed?.imdbId ?? null,
    imdbIds: failed?.imdbIds ?? [],
    verdict: verdictOf(error),
    message: messageOf(error),
    ...(error instanceof PipelineError && error.hint !== undefined ? { hint: error.hint } : {}),
  });
}

/** A failure that is not one of ours is not understood: nothing goes on until somebody has looked at it. */
export function verdictOf(error: unknown): Verdict {
  return error instanceof PipelineError ? error.verdict : 'stop';
}

/**
 * Whether a failure says that no other message can succeed either: a wrong key, a redirect, no rights, a full disk,
 * or something that nobody has foreseen. What cannot be decoded, a message or a marker of its run, says nothing of
 * the others.
 */
export function stopsAll(error: unknown): boolean {
  return verdictOf(error) === 'stop' && !(error instanceof DecodeError);
}

/**
 * The error that stands for what is left of a run, or undefined when it is complete.
 * @param again the command that goes on with it
 */
export function unfinishedOf(summary: EnrichSummary, again: string): UnfinishedError | undefined {
  const { date, runId, failed, batches, complete, missing } = summary;
  if (complete) return undefined;
  const quota = failed.find(({ verdict }) => verdict === 'quota');
  if (quota) {
    const waiting = missing === undefined ? '' : `${missing} movies wait, as `;
    return new UnfinishedError('quota', `${date} is not complete: ${waiting}${quota.message}`, {
      hint: `${quota.hint ?? 'the quota is renewed at midnight UTC'}; then go on with: ${again}`,
    });
  }
  const [first] = failed;
  if (!first) {
    const why = 'some of its batches are not done yet';
    return new UnfinishedError('retry', `${date} is not complete: ${why}`, { hint: `go on with: ${again}` });
  }
  const { batch, imdbId, verdict, message, hint } = first;
  const which = imdbId === null ? `batch ${batch}` : `batch ${batch} with ${imdbId}`;
  const why = `${failed.length} of ${batches} batches of run ${runId} failed, such as ${which}: ${message}`;
  const next = verdict === 'stop' && hint !== undefined ? hint : `go on with: ${again}${orGiveUp(summary)}`;
  return new UnfinishedError('retry', `${date} is not complete: ${why}`, { hint: next });
}

function orGiveUp({ date, runId, failed }: EnrichSummary): string {
  const ids = failed.flatMap(({ imdbIds }) => imdbIds);
  if (ids.length === 0) return '';
  const named = ids.length > MOST_GIVEN_UP ? 'ID…' : ids.join(' ');
  return `, or without what never will: movie-etl enrich --date ${date} --run ${runId} --give-up ${named}`;
}
