import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { MAX_RECORD_BYTES } from '../csv.js';
import { DecodeError } from '../errors.js';

/** With quotes doubled, and with quotes and commas around; a longer line is no record either. */
const MAX_LINE_BYTES = 2 * MAX_RECORD_BYTES + 65_536;

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
