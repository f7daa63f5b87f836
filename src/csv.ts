import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { DecodeError } from './errors.js';

/** What a CSV field is made of. Null is the empty field. */
export type Cell = string | number | null;

const ROWS_PER_CHUNK = 500;

/** Of all fields of a record together; more comes of a quote that is never closed. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
/** With quotes doubled, and with quotes and commas around; a longer line is no record either. */
const MAX_LINE_BYTES = 2 * MAX_RECORD_BYTES + 65_536;

/** What a spreadsheet takes for the beginning of a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = /^'*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]/;

/**
 * A cell that a spreadsheet shows instead of working it out: one apostrophe more before a text that begins with a
 * formula's character, or with apostrophes and then such a character. So one apostrophe less before exactly these
 * brings every text back. Numbers stay.
 */
export function escapeFormula(cell: Cell): Cell {
  return typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell;
}

/** CSV text (RFC 4180 quoting, UTF-8, `\n`) of rows without a header. */
export function csvText(rows: readonly (readonly Cell[])[]): string {
  return rows.map(csvLine).join('');
}

/** Without any of these there is nothing to quote (RFC 4180, section 2, rules 5 to 7). */
const QUOTED = /[",\n\r]/;

/** The same of one row. For one without a cell to quote, as most of gold's are, csv-stringify takes six times as long. */
export function csvLine(row: readonly Cell[]): string {
  for (const cell of row)
    if (typeof cell === 'string' && QUOTED.test(cell)) return stringify([row as Cell[]]);
  return `${row.join(',')}\n`;
}

/** The same with a header, in pieces, while the rows arrive. */
export async function* csvChunks(
  columns: readonly string[],
  rows: AsyncIterable<readonly Cell[]>,
): AsyncGenerator<string> {
  let chunk: (readonly Cell[])[] = [columns];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < ROWS_PER_CHUNK) continue;
    yield csvText(chunk);
    chunk = [];
  }
  yield csvText(chunk);
}

/**
 * The fields of each record after the header.
 * @param chunks bytes in UTF-8
 * @param columns what the header has to be
 * @param place the file, for errors
 * @throws DecodeError when the header is another one, or a record is not of its width or absurdly long
 */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  columns: readonly string[],
  place: string,
): AsyncGenerator<{ fields: string[]; line: number }> {
  for await (const { fields, line } of csvLines(chunks, place)) {
    if (line === 1) checkHeader(fields, columns, place);
    else if (fields.length === columns.length) yield { fields, line };
    else throw new DecodeError(`${place}: line ${line} has ${fields.length} fields, not ${columns.length}`);
  }
}

/**
 * The fields of the header, whatever they are, and of each record, however many it has.
 * @throws DecodeError when there is no header, or a record is absurdly long
 */
export async function* csvLines(
  chunks: AsyncIterable<Buffer>,
  place: string,
): AsyncGenerator<{ fields: string[]; line: number }> {
  // Most commands only write.
  const { CsvError, parse } = await import('csv-parse');
  const parser = parse({ bom: true, relax_column_count: true, max_record_size: MAX_RECORD_BYTES });
  pipeline(Readable.from(linesThatEnd(chunks, place)), parser, () => {
    // A failure of either destroys the parser, so the loop below throws it.
  });
  let line = 0;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) yield { fields, line: ++line };
  } catch (error) {
    throw error instanceof CsvError ? new DecodeError(`${place}: ${error.message}`) : error;
  }
  if (line === 0) throw new DecodeError(`${place} is empty: not even a header`);
}

/** Passes the chunks on. @throws DecodeError when a line goes on and on */
export async function* linesThatEnd(chunks: AsyncIterable<Buffer>, place: string): AsyncGenerator<Buffer> {
  let open = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED);
    open = end < 0 ? open + chunk.length : chunk.length - end - 1;
    if (open > MAX_LINE_BYTES)
      throw new DecodeError(`${place} has a line of more than ${MAX_LINE_BYTES} bytes`);
    yield chunk;
  }
}

const LINE_FEED = 0x0a;

function checkHeader(header: readonly string[], columns: readonly string[], place: string): void {
  const missing = columns.filter((column) => !header.includes(column));
  const unknown = header.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new DecodeError(`${place}: its header lacks ${missing.slice(0, 5).join(', ')}`);
  if (unknown.length > 0)
    throw new DecodeError(`${place}: its header has an unknown ${JSON.stringify(unknown[0]?.slice(0, 40))}`);
  if (header.some((column, index) => column !== columns[index]))
    throw new DecodeError(`${place}: its header's columns are in another order`);
}
