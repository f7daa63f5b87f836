import { parseLines } from '../csv/lines.js';
import { type LinesPiece, linePieces } from '../csv/pieces.js';
import { csvRecords, linesThatEnd } from '../csv/records.js';
import { csvChunks } from '../csv.js';
import { DecodeError } from '../errors.js';
import { silverKeys } from '../keys.js';
import type { ObjectReader } from '../stores/store.js';
import { Digest } from './digest.js';
import type { ObjectReference } from './markers.js';
import type { PartitionDate } from './run.js';
import { parseSilverFields, type SilverRow, silverColumns } from './silver-row.js';
import { compareText } from './text.js';

/** Whole lines of a silver file after its header, which is line 1. */
export type SilverPiece = LinesPiece;

/** What orders a row among the others, and its line. */
export interface RowPlace {
  rank: number;
  imdb_id: string;
  line: number;
}

/** What a piece came to. */
export interface PieceSummary {
  rows: number;
  first: RowPlace;
  last: RowPlace;
}

/**
 * Cuts a silver file into pieces that can be read one by one, wherever: a record is one line.
 * @param key the file, for errors
 * @throws DecodeError when the header is not silver's, or a line is absurdly long
 */
export function silverPieces(body: AsyncIterable<Buffer>, key: string): AsyncGenerator<SilverPiece> {
  return linePieces(linesThatEnd(recordLines(body, key), key), 2);
}

/**
 * Reads the rows of a piece.
 * @param key the file, for errors
 * @param each is given every row, in rank order, and its line
 * @param before the row before the piece, when it is known; when it is not, checkOrder compares afterwards
 * @throws DecodeError that names file, line and column when a line is not a row of silver's
 */
export function parseSilverPiece(
  { bytes, firstLine }: SilverPiece,
  key: string,
  each: (row: SilverRow, line: number) => void,
  before?: RowPlace,
): PieceSummary {
  let line = firstLine;
  let first: RowPlace | undefined;
  let last = before;
  for (const fields of parseLines(bytes, { columns: silverColumns.length, place: key, firstLine })) {
    const row = parseSilverFields(fields, `${key} line ${line}`);
    const place = { rank: row.rank, imdb_id: row.imdb_id, line };
    checkOrder(last, place, key);
    each(row, line++);
    first ??= place;
    last = place;
  }
  if (!first || !last) throw new DecodeError(`${key} has no line ${firstLine}`);
  return { rows: line - firstLine, first, last };
}

/**
 * Rows come by rank, and movies of one rank by id.
 * @param before the row before the next one, if there is one
 * @param key the file, for errors
 * @throws DecodeError
 */
export function checkOrder(before: RowPlace | undefined, next: RowPlace, key: string): void {
  if (!before || before.rank < next.rank) return;
  if (before.rank === next.rank && compareText(before.imdb_id, next.imdb_id) < 0) return;
  const order = `rank ${next.rank} after rank ${before.rank} is out of order`;
  throw new DecodeError(`${key} line ${next.line}: ${order}`);
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
  let last: RowPlace | undefined;
  try {
    for await (const piece of silverPieces(digest.through(found.body), key)) {
      const summary = parseSilverPiece(piece, key, (row) => each(row), last);
      rows += summary.rows;
      last = summary.last;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw error.withHint(`make the file again with: movie-etl silver --date ${date}`);
  }
  return { reference: { key, sha256: digest.sha256() }, rows };
}

const HEADER = Buffer.from(`${silverColumns.join(',')}\n`);

/**
 * The lines after the header. A file that does not begin with the header as silver writes it, byte for byte, is read
 * with csv-parse, which knows byte order marks, other line ends and what is wrong with a header, and written again.
 */
async function* recordLines(body: AsyncIterable<Buffer>, key: string): AsyncGenerator<Buffer> {
  const source = body[Symbol.asyncIterator]();
  try {
    let start = Buffer.alloc(0);
    while (start.length < HEADER.length) {
      const { done, value } = await source.next();
      if (done) break;
      start = Buffer.concat([start, value]);
    }
    const isPlain = start.subarray(0, HEADER.length).equals(HEADER);
    const whole = followed(start, source);
    let header = HEADER.length;
    for await (const chunk of isPlain ? whole : rewritten(whole, key)) {
      yield chunk.subarray(header);
      header = 0;
    }
  } finally {
    await source.return?.();
  }
}

async function* followed(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield start;
  yield* { [Symbol.asyncIterator]: () => rest };
}

async function* rewritten(body: AsyncIterable<Buffer>, key: string): AsyncGenerator<Buffer> {
  for await (const text of csvChunks(silverColumns, fieldsOf(csvRecords(body, silverColumns, key))))
    yield Buffer.from(text);
}

async function* fieldsOf(records: AsyncIterable<{ fields: string[] }>): AsyncGenerator<string[]> {
  for await (const { fields } of records) yield fields;
}
