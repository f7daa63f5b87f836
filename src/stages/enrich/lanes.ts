import pLimit, { type LimitFunction } from 'p-limit';
import type { EnrichServices } from './batch.js';

/** Movies under way for each call of OMDb: while some are looked up, the records of others are looked for and written. */
const MOVIES_PER_LOOKUP = 2;

/** How movies of several batches take turns: in the order in which they come, so that the first batch is done first. */
export interface Lanes {
  movie: LimitFunction;
  lookup: LimitFunction;
}

const lanes = new WeakMap<object, Lanes>();

/** The same for all who work together. */
export function lanesOf({
  together = {},
  concurrency,
}: Pick<EnrichServices, 'together' | 'concurrency'>): Lanes {
  const made = lanes.get(together) ?? {
    movie: pLimit(moviesAtOnce(concurrency)),
    lookup: pLimit(concurrency),
  };
  lanes.set(together, made);
  return made;
}

/** How many movies it takes for OMDb to have always its number of calls. */
export function moviesAtOnce(concurrency: number): number {
  return concurrency * MOVIES_PER_LOOKUP;
}

/** How many batches may be under way: those of one movie are marked and listed after it. */
export function batchesAtOnce(concurrency: number): number {
  return 2 * moviesAtOnce(concurrency);
}
