import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseLines } from '../../src/csv/lines.js';
import { csvRecords } from '../../src/csv/records.js';
import { csvText, MAX_RECORD_BYTES } from '../../src/csv.js';
import { DecodeError } from '../../src/errors.js';

const COLUMNS = ['a', 'b', 'c'];

/** Fields by record, then the error if there is one: what a reader makes of a text. */
interface Reading {
  fields: string[][];
  error?: string;
}

function read(bytes: Uint8Array, firstLine = 2, columns = COLUMNS.length): Reading {
  const fields: string[][] = [];
  try {
    for (const each of parseLines(bytes, { columns, place: 'f.csv', firstLine })) fields.push([...each]);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { fields, error: error.message };
  }
  return { fields };
}

/** What csv-parse makes of the same lines after a header. */
async function readByCsvParse(bytes: Uint8Array): Promise<Reading> {
  async function* file(): AsyncGenerator<Buffer> {
    yield Buffer.concat([Buffer.from(`${COLUMNS.join(',')}\n`), bytes]);
  }
  const records: string[][] = [];
  try {
    for await (const { fields } of csvRecords(file(), COLUMNS, 'f.csv')) records.push(fields);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { fields: [], error: error.message };
  }
  return { fields: records };
}

const character = fc.constantFrom(...'",\n\r \t\0xé😀\ufeff\u00a0');
const anyText = fc.string({ unit: character, maxLength: 24 });
const wellFormed = fc
  .array(fc.tuple(anyText, anyText, anyText), { minLength: 1, maxLength: 5 })
  .map((rows) => rows.map((row) => row.map((field) => field.replaceAll('\n', ' '))))
  .map(csvText);
const mangled = fc
  .tuple(wellFormed, fc.nat(), fc.nat(2), fc.string({ unit: character, maxLength: 2 }))
  .map(([text, at, removed, added]) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + added + text.slice(index + removed);
  });
const bytesOf = fc
  .oneof(
    { weight: 2, arbitrary: wellFormed.map((text) => Buffer.from(text)) },
    { weight: 4, arbitrary: mangled.map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: anyText.map((text) => Buffer.from(text)) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom(0x22, 0x2c, 0x0a, 0x41, 0xc3, 0xa9, 0xf0, 0x9f, 0xff), { maxLength: 24 })
        .map((bytes) => Buffer.from(bytes)),
    },
  )
  .filter((bytes) => bytes.length > 0);

/** The bytes of the lines before one, and up to its end. */
function upTo(bytes: Buffer, line: number): [before: Buffer, upToIt: Buffer] {
  let start = 0;
  for (let each = 2; each < line; each++) start = bytes.indexOf('\n', start) + 1;
  const end = bytes.indexOf('\n', start);
  return [bytes.subarray(0, start), bytes.subarray(0, end < 0 ? bytes.length : end + 1)];
}

/** What an error says; csv-parse counts carriage returns as lines, and gives a line in quotes another number. */
function kindOf(error: string | undefined, bytes: Buffer): string | undefined {
  return bytes.includes('\r') || error?.includes('Quote Not Closed') ? error?.slice(0, 16) : error;
}

t.test('lines are read as csv-parse reads them, and the first that it refuses is refused', async (t) => {
  const seen = { accepted: 0, width: 0, quote: 0, goesOn: 0 };
  await fc.assert(
    fc.asyncProperty(bytesOf, async (bytes) => {
      const ours = read(bytes);
      const { error } = ours;
      if (error === undefined) {
        seen.accepted++;
        assert.deepEqual(ours, await readByCsvParse(bytes));
        return;
      }
      seen[error.includes('Not Closed') ? 'goesOn' : error.includes('Quote') ? 'quote' : 'width']++;
      const [before, upToError] = upTo(bytes, Number(/\bline (\d+)/.exec(error)?.[1]));
      assert.deepEqual({ fields: ours.fields }, await readByCsvParse(before));
      assert.equal(kindOf(error, bytes), kindOf((await readByCsvParse(upToError)).error, bytes));
    }),
    { numRuns: 1500 },
  );
  for (const [kind, count] of Object.entries(seen)) t.ok(count > 50, `${count} of ${kind}`);
});

t.test('wherever lines are cut into pieces, they are the same lines, or the same error', async () => {
  fc.assert(
    fc.property(bytesOf, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (bytes, cuts) => {
      const pieces: Reading[] = [];
      let start = 0;
      let firstLine = 2;
      let line = 2;
      for (const [index, byte] of bytes.entries()) {
        const isEnd = index === bytes.length - 1;
        if (byte === 0x0a) line++;
        if (isEnd || (byte === 0x0a && cuts[line % cuts.length])) {
          if (pieces.at(-1)?.error === undefined)
            pieces.push(read(bytes.subarray(start, index + 1), firstLine));
          start = index + 1;
          firstLine = line;
        }
      }
      const together: Reading = { fields: pieces.flatMap(({ fields }) => fields) };
      const error = pieces.at(-1)?.error;
      if (error !== undefined) together.error = error;
      const whole = read(bytes);
      assert.deepEqual(together, whole);
    }),
    { numRuns: 1500 },
  );
});

t.test('a line that is not a record is refused by its number, after those before it', async (t) => {
  const cases: [string, Reading][] = [
    ['1,2\n3\n', { fields: [['1', '2']], error: 'f.csv: line 8 has 1 fields, not 2' }],
    ['1,2\n\n', { fields: [['1', '2']], error: 'f.csv: line 8 has 1 fields, not 2' }],
    ['\n', { fields: [], error: 'f.csv: line 7 has 1 fields, not 2' }],
    ['1,2\n3,4,5', { fields: [['1', '2']], error: 'f.csv: line 8 has 3 fields, not 2' }],
    [
      '1,"2"\n3,"4\n5"\n',
      { fields: [['1', '2']], error: 'f.csv: Quote Not Closed: line 8 ends in a quoted field' },
    ],
    ['1,"2\n', { fields: [], error: 'f.csv: Quote Not Closed: line 7 ends in a quoted field' }],
    ['1,"2', { fields: [], error: 'f.csv: Quote Not Closed: line 7 ends in a quoted field' }],
  ];
  for (const [text, expected] of cases)
    t.strictSame(read(Buffer.from(text), 7, 2), expected, JSON.stringify(text));
  for (const text of ['1,2\n3,"4" \n', '1,2\n"3" ,4\n', '1,2\n3,"4"x\n'])
    t.match(read(Buffer.from(text), 7, 2).error, /^f\.csv: Invalid Closing Quote: .* at line 8 /, text);
  for (const text of ['1,2\n3,4"\n', '1,2\n3 "4",5\n', '1,2\n3,4"5"6\n'])
    t.match(read(Buffer.from(text), 7, 2).error, /^f\.csv: Invalid Opening Quote: .* at line 8,/, text);
});

t.test('a record is as large as it may be, and no larger', async (t) => {
  const record = (size: number) =>
    Buffer.from(
      csvText([
        ['1', 'x'],
        ['x'.repeat(size), '2'],
      ]),
    );
  const { fields } = read(record(MAX_RECORD_BYTES - 1), 2, 2);
  t.strictSame(
    fields[1]?.map(({ length }) => length),
    [MAX_RECORD_BYTES - 1, 1],
  );
  const { error } = read(record(MAX_RECORD_BYTES + 2), 2, 2);
  t.match(error, /^f\.csv: Max Record Size: .* of 4194304 at line 3$/);
});
