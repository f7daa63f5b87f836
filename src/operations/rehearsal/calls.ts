/** What one layer's store is asked, as S3 counts it: a page of a listing is a request, and so is a part of a large put. */
export interface StoreCalls {
  writes: number;
  lists: number;
  /** With its content or without. */
  reads: number;
}

/** What the queue is asked, as SQS counts it: ten messages at most are one request. */
export interface QueueCalls {
  sends: number;
  receives: number;
  deletes: number;
  /** Messages that are put off. */
  deferrals: number;
  /** How many messages there are, also in the dead-letter queue. */
  counts: number;
  /** Sends, receives, deletes and deferrals as they are billed: each 64 KiB of messages is a request. */
  billed: number;
}

/** Every call of some work to what is outside. */
export interface Calls {
  /** Lookups of OMDb. */
  omdb: number;
  queue: QueueCalls;
  bronze: StoreCalls;
  silver: StoreCalls;
  gold: StoreCalls;
}

export type Layer = 'bronze' | 'silver' | 'gold';

export const LAYERS: readonly Layer[] = ['bronze', 'silver', 'gold'];

export function noCalls(): Calls {
  const store = () => ({ writes: 0, lists: 0, reads: 0 });
  return {
    omdb: 0,
    queue: { sends: 0, receives: 0, deletes: 0, deferrals: 0, counts: 0, billed: 0 },
    bronze: store(),
    silver: store(),
    gold: store(),
  };
}

/** The calls that were made since the earlier count. */
export function callsSince(earlier: Calls, now: Calls): Calls {
  return {
    omdb: now.omdb - earlier.omdb,
    queue: minus(now.queue, earlier.queue),
    bronze: minus(now.bronze, earlier.bronze),
    silver: minus(now.silver, earlier.silver),
    gold: minus(now.gold, earlier.gold),
  };
}

export function storeTotal({ bronze, silver, gold }: Calls): number {
  return [bronze, silver, gold].reduce((sum, { writes, lists, reads }) => sum + writes + lists + reads, 0);
}

export function queueTotal({ queue: { sends, receives, deletes, deferrals, counts } }: Calls): number {
  return sends + receives + deletes + deferrals + counts;
}

function minus<Counts extends StoreCalls | QueueCalls>(now: Counts, earlier: Counts): Counts {
  const difference = { ...now };
  for (const name of Object.keys(now) as (keyof Counts)[]) {
    difference[name] = (Number(now[name]) - Number(earlier[name])) as Counts[keyof Counts];
  }
  return difference;
}
