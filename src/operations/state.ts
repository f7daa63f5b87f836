import type { Success } from '../records/markers.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { newestRun, readSuccess } from '../records/runs.js';
import { dateAfter } from '../records/silver-file.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';
import { type Evidence, evidenceOfBytes } from './evidence.js';
import { type LayerState, layerState, lookAtGold, lookAtSilver } from './freshness.js';

export type { LayerState } from './freshness.js';

export interface Layers {
  bronze: ObjectReader & ObjectLister;
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader;
}

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
  const evidence = evidenceOfBytes(layers);
  return {
    date,
    newestRun: newest,
    published: published?.success,
    silver: await layerState(await lookAtSilver(date, published?.success, evidence)),
    gold: await layerState(await lookAtGold(date, evidence)),
    nextIsBehind: await isNextBehind(date, layers, evidence),
  };
}

/** Whoever made gold of this date may have been killed before the next one's was built again. */
async function isNextBehind(
  date: PartitionDate,
  { silver }: Pick<Layers, 'silver'>,
  evidence: Evidence,
): Promise<boolean> {
  const next = await dateAfter(silver, date);
  const lineage = next && (await evidence.goldLineage(next));
  if (!lineage) return false;
  const { previous } = lineage;
  return previous?.date !== date || previous.sha256 !== (await evidence.silverHash(date));
}
