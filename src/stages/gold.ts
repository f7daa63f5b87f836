import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import { datasets } from '../datasets/index.js';
import { DecodeError, PipelineError } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { Log } from '../log.js';
import { decodeJson, encodeJson, VERSION } from '../records/decode.js';
import { GoldLineage, type ObjectReference } from '../records/markers.js';
import type { PartitionDate } from '../records/run.js';
import { dateAfter, dateBefore, datesOf } from '../records/silver-dates.js';
import {
  type Body,
  type ObjectLister,
  type ObjectReader,
  type ObjectWriter,
  unchangedSince,
} from '../stores/store.js';
import { Crew } from './gold/crew.js';
import { makeDatasets } from './gold/make.js';

const ATTEMPTS = 20;

/** What gold is made of, and where it goes. */
export interface GoldServices {
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader & ObjectWriter;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** How cells are written, and by how many. */
export interface GoldOptions {
  /** Texts that a spreadsheet would take for formulas get an apostrophe. */
  escapeFormulas?: boolean;
  /** How many threads a large silver may be shared among; none by default. The bytes are the same. */
  threads?: number;
}

/** What gold was made of, and what it came to. */
export interface GoldSummary {
  date: PartitionDate;
  silver: ObjectReference;
  movies: number;
  /** The date that rank_changes compares with. */
  previousDate: PartitionDate | null;
  datasets: { name: string; key: string; rows: number }[];
  /** Later dates that were built too, because they compare with this one. */
  rebuilt: PartitionDate[];
}

/**
 * Makes all gold datasets of a date in one pass over its silver, and those of the next later date when they were
 * made against another version of this one. The same silver and options give the same bytes.
 * @throws PipelineError when the date has no silver, or a file that is not silver's
 */
export async function gold(
  date: PartitionDate,
  services: GoldServices,
  options: GoldOptions = {},
): Promise<GoldSummary> {
  const summary = await goldOf(date, services, options);
  const next = dateAfter(await datesOf(services.silver), date);
  if (next === undefined || !(await isBuiltAgainstAnother(next, summary, services.gold))) return summary;
  services.log.info(`gold of ${next} compares with ${date}: it is built again too`);
  try {
    const { rebuilt } = await gold(next, services, options);
    return { ...summary, rebuilt: [next, ...rebuilt] };
  } catch (error) {
    // A next silver that cannot be read is no failure of this date, which is done.
    if (!(error instanceof DecodeError)) throw error;
    services.log.warn(`gold of ${next} stays as it is: ${error.message}`);
    return summary;
  }
}

async function goldOf(
  date: PartitionDate,
  services: GoldServices,
  options: GoldOptions,
): Promise<GoldSummary> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const summary = await build(date, services, options);
    if (summary) return summary;
    services.log.info(`gold of ${date}, or what it is made of, was changed meanwhile: starting over`);
  }
  throw new PipelineError('retry', `gold of ${date} was changed by others ${ATTEMPTS} times`);
}

/** @returns undefined on a conflict, or when what it is made of changed while we worked */
async function build(
  date: PartitionDate,
  services: GoldServices,
  { escapeFormulas = false, threads = 0 }: GoldOptions,
): Promise<GoldSummary | undefined> {
  const { silver, gold: store, log, signal } = services;
  const keys = [...datasets.map(({ name }) => goldKeys.dataset(name, date)), goldKeys.lineage(date)];
  const etags = new Map(await pMap(keys, async (key) => [key, await store.head(key)] as const));
  const put = (key: string, body: Body) => store.put(key, body, unchangedSince(etags.get(key)));

  const inputs = await inputsOf(date, silver);
  const crew = new Crew({ escapeFormulas, threads, log, signal });
  try {
    const made = await makeDatasets(date, inputs.previousDate, { silver, crew, put, log });
    if (!made) return undefined;
    const { source, previous, outputs } = made;
    const lineage: GoldLineage = {
      version: VERSION,
      silver: { ...source.reference, rows: source.rows },
      previous: previous ? { date: previous.date, ...previous.reference } : null,
      datasets: Object.fromEntries(
        outputs.map(({ name, key, rows, sha256 }) => [name, { key, rows, sha256 }]),
      ),
    };
    if ((await put(goldKeys.lineage(date), encodeJson(lineage))) === 'conflict') return undefined;
    if (!isDeepStrictEqual(await inputsOf(date, silver), inputs)) return undefined;
    return {
      date,
      silver: source.reference,
      movies: source.rows,
      previousDate: inputs.previousDate ?? null,
      datasets: outputs.map(({ name, key, rows }) => ({ name, key, rows })),
      rebuilt: [],
    };
  } finally {
    await crew.close();
  }
}

/**
 * Which version of the date's silver stands, and of the silver before it. Looked at before they are read and after the
 * last put: when silver has become another one and is the old one again, so are the etags of gold, and tell nothing.
 */
async function inputsOf(date: PartitionDate, silver: GoldServices['silver']) {
  const previousDate = dateBefore(await datesOf(silver), date);
  const dates = previousDate === undefined ? [date] : [date, previousDate];
  const etags = await pMap(dates, async (each) => (await silver.head(silverKeys.movies(each)))?.etag);
  return { previousDate, etags };
}

async function isBuiltAgainstAnother(
  next: PartitionDate,
  made: GoldSummary,
  store: ObjectReader,
): Promise<boolean> {
  const key = goldKeys.lineage(next);
  const found = await store.get(key);
  if (!found) return false;
  try {
    const { previous } = decodeJson(GoldLineage, found.body, `lineage ${key}`);
    return previous?.date !== made.date || previous.sha256 !== made.silver.sha256;
  } catch (error) {
    if (error instanceof DecodeError) return true;
    throw error;
  }
}
