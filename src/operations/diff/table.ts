import { Readable } from 'node:stream';
import { csvLines } from '../../csv/records.js';
import { decodeJson, RawObject } from '../../records/decode.js';

/** The rows of a file as texts, to be compared with those of another version of it. */
export interface Table {
  columns: readonly string[];
  /** In the order of the file. */
  rows: readonly Readonly<Record<string, string>>[];
}

/** @throws DecodeError when it is no CSV; fields beyond the header are left out */
export async function csvTable(bytes: Buffer, place: string): Promise<Table> {
  let columns: string[] = [];
  const rows: Record<string, string>[] = [];
  for await (const { fields, line } of csvLines(Readable.from([bytes], { objectMode: false }), place)) {
    if (line === 1) columns = fields;
    else rows.push(Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? ''])));
  }
  return { columns, rows };
}

/** The same of one JSON object per line. @throws DecodeError when it is something else */
export function ndjsonTable(bytes: Buffer, place: string): Table {
  const rows = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => decodeJson(RawObject, line, place))
    .map((entry) => Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, textOf(value)])));
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
