import pMap from 'p-map';
import { InterruptedError, PipelineError, throwIfInterrupted } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { messageOfBatch, runOf } from '../../records/manifest.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { newestRun } from '../../records/runs.js';
import { type EnrichServices, enrichBatch } from './batch.js';
import { batchesDone, completeGroup, groupsOf, isComplete, manifestOf } from './completion.js';
import { addBatch, type EnrichSummary, emptySummary, failedBatch, verdictOf } from './summary.js';

export interface EnrichDateRequest {
  date: PartitionDate;
  /** An older run than the newest one. */
  runId?: RunId | undefined;
}

/**
 * Finishes a run straight from its manifest, whether or not its messages still exist: every batch without a
 * marker. Batches and batch size are the manifest's.
 * @throws PipelineError when there is no such run, or when nothing can succeed (a wrong key)
 */
export async function enrichDate(
  { date, runId }: EnrichDateRequest,
  services: EnrichServices,
): Promise<EnrichSummary> {
  const { bronze, log, signal } = services;
  const { manifest } = await manifestOf(bronze, date, runId ?? (await newestOf(services, date)));
  const run = runOf(manifest);
  const summary = emptySummary(run);
  const done = await batchesDone(bronze, bronzeKeys.doneMarkers(date, run.id));
  const missing: number[] = [];
  for (let batch = 0; batch < run.batches; batch++) {
    if (done.has(batch)) summary.standing += messageOfBatch(manifest, batch).movies.length;
    else missing.push(batch);
  }
  let finished = summary.standing;
  const onMovie = () => log.progress({ done: ++finished, total: manifest.movies.length, noun: 'movies' });
  let quota = false;
  let stopped: { error: unknown } | undefined;
  const finish = async (batch: number) => {
    if (quota || stopped || signal?.aborted) return;
    try {
      addBatch(summary, await enrichBatch(messageOfBatch(manifest, batch), { ...services, onMovie }));
    } catch (error) {
      if (error instanceof InterruptedError) return;
      if (verdictOf(error) === 'stop') stopped ??= { error };
      if (verdictOf(error) === 'quota') quota = true;
      summary.failed.push(failedBatch(batch, error));
    }
  };
  await pMap(missing, finish, { concurrency: services.concurrency });
  if (stopped) throw stopped.error;
  throwIfInterrupted(signal);
  if (summary.failed.length === 0) {
    for (let group = 0; group < groupsOf(run); group++) await completeGroup(run, group, services);
  }
  summary.complete = await isComplete(bronze, run);
  return summary;
}

async function newestOf({ bronze }: EnrichServices, date: PartitionDate): Promise<RunId> {
  const newest = await newestRun(bronze, date);
  if (newest !== undefined) return newest;
  throw new PipelineError('stop', `${date} has no run yet`, {
    hint: `start one with: movie-etl extract --date ${date}`,
  });
}
