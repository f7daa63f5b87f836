import { pMapIterable } from 'p-map';
import { DecodeError } from '../../errors.js';
import { silverKeys } from '../../keys.js';
import { Digest } from '../../records/digest.js';
import type { ObjectReference } from '../../records/markers.js';
import type { PartitionDate } from '../../records/run.js';
import { checkOrder, type RowPlace, silverPieces } from '../../records/silver-file.js';
import type { ObjectReader } from '../../stores/store.js';
import type { Crew } from './crew.js';
import type { Job, Made } from './work.js';

/** A silver that was read to its end. */
export interface ReadSilver {
  reference: ObjectReference;
  rows: number;
}

/**
 * Reads a date's silver in one pass, piece by piece. No more pieces are read ahead than can be in work.
 * @param each is given what the pieces came to, in their order; the pass waits for it
 * @returns undefined when the date has no silver
 * @throws DecodeError that names file, line and column when the file is not silver's
 */
export async function passOver(
  date: PartitionDate,
  silver: ObjectReader,
  crew: Crew,
  jobOn: (key: string) => Job,
  each: (made: Made) => void | Promise<void>,
): Promise<ReadSilver | undefined> {
  const key = silverKeys.movies(date);
  const found = await silver.read(key);
  if (!found) return undefined;
  const job = jobOn(key);
  const digest = new Digest();
  const pieces = silverPieces(digest.through(found.body), key);
  let rows = 0;
  let before: RowPlace | undefined;
  try {
    const concurrency = crew.piecesAtOnce;
    for await (const made of pMapIterable(pieces, (piece) => crew.make(job, piece), { concurrency })) {
      checkOrder(before, made.summary.first, key);
      before = made.summary.last;
      rows += made.summary.rows;
      await each(made);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw error.withHint(`make the file again with: movie-etl silver --date ${date}`);
  } finally {
    found.body.destroy();
  }
  return { reference: { key, sha256: digest.sha256() }, rows };
}
