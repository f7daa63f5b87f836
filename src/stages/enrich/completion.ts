import { DecodeError, PipelineError } from '../../errors.js';
import { BATCHES_PER_GROUP, bronzeKeys, groupOf } from '../../keys.js';
import { encodeJson, VERSION } from '../../records/decode.js';
import type { Success } from '../../records/markers.js';
import type { PartitionDate, RunId, RunReference } from '../../records/run.js';
import { batchesDone, readManifest, readSuccess, type StandingManifest } from '../../records/runs.js';
import { type ObjectReader, unchangedSince } from '../../stores/store.js';
import type { EnrichServices } from './batch.js';
import { once } from './once.js';

/** Another writer can win this often before we give up; each time, somebody else got further. */
const PUBLISH_ATTEMPTS = 50;

const groupOnce = once<void>();
const publishOnce = once<void>();

/**
 * Marks the batch as done, and then, also when the marker stood already, sees whether its group and the run are
 * full: the one who marked it last may have died before looking.
 * @returns whether this call published the run
 */
export async function completeBatch(
  run: RunReference,
  batch: number,
  services: EnrichServices,
): Promise<boolean> {
  const marker = { version: VERSION, runId: run.id, batch, at: services.now().toISOString() };
  await services.bronze.put(bronzeKeys.done(run.date, run.id, batch), encodeJson(marker), { ifAbsent: true });
  return completeGroup(run, groupOf(batch), services);
}

/**
 * Marks the group if all its batches are done; whoever then sees all groups publishes. Of those who work together and
 * find the same at the same time, or later, one does it.
 */
export async function completeGroup(
  run: RunReference,
  group: number,
  services: EnrichServices,
): Promise<boolean> {
  const { bronze, together = {} } = services;
  const size = Math.min(BATCHES_PER_GROUP, run.batches - group * BATCHES_PER_GROUP);
  const done = await batchesDone(bronze, bronzeKeys.doneGroup(run.date, run.id, group));
  if (done.size < size) return false;
  const runKey = `${bronzeKeys.run(run.date, run.id)} of ${run.batches}`;
  let isPublisher = false;
  await groupOnce(together, `${group} of ${runKey}`, async () => {
    const marker = { version: VERSION, runId: run.id, group };
    await bronze.put(bronzeKeys.fullGroup(run.date, run.id, group), encodeJson(marker), { ifAbsent: true });
    let full = 0;
    for await (const _key of bronze.list(bronzeKeys.fullGroups(run.date, run.id))) full++;
    if (full < groupsOf(run)) return;
    await publishOnce(together, runKey, async () => {
      isPublisher = await publish(run, services);
    });
  });
  return isPublisher;
}

/** `_SUCCESS` moves forward only: it is put over nothing or over an older run's, never over a newer one's. */
async function publish(run: RunReference, { bronze, now, log }: EnrichServices): Promise<boolean> {
  const standing = await readManifest(bronze, run.date, run.id);
  if (standing?.manifest.batches !== run.batches) {
    const has = standing ? `has ${standing.manifest.batches} batches` : 'has no manifest';
    throw new DecodeError(
      `message of run ${run.id} of ${run.date} with ${run.batches} batches: the run ${has}`,
    );
  }
  const { manifest, reference } = standing;
  const success: Success = {
    version: VERSION,
    runId: run.id,
    date: run.date,
    movies: manifest.movies.length,
    batches: manifest.batches,
    manifest: reference,
    completedAt: now().toISOString(),
  };
  for (let attempt = 0; attempt < PUBLISH_ATTEMPTS; attempt++) {
    const current = await readSuccess(bronze, run.date);
    if (current && current.success.runId >= run.id) {
      const overtaken = current.success.runId > run.id;
      if (overtaken)
        log.info(`run ${run.id} is complete, but a newer run of ${run.date} is published already`);
      return false;
    }
    const condition = unchangedSince(current);
    const outcome = await bronze.put(bronzeKeys.success(run.date), encodeJson(success), condition);
    if (outcome === 'written') return true;
  }
  throw new PipelineError('retry', `_SUCCESS of ${run.date} was changed by others ${PUBLISH_ATTEMPTS} times`);
}

/** Whether `_SUCCESS` stands for this run or a newer one. */
export async function isComplete(bronze: ObjectReader, run: RunReference): Promise<boolean> {
  const standing = await readSuccess(bronze, run.date);
  return standing !== undefined && standing.success.runId >= run.id;
}

/** @throws PipelineError when the run has no manifest */
export async function manifestOf(
  bronze: ObjectReader,
  date: PartitionDate,
  runId: RunId,
): Promise<StandingManifest> {
  const standing = await readManifest(bronze, date, runId);
  if (standing) return standing;
  throw new PipelineError('stop', `run ${runId} of ${date} has no manifest`, {
    hint: `start a run with: movie-etl extract --date ${date}`,
  });
}

export function groupsOf(run: RunReference): number {
  return Math.ceil(run.batches / BATCHES_PER_GROUP);
}
