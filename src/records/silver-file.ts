import { csvRecords } from '../csv.js';
import { DecodeError } from '../errors.js';
import { silverKeys } from '../keys.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';
import { Digest } from './digest.js';
import type { ObjectReference } from './markers.js';
import type { PartitionDate } from './run.js';
import { parseSilverFields, type SilverRow, silverColumns } from './silver-row.js';
import { compareText } from './text.js';

/** Every date that silver has, oldest first. */
export async function datesOf(silver: ObjectLister): Promise<PartitionDate[]> {
  const dates: PartitionDate[] = [];
  for await (const prefix of silver.list(silverKeys.dates, { delimiter: '/' })) {
    const date = silverKeys.dateOf(prefix);
    if (date !== undefined) dates.push(date);
  }
  return dates;
}

/** The newest earlier date in silver: the one that a date's gold compares with. */
export async function dateBefore(
  silver: ObjectLister,
  date: PartitionDate,
): Promise<PartitionDate | undefined> {
  return (await datesOf(silver)).filter((other) => other < date).at(-1);
}

/** The next later date in silver: the one whose gold compares with this date. */
export async function dateAfter(
  silver: ObjectLister,
  date: PartitionDate,
): Promise<PartitionDate | undefined> {
  return (await datesOf(silver)).find((other) => other > date);
}

/**
 * Reads a date's silver in one pass.
 * @param each is given every row, in rank order
 * @returns undefined when the date has no silver
 * @throws DecodeError that names file, line and column when the file is not silver's
 */
export async function readSilver(
  silver: ObjectReader,
  date: PartitionDate,
  each: (row: SilverRow) => void,
): Promise<{ reference: ObjectReference; rows: number } | undefined> {
  const key = silverKeys.movies(date);
  const found = await silver.read(key);
  if (!found) return undefined;
  const digest = new Digest();
  let rows = 0;
  let before: SilverRow | undefined;
  try {
    for await (const { fields, line } of csvRecords(digest.through(found.body), silverColumns, key)) {
      const row = parseSilverFields(fields, `${key} line ${line}`);
      if (before && !isInOrder(before, row)) {
        const order = `rank ${row.rank} after rank ${before.rank} is out of order`;
        throw new DecodeError(`${key} line ${line}: ${order}`);
      }
      each(row);
      before = row;
      rows++;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw error.withHint(`make the file again with: movie-etl silver --date ${date}`);
  }
  return { reference: { key, sha256: digest.sha256() }, rows };
}

function isInOrder(before: SilverRow, row: SilverRow): boolean {
  return before.rank < row.rank || (before.rank === row.rank && compareText(before.imdb_id, row.imdb_id) < 0);
}
