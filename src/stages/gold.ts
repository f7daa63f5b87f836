import pMap from 'p-map';
import { csvText } from '../csv.js';
import type { PreviousSilver } from '../datasets/dataset.js';
import { datasets } from '../datasets/index.js';
import { DecodeError, PipelineError, throwIfInterrupted } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { Log } from '../log.js';
import { decodeJson, encodeJson, VERSION } from '../records/decode.js';
import { sha256 } from '../records/digest.js';
import { GoldLineage, type ObjectReference } from '../records/markers.js';
import type { PartitionDate } from '../records/run.js';
import { dateBefore, datesOf, readSilver } from '../records/silver-file.js';
import { type ObjectLister, type ObjectReader, type ObjectWriter, unchangedSince } from '../stores/store.js';

const PUTS_AT_ONCE = 8;
const ATTEMPTS = 20;

export interface GoldServices {
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader & ObjectWriter;
  log: Log;
  signal?: AbortSignal | undefined;
}

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
 * made against another version of this one. The same silver gives the same bytes.
 * @throws PipelineError when the date has no silver, or a file that is not silver's
 */
export async function gold(date: PartitionDate, services: GoldServices): Promise<GoldSummary> {
  const summary = await goldOf(date, services);
  const next = (await datesOf(services.silver)).find((later) => later > date);
  if (next === undefined || !(await isBuiltAgainstAnother(next, summary, services.gold))) return summary;
  services.log.info(`gold of ${next} compares with ${date}: it is built again too`);
  const { rebuilt } = await gold(next, services);
  return { ...summary, rebuilt: [next, ...rebuilt] };
}

async function goldOf(date: PartitionDate, services: GoldServices): Promise<GoldSummary> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const summary = await build(date, services);
    if (summary) return summary;
    services.log.info(`gold of ${date}, or what it is made of, was changed meanwhile: starting over`);
  }
  throw new PipelineError('retry', `gold of ${date} was changed by others ${ATTEMPTS} times`);
}

/** @returns undefined on a conflict, or when the previous silver changed while we worked */
async function build(date: PartitionDate, services: GoldServices): Promise<GoldSummary | undefined> {
  const { silver, gold: store, log, signal } = services;
  const keys = [...datasets.map(({ name }) => goldKeys.dataset(name, date)), goldKeys.lineage(date)];
  const etags = new Map(await pMap(keys, async (key) => [key, await store.head(key)] as const));
  const put = (key: string, body: string) => store.put(key, body, unchangedSince(etags.get(key)));

  const before = await previousOf(date, silver);
  const previous = before && (await readPrevious(before.date, services));
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
      const rows = [...accumulator.rows()];
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
  const after = await previousOf(date, silver);
  if (after?.date !== before?.date || after?.etag !== before?.etag) return undefined;
  return {
    date,
    silver: source.reference,
    movies: source.rows,
    previousDate: before?.date ?? null,
    datasets: outputs.map(({ name, key, rows }) => ({ name, key, rows })),
    rebuilt: [],
  };
}

/** The date before in silver, and which version of it stands. */
async function previousOf(date: PartitionDate, silver: GoldServices['silver']) {
  const earlier = await dateBefore(silver, date);
  if (earlier === undefined) return undefined;
  return { date: earlier, etag: (await silver.head(silverKeys.movies(earlier)))?.etag };
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
