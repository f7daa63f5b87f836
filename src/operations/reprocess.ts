import type { PartitionDate } from '../records/run.js';
import { type DateState, type Layers, type RunState, stateOf } from './state.js';

/** Which dates a `run-all` works on (design, section 7). */
export type Reprocess = 'failed' | 'none' | 'all';

/** What a date needs. */
export interface Plan {
  /** `new`: a run is started. `continue`: the newest run is finished. `keep`: the published run stays. */
  bronze: 'new' | 'continue' | 'keep';
  silver: boolean;
  gold: boolean;
}

/**
 * What has to be done for a date, or undefined when that is nothing: `all` starts a new run, `none` only where
 * there is none yet, `failed` finishes the newest run and mends every layer that is missing or stale.
 */
export function planOf(state: Omit<DateState, 'date'>, reprocess: Reprocess): Plan | undefined {
  const plan = planOfRun(state, reprocess);
  if (plan !== 'by its layers') return plan;
  const { silver, gold, nextIsBehind } = state;
  if (silver !== 'fresh') return { bronze: 'keep', silver: true, gold: true };
  return gold === 'fresh' && !nextIsBehind ? undefined : { bronze: 'keep', silver: false, gold: true };
}

/** The same of a date whose silver and gold nobody has looked at: that is done only where they decide. */
export async function planFor(
  date: PartitionDate,
  run: RunState,
  reprocess: Reprocess,
  layers: Layers,
): Promise<Plan | undefined> {
  const plan = planOfRun(run, reprocess);
  return plan === 'by its layers' ? planOf(await stateOf(date, layers, run), reprocess) : plan;
}

function planOfRun(
  { newestRun, published }: RunState,
  reprocess: Reprocess,
): Plan | 'by its layers' | undefined {
  if (reprocess === 'all' || newestRun === undefined) return { bronze: 'new', silver: true, gold: true };
  if (reprocess === 'none') return undefined;
  if (published === undefined || newestRun > published.runId)
    return { bronze: 'continue', silver: true, gold: true };
  return 'by its layers';
}
