import { DecodeError, PipelineError } from '../errors.js';
import { bronzeKeys } from '../keys.js';
import type { Etag, ObjectLister, ObjectReader } from '../stores/store.js';
import { decodeJson } from './decode.js';
import { Digest, sha256 } from './digest.js';
import { Manifest } from './manifest.js';
import { manifestMovies } from './manifest-stream.js';
import { type ObjectReference, Success } from './markers.js';
import type { ListItem } from './movie-list.js';
import type { PartitionDate, RunId } from './run.js';

/**
 * The run of a date that was started last, finished or not. Ids are compared, not keys: `…Z/` is listed after
 * `…Z-k3f9qz/`, but its run began earlier.
 */
export async function newestRun(bronze: ObjectLister, date: PartitionDate): Promise<RunId | undefined> {
  let newest: RunId | undefined;
  for await (const run of runsOf(bronze, date)) {
    if (newest === undefined || run > newest) newest = run;
  }
  return newest;
}

/** The run of a date whose id ends in a suffix, if there is one. */
export async function runWithSuffix(
  bronze: ObjectLister,
  date: PartitionDate,
  suffix: string,
): Promise<RunId | undefined> {
  for await (const run of runsOf(bronze, date)) if (run.endsWith(`-${suffix}`)) return run;
  return undefined;
}

async function* runsOf(bronze: ObjectLister, date: PartitionDate): AsyncGenerator<RunId> {
  for await (const entry of bronze.list(bronzeKeys.date(date), { delimiter: '/' })) {
    const run = bronzeKeys.runOf(entry);
    if (run !== undefined) yield run;
  }
}

/** What to do about a manifest or a `_SUCCESS` that cannot be read, unless another release can. */
export const waysOut = {
  manifest: (date: PartitionDate) => `start a new run with: movie-etl run-all --date ${date} --reprocess all`,
  success: (date: PartitionDate) => `delete it, and put it again with: movie-etl enrich --date ${date}`,
};

/** A manifest, with the hash by which `_SUCCESS` names it. */
export interface StandingManifest {
  manifest: Manifest;
  reference: ObjectReference;
}

/**
 * What a run set out to do; undefined when there is no such run.
 * @throws DecodeError when a manifest stands that cannot be read, or that is of another run
 */
export async function readManifest(
  bronze: ObjectReader,
  date: PartitionDate,
  run: RunId,
): Promise<StandingManifest | undefined> {
  const key = bronzeKeys.manifest(date, run);
  const found = await bronze.get(key);
  if (!found) return undefined;
  const manifest = withWayOut(waysOut.manifest(date), () => {
    const manifest = decodeJson(Manifest, found.body, `manifest ${key}`);
    if (manifest.runId === run && manifest.date === date) return manifest;
    throw new DecodeError(`manifest ${key} is of run ${manifest.runId} of ${manifest.date}`);
  });
  return { manifest, reference: { key, sha256: sha256(found.body) } };
}

/**
 * The movies of the run that a `_SUCCESS` names, one after the other while its manifest is read. They count only once
 * all were given: then the manifest was checked, and is the one that `_SUCCESS` vouches for.
 * @throws PipelineError when that manifest is gone, was changed or cannot be read
 */
export async function* moviesVouchedFor(
  bronze: ObjectReader,
  { date, runId, manifest }: Success,
): AsyncGenerator<ListItem> {
  const key = bronzeKeys.manifest(date, runId);
  const hint = waysOut.manifest(date);
  const found = await bronze.read(key);
  if (!found) throw new PipelineError('stop', `manifest ${manifest.key} is gone`, { hint });
  const digest = new Digest();
  try {
    const head = yield* manifestMovies(digest.through<Buffer>(found.body), `manifest ${key}`);
    if (head.runId !== runId || head.date !== date)
      throw new DecodeError(`manifest ${key} is of run ${head.runId} of ${head.date}`);
  } catch (error) {
    throw error instanceof DecodeError ? error.withHint(hint) : error;
  }
  if (digest.sha256() === manifest.sha256) return;
  throw new PipelineError('stop', `manifest ${manifest.key} was changed after the run`, { hint });
}

/**
 * Which run of a date is complete; undefined when none is.
 * @throws DecodeError when a `_SUCCESS` stands that cannot be read, or that is of another date
 */
export async function readSuccess(
  bronze: ObjectReader,
  date: PartitionDate,
): Promise<{ success: Success; etag: Etag } | undefined> {
  const key = bronzeKeys.success(date);
  const found = await bronze.get(key);
  if (!found) return undefined;
  const success = withWayOut(waysOut.success(date), () => {
    const success = decodeJson(Success, found.body, `marker ${key}`);
    if (success.date === date) return success;
    throw new DecodeError(`marker ${key} is of ${success.date}`);
  });
  return { success, etag: found.etag };
}

/** What cannot be read says what to do about it, unless it does so already. */
function withWayOut<Result>(hint: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof DecodeError ? error.withHint(hint) : error;
  }
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

/** The keys of the records of a run that stand. */
export async function recordsOf(bronze: ObjectLister, date: PartitionDate, run: RunId): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const key of bronze.list(bronzeKeys.records(date, run))) keys.add(key);
  return keys;
}
