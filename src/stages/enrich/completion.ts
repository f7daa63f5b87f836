import { DecodeError, PipelineError } from '../../errors.js';
import { BATCHES_PER_GROUP, bronzeKeys, groupOf } from '../../keys.js';
import { encodeJson, VERSION } from '../../records/decode.js';
import type { Success } from '../../records/markers.js';
import type { PartitionDate, RunId, RunReference } from '../../records/run.js';
import { readManifest, readSuccess, type StandingManifest } from '../../records/runs.js';
import { type ObjectLister, type ObjectReader, unchangedSince } from '../../stores/store.js';
import type { EnrichServices } from './batch.js';
import { onceTogether } from './once.js';

/** Another writer can win this often before we give up; each time, somebody else got further. */
const PUBLISH_ATTEMPTS = 50;

/** Batches of one process that find their group full at the same time: the first does what follows. */
const together = onceTogether<boolean>();

/**
 * Marks the batch as done, and then, also when the marker stood already, sees whether its group and the run are
 * full: the one who marked it last may have died before looking.
 * @returns whether this call published the run
 */
export function completeBatch(run: RunReference, batch: number, services: EnrichServices): Promise<boolean> {
  const { bronze, now } = services;
  const key = bronzeKeys.done(run.date, run.id, batch);
  const marker = { version: VERSION, runId: run.id, batch, at: now().toISOString() };
  const group = groupOf(batch);
  const groupKey = `${bronzeKeys.doneGroup(run.date, run.id, group)} of ${run.batches}`;
  return together(bronze, groupKey, async (share) => {
    await bronze.put(key, encodeJson(marker), { ifAbsent: true });
    if (!(await isFull(run, group, bronze))) return false;
    let first = false;
    const published = await share(() => {
      first = true;
      return markGroup(run, group, services);
    });
    return first && published;
  });
}

/** Marks the group if all its batches are done; whoever then sees all groups publishes. */
export async function completeGroup(
  run: RunReference,
  group: number,
  services: EnrichServices,
): Promise<boolean> {
  return (await isFull(run, group, services.bronze)) && markGroup(run, group, services);
}

async function isFull(run: RunReference, group: number, bronze: ObjectLister): Promise<boolean> {
  const size = Math.min(BATCHES_PER_GROUP, run.batches - group * BATCHES_PER_GROUP);
  const done = await batchesDone(bronze, bronzeKeys.doneGroup(run.date, run.id, group));
  return done.size >= size;
}

async function markGroup(run: RunReference, group: number, services: EnrichServices): Promise<boolean> {
  const { bronze } = services;
  const marker = { version: VERSION, runId: run.id, group };
  await bronze.put(bronzeKeys.fullGroup(run.date, run.id, group), encodeJson(marker), { ifAbsent: true });
  let full = 0;
  for await (const _key of bronze.list(bronzeKeys.fullGroups(run.date, run.id))) full++;
  return full < groupsOf(run) ? false : publish(run, services);
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

/** The batches that have a marker under a prefix. */
export async function batchesDone(bronze: ObjectLister, prefix: string): Promise<Set<number>> {
  const done = new Set<number>();
  for await (const key of bronze.list(prefix)) {
    const batch = bronzeKeys.batchOf(key);
    if (batch !== undefined) done.add(batch);
  }
  return done;
}

export function groupsOf(run: RunReference): number {
  return Math.ceil(run.batches / BATCHES_PER_GROUP);
}
