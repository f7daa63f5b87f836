import { pMapIterable } from 'p-map';
import { csvChunks, MAX_RECORD_BYTES } from '../csv.js';
import { DecodeError, PipelineError, throwIfInterrupted } from '../errors.js';
import { bronzeKeys, silverKeys } from '../keys.js';
import type { Log } from '../log.js';
import { BronzeRecord, RECORD_LIMITS, type Status } from '../records/bronze-record.js';
import { decodeJson, encodeJson, VERSION } from '../records/decode.js';
import { Digest } from '../records/digest.js';
import type { SilverLineage, Success } from '../records/markers.js';
import { type ListItem, rankOf } from '../records/movie-list.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { moviesVouchedFor, newestRun, readSuccess } from '../records/runs.js';
import { isNullIn, type SilverRow, silverColumns, silverFields, silverRow } from '../records/silver-row.js';
import { type ObjectLister, type ObjectReader, type ObjectWriter, unchangedSince } from '../stores/store.js';

/** Bronze records read at once; rows come out in order all the same. */
const READS_AT_ONCE = 64;
const ATTEMPTS = 20;

/** What silver is made of, and where it goes. */
export interface SilverServices {
  bronze: ObjectReader & ObjectLister;
  silver: ObjectReader & ObjectWriter;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** What silver came to. */
export interface SilverSummary {
  date: PartitionDate;
  runId: RunId;
  rows: number;
  quarantined: number;
  statuses: SilverLineage['statuses'];
  key: string;
  sha256: string;
}

/**
 * Makes silver of the run that `_SUCCESS` names: one row per movie of its manifest, in rank order, or a line in
 * quarantine. Outputs are put against their etags from before the input was read, so an older worker that wakes
 * up late overwrites nothing; on a conflict it starts over. The same bronze gives the same bytes.
 * @throws PipelineError when the date has no complete run
 */
export async function silver(date: PartitionDate, services: SilverServices): Promise<SilverSummary> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const summary = await build(date, services);
    if (summary) return summary;
    services.log.info(`silver of ${date} was written by somebody else meanwhile: starting over`);
  }
  throw new PipelineError('retry', `silver of ${date} was changed by others ${ATTEMPTS} times`);
}

/** @returns undefined on a conflict */
async function build(date: PartitionDate, services: SilverServices): Promise<SilverSummary | undefined> {
  const { bronze, silver: store } = services;
  const keys = {
    movies: silverKeys.movies(date),
    quarantine: silverKeys.quarantine(date),
    lineage: silverKeys.lineage(date),
  };
  const [movies, quarantine, lineage] = await Promise.all([
    store.head(keys.movies),
    store.head(keys.quarantine),
    store.head(keys.lineage),
  ]);
  const run = await completeRun(bronze, date);
  const quality = new Quality();
  const digest = new Digest();
  const csv = digest.through(csvChunks(silverColumns, rows(run, quality, services)));
  const placed =
    (await store.put(keys.movies, csv, unchangedSince(movies))) === 'written' &&
    (await store.put(keys.quarantine, quality.quarantine(), unchangedSince(quarantine))) === 'written';
  if (!placed) return undefined;
  const sha256 = digest.sha256();
  const made: SilverLineage = {
    version: VERSION,
    runId: run.runId,
    bronze: { key: bronzeKeys.manifest(date, run.runId), sha256: run.manifest.sha256 },
    silver: { key: keys.movies, sha256, rows: quality.rows, quarantined: quality.quarantined },
    statuses: quality.statuses,
    nulls: quality.nulls,
  };
  if ((await store.put(keys.lineage, encodeJson(made), unchangedSince(lineage))) === 'conflict')
    return undefined;
  const { rows: count, quarantined, statuses } = quality;
  return { date, runId: run.runId, rows: count, quarantined, statuses, key: keys.movies, sha256 };
}

/** What `_SUCCESS` says of the run that silver is made of. */
async function completeRun(bronze: SilverServices['bronze'], date: PartitionDate): Promise<Success> {
  return ((await readSuccess(bronze, date)) ?? (await noSuccess(bronze, date))).success;
}

async function noSuccess(bronze: ObjectLister, date: PartitionDate): Promise<{ success: Success }> {
  const begun = await newestRun(bronze, date);
  throw new PipelineError(
    'stop',
    begun ? `${date} is not ready for silver: its run ${begun} is not complete` : `${date} has no run yet`,
    {
      hint: begun
        ? `finish it with: movie-etl enrich --date ${date}`
        : `start one with: movie-etl run-all --date ${date}`,
    },
  );
}

/** A field array per movie whose record can be used. Records are read concurrently and come out in order. */
async function* rows(run: Success, quality: Quality, { bronze, log, signal }: SilverServices) {
  const read = pMapIterable(moviesVouchedFor(bronze, run), (movie) => readRow(bronze, run, movie), {
    concurrency: READS_AT_ONCE,
  });
  for await (const { movie, key, row, status, fields, reason } of read) {
    throwIfInterrupted(signal);
    if (row && status && fields) {
      quality.add(row, status);
      yield fields;
    } else {
      quality.reject({ runId: run.runId, imdbId: movie.id, rank: rankOf(movie), key, reason });
      log.warn(`${movie.id} is quarantined: ${reason}`, { imdbId: movie.id, key });
    }
    log.progress({ done: quality.rows + quality.quarantined, total: run.movies, noun: 'movies' });
  }
}

interface ReadRow {
  movie: ListItem;
  key: string;
  row?: SilverRow;
  status?: Status;
  /** The row as the CSV has it. */
  fields?: string[];
  reason?: string;
}

async function readRow(bronze: ObjectReader, { runId, date }: Success, movie: ListItem): Promise<ReadRow> {
  const key = bronzeKeys.record(date, runId, movie.id);
  const found = await bronze.get(key);
  if (!found) return { movie, key, reason: 'its record is missing' };
  try {
    const record = decodeJson(BronzeRecord, found.body, 'its record', RECORD_LIMITS);
    if (record.movie.id !== movie.id) return { movie, key, reason: `its record is of ${record.movie.id}` };
    if (record.runId !== runId) return { movie, key, reason: `its record is of run ${record.runId}` };
    if (record.date !== date) return { movie, key, reason: `its record is of ${record.date}` };
    const row = silverRow({ ...record, movie });
    const fields = silverFields(row);
    const bytes = fields.reduce((sum, field) => sum + Buffer.byteLength(field), 0);
    if (bytes > MAX_RECORD_BYTES) return { movie, key, reason: `its row has ${bytes} bytes` };
    return { movie, key, row, fields, status: record.status };
  } catch (error) {
    if (error instanceof DecodeError) return { movie, key, reason: error.message };
    throw error;
  }
}

/** Counts what goes into the lineage, and keeps the quarantine. */
class Quality {
  rows = 0;
  quarantined = 0;
  readonly statuses = { enriched: 0, not_found: 0, failed: 0 };
  readonly nulls: Record<string, number> = Object.fromEntries(silverColumns.map((column) => [column, 0]));
  #quarantine = '';

  add(row: SilverRow, status: Status): void {
    this.rows++;
    this.statuses[status]++;
    for (const column of silverColumns)
      if (isNullIn(row, column)) this.nulls[column] = (this.nulls[column] ?? 0) + 1;
  }

  reject(entry: Record<string, unknown>): void {
    this.quarantined++;
    this.#quarantine += encodeJson(entry);
  }

  /** One JSON object per line; empty when all is well. */
  quarantine(): string {
    return this.#quarantine;
  }
}
