import { CsvError, parse } from 'csv-parse/sync';
import Papa from 'papaparse';
import { MAX_RECORD_BYTES } from '../csv.js';
import { DecodeError } from '../errors.js';

/** What lines have to be, and what errors say of them. */
export interface LinesOptions {
  /** The fields that each line has. */
  columns: number;
  /** The file. */
  place: string;
  /** The number of the first line in its file, counted from 1. */
  firstLine: number;
}

/**
 * The fields of each line of whole lines that end in `\n`, where a record is one line. Papa Parse reads them, four
 * times as fast as csv-parse; but it takes quotes that RFC 4180 does not. So lines with any other quote than RFC 4180
 * asks for, or of another width, are given to csv-parse, whose fields or whose error they come to. The fields are cut
 * out of the text of all lines and keep it in memory.
 * @param bytes in UTF-8; the last line may lack its line feed
 * @throws DecodeError, when the turn of its line has come
 */
export function parseLines(bytes: Uint8Array, options: LinesOptions): Iterable<string[]> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = file.toString('utf8', 0, file.at(-1) === LINE_FEED ? file.length - 1 : file.length);
  if (file.length <= MAX_RECORD_BYTES && isPlain(text)) {
    const { data } = Papa.parse<string[]>(text, { delimiter: ',', newline: '\n' });
    if (data.every((fields) => fields.length === options.columns)) return data;
  }
  return parseOneByOne(file, options);
}

/** Whether Papa Parse reads the text as csv-parse does. It finds no line in the empty text, and skips byte order marks. */
function isPlain(text: string): boolean {
  return text !== '' && !text.startsWith(BYTE_ORDER_MARK) && areQuotesPlain(text);
}

/** Whether each quote opens a field, closes it in the same line, or is one of two within it. */
function areQuotesPlain(text: string): boolean {
  let lineEnd = -1;
  let open = text.indexOf('"');
  while (open >= 0) {
    let close = text.indexOf('"', open + 1);
    while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
    if (close < 0 || !isBoundary(text, open - 1) || !isBoundary(text, close + 1)) return false;
    if (lineEnd < open) lineEnd = text.indexOf('\n', open);
    if (lineEnd < 0) lineEnd = text.length;
    if (lineEnd < close) return false;
    open = text.indexOf('"', close + 1);
  }
  return true;
}

function isBoundary(text: string, index: number): boolean {
  if (index < 0 || index === text.length) return true;
  const unit = text.charCodeAt(index);
  return unit === COMMA || unit === LINE_FEED;
}

function* parseOneByOne(file: Buffer, { columns, place, firstLine }: LinesOptions): Generator<string[]> {
  let line = firstLine;
  for (let start = 0; start < file.length; line++) {
    const end = file.indexOf(LINE_FEED, start) + 1 || file.length;
    const fields = parseLine(file.subarray(start, end), line, place);
    if (fields.length !== columns)
      throw new DecodeError(`${place}: line ${line} has ${fields.length} fields, not ${columns}`);
    yield fields;
    start = end;
  }
}

function parseLine(bytes: Buffer, line: number, place: string): string[] {
  const options = { record_delimiter: '\n', relax_column_count: true, max_record_size: MAX_RECORD_BYTES };
  try {
    return parse(bytes, options)[0] ?? [];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED')
      throw new DecodeError(`${place}: Quote Not Closed: line ${line} ends in a quoted field`);
    throw new DecodeError(`${place}: ${error.message.replace(`at line ${error.lines}`, `at line ${line}`)}`);
  }
}

const BYTE_ORDER_MARK = '\ufeff';
const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
