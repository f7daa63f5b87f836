import pMap from 'p-map';
import { datasets } from '../datasets/index.js';
import { goldKeys, silverKeys } from '../keys.js';
import { Digest } from '../records/digest.js';
import { readGoldLineage, readSilverLineage } from '../records/lineage.js';
import type { GoldLineage, ObjectReference, SilverLineage } from '../records/markers.js';
import type { PartitionDate } from '../records/run.js';
import { dateAfter, dateBefore, datesOf } from '../records/silver-dates.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';

/** Where the refined layers are looked at. */
export interface RefinedLayers {
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader & ObjectLister;
}

/** What is known of silver and gold: read off their bytes, or off listings. */
export interface Evidence {
  silverLineage(date: PartitionDate): Promise<SilverLineage | undefined>;
  goldLineage(date: PartitionDate): Promise<GoldLineage | undefined>;
  /** The sha256 of a date's `movies.csv`; undefined when there is none. */
  silverHash(date: PartitionDate): Promise<string | undefined>;
  quarantineStands(date: PartitionDate): Promise<boolean>;
  /** The newest earlier date in silver. */
  dateBefore(date: PartitionDate): Promise<PartitionDate | undefined>;
  /** The next later date in silver. */
  dateAfter(date: PartitionDate): Promise<PartitionDate | undefined>;
  /** Whether a dataset of gold stands as gold's lineage has it. */
  datasetStands(name: string, date: PartitionDate, reference: ObjectReference | undefined): Promise<boolean>;
}

/** Everything is read: an object that was damaged or replaced is found. Silver's dates are listed once. */
export function evidenceOfBytes({
  silver,
  gold,
}: Pick<RefinedLayers, 'silver'> & { gold: ObjectReader }): Evidence {
  const silverDates = once(() => datesOf(silver));
  return {
    silverLineage: (date) => readSilverLineage(silver, date),
    goldLineage: (date) => readGoldLineage(gold, date),
    silverHash: (date) => hashOf(silver, silverKeys.movies(date)),
    quarantineStands: async (date) => (await silver.head(silverKeys.quarantine(date))) !== undefined,
    ...neighbours(silverDates),
    datasetStands: async (_name, _date, reference) =>
      reference !== undefined && (await hashOf(gold, reference.key)) === reference.sha256,
  };
}

/** Stands for the hash of a `movies.csv` of which no lineage says what is in it. */
const UNTOLD = 'untold';

/**
 * Only the lineages are read; whether the objects are there is seen in a listing of each dataset for all dates
 * together. Takes it from the lineages that the objects are what they were.
 * @param dates oldest first
 */
export function evidenceOfListings(layers: RefinedLayers, dates: readonly PartitionDate[]): Evidence {
  const { silver, gold } = layers;
  const shared = sharedStart(dates[0] ?? '', dates.at(-1) ?? '');
  const silverDates = once(() => datesOf(silver));
  const quarantines = once(() => entriesOf(silver, silverKeys.quarantines(shared)));
  const datasetDates = once(async () => {
    const listed = await pMap(datasets, ({ name }) => entriesOf(gold, goldKeys.datasets(name, shared)));
    return new Set(listed.flatMap((entries) => [...entries]));
  });
  const silverLineage = byDate((date) => readSilverLineage(silver, date));
  return {
    silverLineage,
    goldLineage: byDate((date) => readGoldLineage(gold, date)),
    silverHash: async (date) => {
      if (!(await silverDates()).includes(date)) return undefined;
      return (await silverLineage(date))?.silver.sha256 ?? UNTOLD;
    },
    quarantineStands: async (date) => holds(await quarantines(), silverKeys.quarantine(date)),
    ...neighbours(silverDates),
    datasetStands: async (name, date, reference) =>
      reference !== undefined && holds(await datasetDates(), goldKeys.dataset(name, date)),
  };
}

/** The same evidence, with everything looked at once. */
export function remembered(evidence: Evidence): Evidence {
  const stand = new Map<string, Promise<boolean>>();
  return {
    ...evidence,
    silverLineage: byDate(evidence.silverLineage),
    goldLineage: byDate(evidence.goldLineage),
    silverHash: byDate(evidence.silverHash),
    dateBefore: byDate(evidence.dateBefore),
    datasetStands: (name, date, reference) => {
      const key = goldKeys.dataset(name, date);
      const result = stand.get(key) ?? evidence.datasetStands(name, date, reference);
      stand.set(key, result);
      return result;
    },
  };
}

function neighbours(dates: () => Promise<PartitionDate[]>): Pick<Evidence, 'dateBefore' | 'dateAfter'> {
  return {
    dateBefore: async (date) => dateBefore(await dates(), date),
    dateAfter: async (date) => dateAfter(await dates(), date),
  };
}

/** A delimited listing shows the object itself, or only the folder that it is in. */
function holds(entries: ReadonlySet<string>, key: string): boolean {
  return entries.has(key) || entries.has(key.slice(0, key.lastIndexOf('/') + 1));
}

async function entriesOf(store: ObjectLister, prefix: string): Promise<Set<string>> {
  const entries = new Set<string>();
  for await (const entry of store.list(prefix, { delimiter: '/' })) entries.add(entry);
  return entries;
}

/** What all dates from the first to the last begin with. */
function sharedStart(first: PartitionDate, last: PartitionDate): string {
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let begun: Promise<Result> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

function byDate<Result>(
  work: (date: PartitionDate) => Promise<Result>,
): (date: PartitionDate) => Promise<Result> {
  const begun = new Map<PartitionDate, Promise<Result>>();
  return (date) => {
    const result = begun.get(date) ?? work(date);
    begun.set(date, result);
    return result;
  };
}

async function hashOf(store: ObjectReader, key: string): Promise<string | undefined> {
  const found = await store.read(key);
  if (!found) return undefined;
  const digest = new Digest();
  for await (const _chunk of digest.through(found.body)) {
    // Only the digest counts.
  }
  return digest.sha256();
}
