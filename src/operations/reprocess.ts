import type { DateState } from './state.js';

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
export function planOf(state: DateState, reprocess: Reprocess): Plan | undefined {
  const { newestRun, published, silver, gold, nextIsBehind } = state;
  if (reprocess === 'all' || newestRun === undefined) return { bronze: 'new', silver: true, gold: true };
  if (reprocess === 'none') return undefined;
  if (published === undefined || newestRun > published.runId)
    return { bronze: 'continue', silver: true, gold: true };
  if (silver !== 'fresh') return { bronze: 'keep', silver: true, gold: true };
  return gold === 'fresh' && !nextIsBehind ? undefined : { bronze: 'keep', silver: false, gold: true };
}
