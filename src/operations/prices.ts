import { type Calls, LAYERS, type QueueCalls, type StoreCalls } from './rehearsal/calls.js';

/**
 * List prices, in ten-millionths of a US dollar for one request: all of them are whole numbers of these. Without the
 * free tier, discounts for volume, storage and transfer.
 */
export const PRICES = {
  region: 'us-east-1',
  /** When they were the list prices. */
  date: '2026-11-23',
  /**
   * S3 Standard: 0.005 USD for 1,000 PUT, COPY, POST and LIST requests, 0.0004 USD for 1,000 others
   * (https://aws.amazon.com/s3/pricing/).
   */
  s3: { write: 50, list: 50, read: 4 },
  /**
   * 0.40 USD for a million requests; of a FIFO queue 0.50 USD for those that move messages
   * (https://aws.amazon.com/sqs/pricing/).
   */
  sqs: { standard: 4, fifo: 5 },
} as const;

const UNITS_PER_DOLLAR = 10_000_000;

type StorePlace = 's3' | 'directory';
type QueuePlace = 'standard' | 'fifo' | 'directory';

/** Where the calls go. A directory costs nothing. */
export interface Places {
  queue: QueuePlace;
  bronze: StorePlace;
  silver: StorePlace;
  gold: StorePlace;
}

export function isPriced({ queue, bronze, silver, gold }: Places): boolean {
  return [queue, bronze, silver, gold].some((place) => place !== 'directory');
}

/** What all calls cost, in US dollars. Sums of it have no rounding error. */
export function priceOf(calls: Calls, places: Places): number {
  const stores = LAYERS.reduce((sum, layer) => sum + storeUnits(calls[layer], places[layer]), 0);
  return (stores + queueUnits(calls.queue, places.queue)) / UNITS_PER_DOLLAR;
}

/** The same of calls to one store. */
export function storePrice(calls: Partial<StoreCalls>, place: StorePlace): number {
  return storeUnits(calls, place) / UNITS_PER_DOLLAR;
}

/** The same of calls to the queue. */
export function queuePrice(calls: QueueCalls, place: QueuePlace): number {
  return queueUnits(calls, place) / UNITS_PER_DOLLAR;
}

/** An amount as a person reads it: to the ten-millionth, since nothing costs less. */
export function dollars(amount: number): string {
  return amount.toFixed(7);
}

function storeUnits({ writes = 0, lists = 0, reads = 0 }: Partial<StoreCalls>, place: StorePlace): number {
  const { write, list, read } = PRICES.s3;
  return place === 's3' ? writes * write + lists * list + reads * read : 0;
}

function queueUnits({ billed, counts }: QueueCalls, place: QueuePlace): number {
  return place === 'directory' ? 0 : billed * PRICES.sqs[place] + counts * PRICES.sqs.standard;
}
