import type { Success } from '../records/markers.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { newestRun, readSuccess } from '../records/runs.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';
import { type Evidence, evidenceOfBytes } from './evidence.js';
import { type LayerState, layerState, lookAtGold, lookAtSilver } from './freshness.js';

export type { LayerState } from './freshness.js';

export interface Layers {
  bronze: ObjectReader & ObjectLister;
  silver: ObjectReader & ObjectLister;
  gold: ObjectReader;
}

/** How far bronze is with a date. */
export interface RunState {
  /** The run that was started last, complete or not. */
  newestRun: RunId | undefined;
  /** What `_SUCCESS` says. */
  published: Success | undefined;
}

/** How far one date is. */
export interface DateState extends RunState {
  date: PartitionDate;
  silver: LayerState;
  gold: LayerState;
  /** The next later date has a gold that was made against another silver of this date, or without it. */
  nextIsBehind: boolean;
}

/** Takes a listing and a read. */
export async function runStateOf(date: PartitionDate, bronze: Layers['bronze']): Promise<RunState> {
  const [newest, published] = await Promise.all([newestRun(bronze, date), readSuccess(bronze, date)]);
  return { newestRun: newest, published: published?.success };
}

/**
 * Reads the markers and lineages of a date, and the objects that they vouch for.
 * @param run what is known of it already
 */
export async function stateOf(date: PartitionDate, layers: Layers, run?: RunState): Promise<DateState> {
  const known = run ?? (await runStateOf(date, layers.bronze));
  const evidence = evidenceOfBytes(layers);
  return {
    ...known,
    date,
    silver: await layerState(await lookAtSilver(date, known.published, evidence)),
    gold: await layerState(await lookAtGold(date, evidence)),
    nextIsBehind: await isNextBehind(date, evidence),
  };
}

/** Whoever made gold of this date may have been killed before the next one's was built again. */
async function isNextBehind(date: PartitionDate, evidence: Evidence): Promise<boolean> {
  const next = await evidence.dateAfter(date);
  const lineage = next && (await evidence.goldLineage(next));
  if (!lineage) return false;
  const { previous } = lineage;
  return previous?.date !== date || previous.sha256 !== (await evidence.silverHash(date));
}
