import assert from 'node:assert/strict';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import t from 'tap';
import { csvRecords } from '../src/csv/records.js';
import { type Cell, csvChunks, csvText, escapeFormula } from '../src/csv.js';
import { DecodeError } from '../src/errors.js';

async function* arriving<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

/** A file that arrives in pieces of so many bytes. */
async function* inPieces(text: string | Buffer, size = 65_536): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function written(columns: readonly string[], rows: Iterable<readonly Cell[]>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of csvChunks(columns, arriving(rows))) chunks.push(chunk);
  return chunks;
}

/** Records with their line, as "2: x|y"; the last entry is the error, if there is one. */
async function read(
  chunks: AsyncIterable<Buffer> | string,
  columns: readonly string[] = ['a', 'b'],
): Promise<string[]> {
  const records: string[] = [];
  try {
    const bytes = typeof chunks === 'string' ? inPieces(chunks) : chunks;
    for await (const { fields, line } of csvRecords(bytes, columns, 'f.csv'))
      records.push(`${line}: ${fields.join('|')}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    records.push(error.message);
  }
  return records;
}

t.test('fields are quoted as RFC 4180 says, and only where it asks for it', async (t) => {
  const fields: [Cell, string][] = [
    ['plain', 'plain'],
    ['two words', 'two words'],
    [' spaces ', ' spaces '],
    ['a,b', '"a,b"'],
    [',', '","'],
    ['a"b', '"a""b"'],
    ['"', '""""'],
    ['""', '""""""'],
    ['"a"', '"""a"""'],
    ['a\nb', '"a\nb"'],
    ['a\rb', '"a\rb"'],
    ['a\r\nb', '"a\r\nb"'],
    ['a;b\tc|d', 'a;b\tc|d'],
    ["it's", "it's"],
    ['=1+1', '=1+1'],
    ['#x', '#x'],
    ['é😀～', 'é😀～'],
    ['back\\slash', 'back\\slash'],
    ['\\"', '"\\"""'],
    ['N/A', 'N/A'],
    ['null', 'null'],
    [0, '0'],
    [-1, '-1'],
    [28767189, '28767189'],
    [999999999999999, '999999999999999'],
    ['9.30', '9.30'],
    ['007', '007'],
    [null, ''],
    ['', ''],
  ];
  for (const [field, text] of fields)
    t.equal(csvText([['x', field, 'y']]), `x,${text},y\n`, JSON.stringify(field));
});

t.test('rows are written as csv-stringify writes them, also those that it is not asked for', async () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'",\n\r \t;|\\=#x1é😀\ufeff\u00a0\u2028'), maxLength: 6 }),
    fc.constantFrom(null, 0, -0, 1.5, 1e21, 999_999_999_999_999),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      (rows) => assert.equal(csvText(rows), stringify(rows)),
    ),
    { numRuns: 1500 },
  );
});

t.test('null is the empty field', async (t) => {
  t.equal(csvText([[null, null, null]]), ',,\n');
  t.equal(csvText([[null, 'x', null, '']]), ',x,,\n');
  t.strictSame(await read('a,b\n,\n"",""\n'), ['2: |', '3: |'], 'and it is read as the empty text');
});

t.test('rows end in a line feed, the last one too', async (t) => {
  t.equal(
    csvText([
      ['a', 'b'],
      [1, null],
    ]),
    'a,b\n1,\n',
  );
  t.equal(csvText([]), '');
});

t.test('the pieces of a file are the file', async (t) => {
  const columns = ['number', 'text'];
  for (const count of [0, 1, 2, 498, 499, 500, 501, 999, 1000, 1001, 2500]) {
    const rows = Array.from({ length: count }, (_, index): Cell[] => [
      index,
      index % 3 ? `row "${index}",\n` : null,
    ]);
    const chunks = await written(columns, rows);
    t.equal(chunks.join(''), csvText([columns, ...rows]), `${count} rows`);
    t.ok(chunks.length <= 1 + Math.ceil(count / 100), 'rows are gathered, not sent one by one');
  }
  t.strictSame(await written(['a', 'b'], []), ['a,b\n'], 'without rows it is the header');
});

t.test('a file is not held in memory: its beginning is there before its end', async (t) => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Cell[]> {
    for (;;) yield [taken++];
  }
  const chunks = csvChunks(['a'], endless());
  const first = await chunks.next();
  t.match(first.value, /^a\n0\n1\n/);
  t.ok(taken < 10_000, `${taken} rows were taken for the first piece`);
  await chunks.return(undefined);
});

t.test('an error of the rows comes through', async (t) => {
  const boom = new Error('boom');
  async function* failing(): AsyncGenerator<Cell[]> {
    yield [1];
    throw boom;
  }
  const chunks = csvChunks(['a'], failing());
  t.equal(await chunks.next().catch((error: unknown) => error), boom);
});

t.test('what is written is what is read, whatever the pieces', async (t) => {
  const columns = ['a', 'b', 'c'];
  const rows = [
    ['plain', '', 'é😀～'],
    ['a,b', 'say "hi"', 'line\nbreak'],
    ['"', ',', '\r\n'],
    [' ', '\t', "'"],
    ['\u202eעברית', '=HYPERLINK("x","y")', '\\'],
    ['x'.repeat(200), 'null', '0'],
  ];
  const text = csvText([columns, ...rows]);
  for (const size of [1, 2, 3, 7, 64, 100_000]) {
    const records: string[][] = [];
    for await (const { fields } of csvRecords(inPieces(text, size), columns, 'f.csv')) records.push(fields);
    t.strictSame(records, rows, `in pieces of ${size} bytes`);
  }
});

t.test('the records of a large file come in order, each with its place', async (t) => {
  const count = 20_000;
  const path = join(t.testdir(), 'large.csv');
  writeFileSync(
    path,
    csvText([['a', 'b'], ...Array.from({ length: count }, (_, index) => [index, `"${index}"`])]),
  );
  let expected = 0;
  let wrong = 0;
  for await (const { fields, line } of csvRecords(createReadStream(path), ['a', 'b'], 'f.csv')) {
    if (fields[0] !== String(expected) || fields[1] !== `"${expected}"` || line !== expected + 2) wrong++;
    expected++;
  }
  t.strictSame({ read: expected, wrong }, { read: count, wrong: 0 });
});

t.test('a file in any of the usual forms is read', async (t) => {
  const forms: [string, string][] = [
    ['plain', 'a,b\n1,2\n'],
    ['no final line break', 'a,b\n1,2'],
    ['CRLF', 'a,b\r\n1,2\r\n'],
    ['CRLF and no final line break', 'a,b\r\n1,2'],
    ['quoted throughout', '"a","b"\n"1","2"\n'],
    ['byte order mark', '\ufeffa,b\n1,2\n'],
    ['byte order mark and quotes', '\ufeff"a","b"\r\n1,2\r\n'],
  ];
  for (const [form, text] of forms)
    for (const size of [1, 2, 65_536])
      t.strictSame(await read(inPieces(text, size)), ['2: 1|2'], `${form}, in pieces of ${size}`);
});

t.test('a header without records is a file without records', async (t) => {
  for (const text of ['a,b', 'a,b\n', '\ufeffa,b\r\n', '"a","b"\n']) t.strictSame(await read(text), []);
});

t.test('an empty file is refused', async (t) => {
  for (const text of ['', '\ufeff'])
    t.strictSame(await read(text), ['f.csv is empty: not even a header'], JSON.stringify(text));
  t.strictSame(await read('\n'), ['f.csv: its header lacks a, b']);
});

t.test('a header that is another one is refused, with what is wrong with it', async (t) => {
  const headers: [string, string][] = [
    ['a', 'f.csv: its header lacks b'],
    ['x', 'f.csv: its header lacks a, b'],
    ['1,2', 'f.csv: its header lacks a, b'],
    ['A,B', 'f.csv: its header lacks a, b'],
    ['a, b', 'f.csv: its header lacks b'],
    ['a;b', 'f.csv: its header lacks a, b'],
    ['a,b,c', 'f.csv: its header has an unknown "c"'],
    ['a,,b', 'f.csv: its header has an unknown ""'],
    ['a,b,', 'f.csv: its header has an unknown ""'],
    [`a,b,${'c'.repeat(100)}`, `f.csv: its header has an unknown "${'c'.repeat(40)}"`],
    ['b,a', "f.csv: its header's columns are in another order"],
    ['a,b,b', "f.csv: its header's columns are in another order"],
  ];
  for (const [header, message] of headers)
    t.strictSame(await read(`${header}\n1,2\n`), [message], `header ${header.slice(0, 10)}`);
  t.strictSame(
    await read('x\n', ['a', 'b', 'c', 'd', 'e', 'f', 'g']),
    ['f.csv: its header lacks a, b, c, d, e'],
    'of many columns the first five are named',
  );
});

t.test('a record that is not of the width of the header is refused, after those before it', async (t) => {
  t.strictSame(await read('a,b\n1,2\n3\n4,5\n'), ['2: 1|2', 'f.csv: line 3 has 1 fields, not 2']);
  t.strictSame(await read('a,b\n1,2\n3,4,5\n'), ['2: 1|2', 'f.csv: line 3 has 3 fields, not 2']);
  t.strictSame(await read('a,b\n1,2\n\n'), ['2: 1|2', 'f.csv: line 3 has 1 fields, not 2'], 'an empty line');
  t.strictSame(
    await read('a,b\n1,2\n3'),
    ['2: 1|2', 'f.csv: line 3 has 1 fields, not 2'],
    'a file that is cut off',
  );
});

t.test('quotes that do not fit are refused', async (t) => {
  const [unclosed] = await read('a,b\n"1,2\n3,4\n');
  t.match(unclosed, /^f\.csv: Quote Not Closed: /);
  t.match((await read('a,b\n1,"2"x\n'))[0], /^f\.csv: Invalid Closing Quote: .* at line 2 /);
  t.match((await read('a,b\n1,2"x\n'))[0], /^f\.csv: Invalid Opening Quote: .* at line 2,/);
  t.match((await read('"a,b\n1,2\n'))[0], /^f\.csv: Quote Not Closed: /, 'in the header');
});

t.test('a file that is none is an error of ours', async (t) => {
  for (const text of ['', 'x\n', 'a,b\n1\n', 'a,b\n"1\n']) {
    const records = csvRecords(inPieces(text), ['a', 'b'], 'f.csv');
    const error = await records.next().catch((thrown: unknown) => thrown);
    t.ok(error instanceof DecodeError, JSON.stringify(text));
  }
});

t.test('an error of the source comes through as it is', async (t) => {
  const boom = new Error('connection reset');
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('a,b\n1,2\n');
    throw boom;
  }
  const thrown = await read(failing()).catch((error: unknown) => error);
  t.equal(thrown, boom);
  const atOnce = new Readable({ read: (): void => void atOnce.destroy(boom) });
  t.equal(await read(atOnce).catch((error: unknown) => error), boom, 'before the first byte too');
  const missing = createReadStream(join(t.testdir(), 'missing.csv'));
  t.match(await read(missing).catch((error: unknown) => error), { code: 'ENOENT' });
});

t.test('a reader that leaves early closes the source', async (t) => {
  const path = join(t.testdir(), 'large.csv');
  writeFileSync(path, `a,b\n${'1,2\n'.repeat(200_000)}`);
  const source = createReadStream(path);
  const closed = new Promise((resolve) => source.once('close', () => resolve('closed')));
  for await (const { fields } of csvRecords(source, ['a', 'b'], 'f.csv')) {
    t.strictSame(fields, ['1', '2']);
    break;
  }
  t.equal(await closed, 'closed');
  t.ok(source.bytesRead < 800_000, 'and does not read it to its end');
});

t.test('a file that is refused is closed too', async (t) => {
  const path = join(t.testdir(), 'other.csv');
  writeFileSync(path, `x,y\n${'1,2\n'.repeat(200_000)}`);
  const source = createReadStream(path);
  const closed = new Promise((resolve) => source.once('close', () => resolve('closed')));
  t.strictSame(await read(source), ['f.csv: its header lacks a, b']);
  t.equal(await closed, 'closed');
});

t.test('a quote that is never closed is refused before all that follows is kept', async (t) => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('a,b\n1,"2');
    const piece = Buffer.from('3,4\n'.repeat(16_384));
    for (; given < 32_000_000; given += piece.length) yield piece;
  }
  t.match((await read(endless()))[0], /^f\.csv: Max Record Size: .* of 4194304 at line /);
  t.ok(given < 16_000_000, `${given} bytes were asked for`);
});

t.test('a line that does not end is refused, also one of empty fields', async (t) => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('a,b\n1,2\n');
    const piece = Buffer.alloc(65_536, ',');
    for (; given < 32_000_000; given += piece.length) yield piece;
  }
  t.strictSame(await read(endless()), ['f.csv has a line of more than 8454144 bytes']);
  t.ok(given < 16_000_000, `${given} bytes were asked for`);
});

t.test('the largest record is read', async (t) => {
  const most = 4 * 1024 * 1024;
  const fits = ['"'.repeat(most / 2), 'é'.repeat(most / 4)];
  const records: string[][] = [];
  for await (const { fields } of csvRecords(inPieces(csvText([['a', 'b'], fits])), ['a', 'b'], 'f.csv'))
    records.push(fields);
  t.ok(records[0]?.[0] === fits[0] && records[0]?.[1] === fits[1]);
});

t.test(
  'a text that begins like a formula gets an apostrophe, and so does one that looks escaped',
  async (t) => {
    const escaped: [Cell, Cell][] = [
      ['=HYPERLINK("http://x","y")', `'=HYPERLINK("http://x","y")`],
      ['-30-', "'-30-"],
      ['+1', "'+1"],
      ['@x', "'@x"],
      ['\tx', "'\tx"],
      ['\rx', "'\rx"],
      ['\u0000=x', "'\u0000=x"],
      ['＝1', "'＝1"],
      ["'=1", "''=1"],
      ["''-1", "'''-1"],
      ["'", "'"],
      ["'Til", "'Til"],
      ["''", "''"],
      ['a=1', 'a=1'],
      [' =1', ' =1'],
      ['', ''],
      [null, null],
      [-3, -3],
      [0, 0],
    ];
    for (const [cell, expected] of escaped) t.equal(escapeFormula(cell), expected, JSON.stringify(cell));
  },
);
