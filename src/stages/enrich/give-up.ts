import { DecodeError, messageOf, PipelineError } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { BronzeRecord } from '../../records/bronze-record.js';
import { decodeJson, encodeJson, VERSION } from '../../records/decode.js';
import type { Manifest } from '../../records/manifest.js';
import { BatchError } from '../../records/markers.js';
import type { EnrichServices } from './batch.js';

const NO_REASON = 'given up';

type GiveUpServices = Pick<EnrichServices, 'bronze' | 'now' | 'log'>;

/**
 * Closes movies of a run that never will be looked up: each gets a record with the status `failed`, for which silver
 * has a row of list values. A record that stands already is left alone; that is said, and is no failure.
 * @returns the movies that were closed by this call
 * @throws PipelineError when the run does not have one of the movies; none is closed then
 */
export async function giveUpMovies(
  manifest: Manifest,
  imdbIds: readonly string[],
  services: GiveUpServices,
): Promise<Set<string>> {
  const { movies, runId, date } = manifest;
  const positions = new Map(movies.map(({ id }, position) => [id, position]));
  const unknown = imdbIds.filter((id) => !positions.has(id));
  if (unknown.length > 0) {
    throw new PipelineError(
      'stop',
      `run ${runId} of ${date} has no ${unknown.join(', ')}: nothing is given up`,
      {
        hint: `its movies are in ${bronzeKeys.manifest(date, runId)} of bronze; an older run is named with --run`,
      },
    );
  }
  const closed = new Set<string>();
  for (const id of new Set(imdbIds)) {
    if (await giveUp(manifest, positions.get(id) ?? 0, services)) closed.add(id);
  }
  return closed;
}

/** @returns false when its record stood already */
async function giveUp(manifest: Manifest, position: number, services: GiveUpServices): Promise<boolean> {
  const { runId, date, batchSize } = manifest;
  const { bronze, now, log } = services;
  const movie = manifest.movies[position];
  if (!movie) throw new RangeError(`run ${runId} has no movie ${position}`);
  const key = bronzeKeys.record(date, runId, movie.id);
  const record: BronzeRecord = {
    version: VERSION,
    runId,
    date,
    movie,
    omdb: null,
    status: 'failed',
    error: await lastErrorOf(manifest, movie.id, Math.floor(position / batchSize), services),
    fetchedAt: now().toISOString(),
  };
  if ((await bronze.put(key, encodeJson(record), { ifAbsent: true })) === 'written') return true;
  log.info(`${movie.id} has its record already, ${await statusOf(key, bronze)}: it stays as it is`);
  return false;
}

/** Why the movie failed last, if that is what `_errors/` says of its batch. */
async function lastErrorOf(
  { date, runId }: Manifest,
  imdbId: string,
  batch: number,
  { bronze, log }: GiveUpServices,
): Promise<string> {
  const key = bronzeKeys.error(date, runId, batch);
  const found = await bronze.get(key);
  if (!found) return NO_REASON;
  try {
    const last = decodeJson(BatchError, found.body, `error ${key}`);
    return last.imdbId === imdbId ? last.message : NO_REASON;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    log.warn(`why ${imdbId} failed cannot be read: ${error.message}`);
    return NO_REASON;
  }
}

async function statusOf(key: string, bronze: GiveUpServices['bronze']): Promise<string> {
  const found = await bronze.get(key);
  if (!found) return 'gone meanwhile';
  try {
    return decodeJson(BronzeRecord, found.body, 'its record').status;
  } catch (error) {
    return `though ${messageOf(error)}`;
  }
}
