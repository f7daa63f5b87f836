import pMap from 'p-map';
import { DecodeError } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { MAX_RECEIVES } from '../../queues/queue.js';
import { decodeJson } from '../../records/decode.js';
import { type Manifest, messageOfBatch } from '../../records/manifest.js';
import { BatchError } from '../../records/markers.js';
import { deduplicationId } from '../../records/message.js';
import { rankOf } from '../../records/movie-list.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { readManifest, waysOut } from '../../records/runs.js';
import { cleanText } from '../../records/text.js';
import type { ObjectLister, ObjectReader } from '../../stores/store.js';
import type { QueueFacts } from './letters.js';

const READS_AT_ONCE = 16;

/**
 * - `quota`: OMDb's daily limit was used up; the message waits for the next UTC day.
 * - `failed`: the latest attempt at its batch failed; the message comes back.
 * - `dead-lettered`: its message was received ten times and lies in the dead-letter queue.
 * - `queued`: nobody has tried it yet, as far as `_errors` says, and the queue holds messages.
 * - `lost`: no message is left that could bring it.
 */
export type Why = 'quota' | 'failed' | 'dead-lettered' | 'queued' | 'lost';

/** A movie of a run's manifest that has no record. */
export interface MissingMovie {
  imdbId: string;
  rank: number;
  title: string | null;
  /** Counted from 0. */
  batch: number;
  why: Why;
  /** What the latest attempt at its batch came to, and which one it was; null where none is known. */
  message: string | null;
  attempt: number | null;
  /** ISO 8601. */
  at: string | null;
}

/** A run that is not published yet. */
export interface UnfinishedRun {
  run: RunId;
  /** Movies of its manifest. */
  list: number;
  /** Those that have their record. */
  recorded: number;
  /** The others, in rank order; null where nobody asked why. */
  missing: MissingMovie[] | null;
}

/**
 * Reads the manifest of a run and lists its folder, once.
 * @param queue asked only when a movie is missing; undefined where nobody asks why
 * @throws DecodeError when the manifest is gone or cannot be read
 */
export async function unfinishedRun(
  date: PartitionDate,
  run: RunId,
  bronze: ObjectReader & ObjectLister,
  queue: (() => Promise<QueueFacts>) | undefined,
): Promise<UnfinishedRun> {
  const standing = await readManifest(bronze, date, run);
  if (!standing) throw new DecodeError(`run ${run} has no manifest`, { hint: waysOut.manifest(date) });
  const { manifest } = standing;
  const keys = new Set<string>();
  for await (const key of bronze.list(bronzeKeys.run(date, run))) keys.add(key);
  const places = manifest.movies.flatMap(({ id }, place) =>
    keys.has(bronzeKeys.record(date, run, id)) ? [] : [place],
  );
  const list = manifest.movies.length;
  const counts = { run, list, recorded: list - places.length };
  if (!queue) return { ...counts, missing: null };
  if (places.length === 0) return { ...counts, missing: [] };
  return { ...counts, missing: await explained(manifest, places, keys, bronze, await queue()) };
}

async function explained(
  manifest: Manifest,
  places: readonly number[],
  keys: ReadonlySet<string>,
  bronze: ObjectReader,
  queue: QueueFacts,
): Promise<MissingMovie[]> {
  const { date, runId, batchSize } = manifest;
  const batchAt = (place: number) => Math.floor(place / batchSize);
  const failed = [...new Set(places.map(batchAt))].filter((batch) =>
    keys.has(bronzeKeys.error(date, runId, batch)),
  );
  const read = async (batch: number) =>
    [batch, await lastFailure(bronzeKeys.error(date, runId, batch), bronze)] as const;
  const failures = new Map(await pMap(failed, read, { concurrency: READS_AT_ONCE }));
  return places.flatMap((place) => {
    const movie = manifest.movies[place];
    if (!movie) return [];
    const batch = batchAt(place);
    const failure = failures.get(batch);
    const about = failure?.imdbId && failure.imdbId !== movie.id ? `with ${failure.imdbId}: ` : '';
    return {
      imdbId: movie.id,
      rank: rankOf(movie),
      title: cleanText(movie.title),
      batch,
      why: whyOf(deduplicationId(messageOfBatch(manifest, batch)), failure, queue),
      message: failure ? `${about}${failure.message}` : null,
      attempt: failure?.attempt ?? null,
      at: failure?.at ?? null,
    };
  });
}

type Failure = Omit<BatchError, 'attempt' | 'at' | 'version'> & { attempt: number | null; at: string | null };

/** One that cannot be read is a failure all the same. */
async function lastFailure(key: string, bronze: ObjectReader): Promise<Failure | undefined> {
  const found = await bronze.get(key);
  if (!found) return undefined;
  try {
    return decodeJson(BatchError, found.body, `error ${key}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { verdict: 'retry', message: error.message, imdbId: null, attempt: null, at: null };
  }
}

/** Where there are dead letters, and nobody can look at them, the attempts tell, or that nothing else is left. */
function whyOf(batch: string, failure: Failure | undefined, { depth, dead }: QueueFacts): Why {
  const isDead = dead ? dead.has(batch) : (failure?.attempt ?? 0) >= MAX_RECEIVES;
  if (isDead) return 'dead-lettered';
  if (failure) return failure.verdict === 'quota' ? 'quota' : 'failed';
  if (depth.ready + depth.hidden > 0) return 'queued';
  return dead ? 'lost' : 'dead-lettered';
}
