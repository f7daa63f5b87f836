import * as z from 'zod/mini';

/** The longest suffix of a run id. */
const LONGEST_SUFFIX = 40;
/** The most movies that a run takes or puts into a batch, and so the most batches. */
export const MAX_COUNT = 1_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A partition: a calendar day, UTC, `YYYY-MM-DD`. */
export const PartitionDate = z
  .string()
  .check(z.refine(isPartitionDate, { error: 'is no date (YYYY-MM-DD)' }));
export type PartitionDate = z.infer<typeof PartitionDate>;

/** A run id: its start to the second, and for a run started by hand a suffix. Ids sort by start time. */
export const RunId = z.string().check(z.regex(/^\d{8}T\d{6}Z(-[a-z0-9]{1,40})?$/, { error: 'is no run id' }));
export type RunId = z.infer<typeof RunId>;

/** What a message says of the run it belongs to. */
export const RunReference = z.object({
  id: RunId,
  date: PartitionDate,
  batches: z.int().check(z.minimum(1), z.maximum(MAX_COUNT)),
});
export type RunReference = z.infer<typeof RunReference>;

/** The last text that was a date: each record of a partition has it again. */
let lastDate: string | undefined;

export function isPartitionDate(text: string): boolean {
  if (text === lastDate) return true;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || partitionDate(day) !== text) return false;
  lastDate = text;
  return true;
}

/** The partition that a moment falls into. */
export function partitionDate(moment: Date): PartitionDate {
  return moment.toISOString().slice(0, 10);
}

/** Until the next day begins, UTC; at most a day. */
export function secondsToNextDay(now: Date): number {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
  return Math.ceil((midnight - now.getTime()) / 1000);
}

/** How many days the last date is after the first. */
export function daysBetween(first: PartitionDate, last: PartitionDate): number {
  return (Date.parse(last) - Date.parse(first)) / DAY_MS;
}

/** The date so many days later; earlier when they are negative. */
export function daysAfter(date: PartitionDate, days: number): PartitionDate {
  return partitionDate(new Date(Date.parse(date) + days * DAY_MS));
}

/** Every date from the first to the last, both included, oldest first. */
export function datesBetween(first: PartitionDate, last: PartitionDate): PartitionDate[] {
  const days = Math.max(0, daysBetween(first, last) + 1);
  return Array.from({ length: days }, (_, day) => daysAfter(first, day));
}

/** The id of a scheduled run: the same for every retry of the same trigger. */
export function scheduledRunId(scheduled: Date): RunId {
  return scheduled
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z')
    .replace(/[-:]/g, '');
}

/**
 * The suffix of a run that a function was asked for by hand: out of the id of the request, which stays the same when
 * the invocation is retried.
 */
export function suffixOfRequest(requestId: string): string {
  return requestId
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, LONGEST_SUFFIX);
}

export function suffixedRunId(started: Date, suffix: string): RunId {
  return `${scheduledRunId(started)}-${suffix}`;
}

/**
 * The id of a run started by hand. The suffix begins with the milliseconds of the start, so that ids sort by
 * start time within a second too, and goes on at random.
 * @param random a number from 0 up to, not including, 1
 */
export function newRunId(started: Date, random: number): RunId {
  const milliseconds = started.getUTCMilliseconds().toString(36).padStart(2, '0');
  const rest = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return suffixedRunId(started, milliseconds + rest);
}
