import { datasets } from '../datasets/index.js';
import { silverKeys } from '../keys.js';
import { Digest } from '../records/digest.js';
import { readGoldLineage, readSilverLineage } from '../records/lineage.js';
import type { ObjectReference, Success } from '../records/markers.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { newestRun, readSuccess } from '../records/runs.js';
import { dateAfter, dateBefore } from '../records/silver-file.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';

export interface Layers {
  bronze: ObjectReader & ObjectLister;
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader;
}

/**
 * `fresh`: the objects are those of the layer's lineage, and the lineage agrees with the layer before.
 * `stale`: they are there, but one of that does not hold.
 */
export type LayerState = 'missing' | 'stale' | 'fresh';

/** How far one date is. */
export interface DateState {
  date: PartitionDate;
  /** The run that was started last, complete or not. */
  newestRun: RunId | undefined;
  /** What `_SUCCESS` says. */
  published: Success | undefined;
  silver: LayerState;
  gold: LayerState;
  /** The next later date has a gold that was made against another silver of this date, or without it. */
  nextIsBehind: boolean;
}

/** Reads the markers and lineages of a date, and the objects that they vouch for. */
export async function stateOf(date: PartitionDate, layers: Layers): Promise<DateState> {
  const [newest, published] = await Promise.all([
    newestRun(layers.bronze, date),
    readSuccess(layers.bronze, date),
  ]);
  return {
    date,
    newestRun: newest,
    published: published?.success,
    silver: await silverState(date, published?.success, layers.silver),
    gold: await goldState(date, layers),
    nextIsBehind: await isNextBehind(date, layers),
  };
}

async function silverState(
  date: PartitionDate,
  published: Success | undefined,
  silver: ObjectReader,
): Promise<LayerState> {
  const lineage = await readSilverLineage(silver, date);
  const hash = await hashOf(silver, silverKeys.movies(date));
  if (hash === undefined) return 'missing';
  const agrees =
    lineage !== undefined &&
    lineage.silver.sha256 === hash &&
    lineage.runId === published?.runId &&
    lineage.bronze.sha256 === published.manifest.sha256 &&
    (await silver.head(silverKeys.quarantine(date))) !== undefined;
  return agrees ? 'fresh' : 'stale';
}

async function goldState(date: PartitionDate, { silver, gold }: Layers): Promise<LayerState> {
  const lineage = await readGoldLineage(gold, date);
  if (lineage === undefined) return 'missing';
  const earlier = await dateBefore(silver, date);
  const agrees =
    lineage.silver.sha256 === (await hashOf(silver, silverKeys.movies(date))) &&
    lineage.previous?.date === earlier &&
    (earlier === undefined ||
      lineage.previous?.sha256 === (await hashOf(silver, silverKeys.movies(earlier)))) &&
    (await Promise.all(datasets.map(({ name }) => stands(lineage.datasets[name], gold)))).every(Boolean);
  return agrees ? 'fresh' : 'stale';
}

/** Whoever made gold of this date may have been killed before the next one's was built again. */
async function isNextBehind(date: PartitionDate, { silver, gold }: Layers): Promise<boolean> {
  const next = await dateAfter(silver, date);
  const lineage = next && (await readGoldLineage(gold, next));
  if (!lineage) return false;
  const { previous } = lineage;
  return previous?.date !== date || previous.sha256 !== (await hashOf(silver, silverKeys.movies(date)));
}

async function stands(reference: ObjectReference | undefined, store: ObjectReader): Promise<boolean> {
  return reference !== undefined && (await hashOf(store, reference.key)) === reference.sha256;
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
