import { silverKeys } from '../keys.js';
import type { ObjectLister } from '../stores/store.js';
import type { PartitionDate } from './run.js';

/** Every date that silver has, oldest first. */
export async function datesOf(silver: ObjectLister): Promise<PartitionDate[]> {
  const dates: PartitionDate[] = [];
  for await (const prefix of silver.list(silverKeys.dates, { delimiter: '/' })) {
    const date = silverKeys.dateOf(prefix);
    if (date !== undefined) dates.push(date);
  }
  return dates;
}

/** The newest earlier one of silver's dates: the one that a date's gold compares with. */
export function dateBefore(dates: readonly PartitionDate[], date: PartitionDate): PartitionDate | undefined {
  return dates.findLast((other) => other < date);
}

/** The next later one: the one whose gold compares with this date. */
export function dateAfter(dates: readonly PartitionDate[], date: PartitionDate): PartitionDate | undefined {
  return dates.find((other) => other > date);
}
