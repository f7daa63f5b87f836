import { stringify } from 'csv-stringify/sync';

/** What a CSV field is made of. Null is the empty field. */
export type Cell = string | number | null;

const ROWS_PER_CHUNK = 500;

/** Of all fields of a record together; more comes of a quote that is never closed. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
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
  return rows.some(hasToQuote) ? stringify(rows as Cell[][]) : rows.map(plainLine).join('');
}

/** The same of one row. For one without a cell to quote, as most of gold's are, csv-stringify takes six times as long. */
export function csvLine(row: readonly Cell[]): string {
  return hasToQuote(row) ? stringify([row as Cell[]]) : plainLine(row);
}

/** Without any of these there is nothing to quote (RFC 4180, section 2, rules 5 to 7). */
const QUOTED = /[",\n\r]/;

function hasToQuote(row: readonly Cell[]): boolean {
  return row.some((cell) => typeof cell === 'string' && QUOTED.test(cell));
}

function plainLine(row: readonly Cell[]): string {
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
