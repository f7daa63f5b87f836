import pMap from 'p-map';
import { InterruptedError, PipelineError, throwIfInterrupted } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { messageOfBatch, runOf } from '../../records/manifest.js';
import type { Message } from '../../records/message.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { batchesDone, newestRun, recordsOf } from '../../records/runs.js';
import { type EnrichServices, enrichBatch } from './batch.js';
import { completeGroup, groupsOf, isComplete, manifestOf } from './completion.js';
import { giveUpMovies } from './give-up.js';
import { batchesAtOnce } from './lanes.js';
import { addBatch, addFailure, type EnrichSummary, emptySummary, verdictOf } from './summary.js';

/** Which run to finish, and which of its movies to close. */
export interface EnrichDateRequest {
  date: PartitionDate;
  /** An older run than the newest one. */
  runId?: RunId | undefined;
  /** IMDb ids of movies of the run that are closed without an answer. */
  giveUp?: readonly string[] | undefined;
}

/**
 * Finishes a run straight from its manifest, whether or not its messages still exist: every batch without a
 * marker, and every one that has lost a record. Batches and batch size are the manifest's.
 * @throws PipelineError when there is no such run, or when nothing can succeed (a wrong key)
 */
export async function enrichDate(
  { date, runId, giveUp = [] }: EnrichDateRequest,
  services: EnrichServices,
): Promise<EnrichSummary> {
  const { bronze, log, signal } = services;
  const together = {};
  const { manifest } = await manifestOf(bronze, date, runId ?? (await newestOf(services, date)));
  const run = runOf(manifest);
  const summary = emptySummary(run);
  const closed = await giveUpMovies(manifest, giveUp, services);
  summary.given_up = closed.size;
  const done = await batchesDone(bronze, bronzeKeys.doneMarkers(date, run.id));
  const recorded = await recordsOf(bronze, date, run.id);
  const missing: Message[] = [];
  for (let batch = 0; batch < run.batches; batch++) {
    const message = messageOfBatch(manifest, batch);
    const movies = message.movies.filter(({ id }) => !closed.has(id));
    const isRecorded = movies.every(({ id }) => recorded.has(bronzeKeys.record(date, run.id, id)));
    if (done.has(batch) && isRecorded) summary.standing += movies.length;
    else missing.push({ ...message, movies });
  }
  const total = manifest.movies.length;
  const has = ({ id }: { id: string }) => closed.has(id) || recorded.has(bronzeKeys.record(date, run.id, id));
  const before = manifest.movies.filter(has).length;
  let finished = summary.standing + closed.size;
  const tell = () => log.progress({ done: finished, total, noun: 'movies' });
  if (missing.length > 0) tell();
  const onMovie = () => {
    finished++;
    tell();
  };
  let quota = false;
  let stopped: { error: unknown } | undefined;
  const finish = async (message: Message) => {
    if (quota || stopped || signal?.aborted) return;
    try {
      addBatch(summary, await enrichBatch(message, { ...services, together, onMovie }));
    } catch (error) {
      if (error instanceof InterruptedError) return;
      // Whatever stops one batch stops them all, a marker of another version too: they are of one run.
      if (verdictOf(error) === 'stop') stopped ??= { error };
      if (verdictOf(error) === 'quota') quota = true;
      addFailure(summary, message.batch, error);
    }
  };
  await pMap(missing, finish, { concurrency: batchesAtOnce(services.concurrency) });
  if (stopped) throw stopped.error;
  throwIfInterrupted(signal);
  summary.complete ||= await isComplete(bronze, run);
  if (!summary.complete && summary.failed.length === 0) {
    for (let group = 0; group < groupsOf(run); group++)
      await completeGroup(run, group, { ...services, together });
    summary.complete = await isComplete(bronze, run);
  }
  const left = total - before - summary.enriched - summary.not_found;
  summary.missing = summary.complete ? 0 : Math.max(0, left);
  return summary;
}

async function newestOf({ bronze }: EnrichServices, date: PartitionDate): Promise<RunId> {
  const newest = await newestRun(bronze, date);
  if (newest !== undefined) return newest;
  throw new PipelineError('stop', `${date} has no run yet`, {
    hint: `start one with: movie-etl extract --date ${date}`,
  });
}
