import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import { csvText, escapeFormula } from '../csv.js';
import type { PreviousSilver } from '../datasets/dataset.js';
import { datasets } from '../datasets/index.js';
import { DecodeError, PipelineError, throwIfInterrupted } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { Log } from '../log.js';
import { decodeJson, encodeJson, VERSION } from '../records/decode.js';
import { sha256 } from '../records/digest.js';
import { GoldLineage, type ObjectReference } from '../records/markers.js';
import type { PartitionDate } from '../records/run.js';
import { dateAfter, dateBefore, readSilver } from '../records/silver-file.js';
import { type ObjectLister, type ObjectReader, type ObjectWriter, unchangedSince } from '../stores/store.js';

const PUTS_AT_ONCE = 8;
const ATTEMPTS = 20;

/** What gold is made of, and where it goes. */
export interface GoldServices {
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader & ObjectWriter;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** How cells are written. */
export interface GoldOptions {
  /** Texts that a spreadsheet would take for formulas get an apostrophe. */
  escapeFormulas?: boolean;
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
  const next = await dateAfter(services.silver, date);
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
  { escapeFormulas = false }: GoldOptions,
): Promise<GoldSummary | undefined> {
  const { silver, gold: store, log, signal } = services;
  const keys = [...datasets.map(({ name }) => goldKeys.dataset(name, date)), goldKeys.lineage(date)];
  const etags = new Map(await pMap(keys, async (key) => [key, await store.head(key)] as const));
  const put = (key: string, body: string) => store.put(key, body, unchangedSince(etags.get(key)));

  const inputs = await inputsOf(date, silver);
  const { previousDate } = inputs;
  const previous = previousDate === undefined ? undefined : await readPrevious(previousDate, services);
  const accumulators = datasets.map((dataset) => ({ dataset, accumulator: dataset.open(previous?.movies) }));
  const source = await readSilver(silver, date, (row) => {
    throwIfInterrupted(signal);
    for (const { accumulator } of accumulators) accumulator.add(row);
  });
  if (!source) throw new PipelineError('stop', `${date} has no silver yet`, { hint: silverFirst(date) });

  let written = 0;
  const outputs = await pMap(
    accumulators,
    async ({ dataset: { name, columns }, accumulator }) => {
      const plain = [...accumulator.rows()];
      const rows = escapeFormulas ? plain.map((row) => row.map(escapeFormula)) : plain;
      const body = csvText([columns, ...rows]);
      const key = goldKeys.dataset(name, date);
      const outcome = await put(key, body);
      log.progress({ done: ++written, total: datasets.length, noun: 'datasets' });
      return { name, key, rows: rows.length, sha256: sha256(body), outcome };
    },
    { concurrency: PUTS_AT_ONCE },
  );
  if (outputs.some(({ outcome }) => outcome === 'conflict')) return undefined;
  const lineage: GoldLineage = {
    version: VERSION,
    silver: { ...source.reference, rows: source.rows },
    previous: previous ? { date: previous.movies.date, ...previous.reference } : null,
    datasets: Object.fromEntries(outputs.map(({ name, key, rows, sha256 }) => [name, { key, rows, sha256 }])),
  };
  if ((await put(goldKeys.lineage(date), encodeJson(lineage))) === 'conflict') return undefined;
  if (!isDeepStrictEqual(await inputsOf(date, silver), inputs)) return undefined;
  return {
    date,
    silver: source.reference,
    movies: source.rows,
    previousDate: previousDate ?? null,
    datasets: outputs.map(({ name, key, rows }) => ({ name, key, rows })),
    rebuilt: [],
  };
}

/**
 * Which version of the date's silver stands, and of the silver before it. Looked at before they are read and after the
 * last put: when silver has become another one and is the old one again, so are the etags of gold, and tell nothing.
 */
async function inputsOf(date: PartitionDate, silver: GoldServices['silver']) {
  const previousDate = await dateBefore(silver, date);
  const dates = previousDate === undefined ? [date] : [date, previousDate];
  const etags = await pMap(dates, async (each) => (await silver.head(silverKeys.movies(each)))?.etag);
  return { previousDate, etags };
}

async function readPrevious(date: PartitionDate, { silver }: GoldServices) {
  const movies = new Map<string, { rank: number; title: string | null }>();
  const source = await readSilver(silver, date, ({ imdb_id, rank, title }) =>
    movies.set(imdb_id, { rank, title }),
  );
  if (!source) return undefined;
  const previous: PreviousSilver = { date, movies };
  return { movies: previous, reference: source.reference };
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

function silverFirst(date: PartitionDate): string {
  return `make it first with: movie-etl silver --date ${date}`;
}
