import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { csvText } from '../../src/csv.js';
import { DecodeError } from '../../src/errors.js';
import { checkOrder, parseSilverPiece, type RowPlace, silverPieces } from '../../src/records/silver-file.js';
import {
  parseSilverFields,
  type SilverColumn,
  type SilverRow,
  silverColumns,
  silverFields,
} from '../../src/records/silver-row.js';

const KEY = 'movies/dt=2026-11-23/movies.csv';
const blank = parseSilverFields(
  silverColumns.map(
    (column) => ({ imdb_id: 'tt0000001', rank: '1', enriched: 'true' })[column as string] ?? '',
  ),
  'blank',
);

function movie(rank: number, changes: Partial<SilverRow> = {}): SilverRow {
  const imdb_id = `tt${String(rank).padStart(7, '0')}`;
  return { ...blank, imdb_id, rank, title: `Movie, the ${rank}.`, plot: 'é"'.repeat(60), ...changes };
}

const textOf = (rows: readonly SilverRow[]) => csvText([silverColumns, ...rows.map(silverFields)]);

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The rows of a file piece by piece, each by itself as a thread reads it, and the error if there is one. */
async function read(file: string | Buffer, size = 65_536) {
  const rows: SilverRow[] = [];
  const lines: number[] = [];
  let pieces = 0;
  let last: RowPlace | undefined;
  try {
    for await (const piece of silverPieces(inChunks(Buffer.from(file), size), KEY)) {
      const summary = parseSilverPiece(piece, KEY, (row, line) => {
        rows.push(row);
        lines.push(line);
      });
      checkOrder(last, summary.first, KEY);
      last = summary.last;
      pieces++;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { rows, lines, pieces, error: error.message };
  }
  return { rows, lines, pieces, error: 'none' };
}

const many = Array.from({ length: 4000 }, (_, index) => movie(index + 1));

t.test('the rows of all pieces are the rows of the file, each with its line', async (t) => {
  const { rows, lines, pieces, error } = await read(textOf(many));
  t.equal(error, 'none');
  assert.deepEqual(rows, many);
  assert.deepEqual(
    lines,
    many.map((_, index) => index + 2),
  );
  t.ok(pieces > 2, `${pieces} pieces`);
});

t.test('a file in any of the usual forms is read', async (t) => {
  const text = textOf([movie(1), movie(2, { title: 'a\rb' })]);
  const quoted = `${silverColumns.map((column) => `"${column}"`).join(',')}${text.slice(text.indexOf('\n'))}`;
  const forms: [string, Buffer][] = [
    ['plain', Buffer.from(text)],
    ['no final line break', Buffer.from(text.slice(0, -1))],
    ['CRLF', Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['CR', Buffer.from(text.replaceAll('\n', '\r'))],
    ['byte order mark', Buffer.from(`\ufeff${text}`)],
    ['byte order mark and CRLF', Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`)],
    ['UTF-16 with its byte order mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['a quoted header', Buffer.from(quoted)],
  ];
  for (const [form, file] of forms)
    for (const size of [1, 7, 65_536]) {
      const { rows, lines, error } = await read(file, size);
      t.strictSame(
        [rows.map(({ rank }) => rank), lines, error],
        [[1, 2], [2, 3], 'none'],
        `${form} by ${size}`,
      );
      t.equal(rows[1]?.title, 'a\rb');
      t.equal(rows[1]?.plot, 'é"'.repeat(60));
    }
  t.strictSame((await read(textOf([]))).rows, [], 'a header alone');
  t.strictSame((await read(textOf([]).trimEnd())).error, 'none', 'a header without a line feed');
});

t.test('what is no silver file is refused before any row', async (t) => {
  const text = textOf([movie(1)]);
  const files: [string, string][] = [
    ['', `${KEY} is empty: not even a header`],
    ['\ufeff', `${KEY} is empty: not even a header`],
    ['\n', `${KEY}: its header lacks imdb_id, rank, title, year, rated`],
    [text.replace(',enriched\n', '\n'), `${KEY}: its header lacks enriched`],
    [text.replace(',enriched\n', ',enriched,more\n'), `${KEY}: its header has an unknown "more"`],
    [text.replace('imdb_id,rank', 'rank,imdb_id'), `${KEY}: its header's columns are in another order`],
  ];
  for (const [file, error] of files)
    t.strictSame(await read(file, 3), { rows: [], lines: [], pieces: 0, error }, error);
});

t.test('a line that is no row is refused by file, line and column, in whichever piece it is', async (t) => {
  const lines = textOf(many).split('\n');
  const changed = (line: number, change: (text: string) => string) =>
    lines.map((text, index) => (index === line - 1 ? change(text) : text)).join('\n');
  for (const line of [2, 1500, 4001]) {
    const rank = line - 1;
    const refused: [(text: string) => string, string][] = [
      [(text) => text.replace(`,${rank},`, ',x,'), `${KEY} line ${line}: rank cannot be "x"`],
      [(text) => text.slice(0, -4), `${KEY} line ${line}: enriched cannot be ""`],
      [(text) => `${text}\r`, `${KEY} line ${line}: enriched cannot be "true\\r"`],
      [(text) => `${text},`, `${KEY}: line ${line} has 27 fields, not 26`],
      [() => '', `${KEY}: line ${line} has 1 fields, not 26`],
      [
        (text) => text.replace('Movie, ', 'Movie,\n'),
        `${KEY}: Quote Not Closed: line ${line} ends in a quoted field`,
      ],
    ];
    for (const [change, error] of refused) t.equal((await read(changed(line, change))).error, error);
  }
});

t.test('a line break in quotes is refused in a file of another form too', async (t) => {
  const text = textOf([movie(1), movie(2, { plot: 'one\ntwo' })]);
  const error = `${KEY}: Quote Not Closed: line 3 ends in a quoted field`;
  for (const file of [text, `\ufeff${text}`]) t.equal((await read(file)).error, error);
});

t.test('rows are in order within a piece and from one piece to the next', async (t) => {
  const { pieces } = await read(textOf(many));
  for (const at of [0, 1, 1500, 3998]) {
    const rows = many.with(at, many[at + 1] as SilverRow).with(at + 1, many[at] as SilverRow);
    const { error } = await read(textOf(rows));
    t.equal(error, `${KEY} line ${at + 3}: rank ${at + 1} after rank ${at + 2} is out of order`);
  }
  const firstLines: number[] = [];
  for await (const { firstLine } of silverPieces(inChunks(Buffer.from(textOf(many)), 65_536), KEY))
    firstLines.push(firstLine);
  t.equal(firstLines.length, pieces);
  for (const line of firstLines.slice(1)) {
    const before = many[line - 3] as SilverRow;
    const { error } = await read(textOf(many.with(line - 2, before)));
    t.equal(error, `${KEY} line ${line}: rank ${before.rank} after rank ${before.rank} is out of order`);
  }
});

t.test('a line that does not end is refused before all of it is kept', async (t) => {
  let given = 0;
  let isClosed = false;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      yield Buffer.from(textOf([movie(1)]));
      const piece = Buffer.alloc(65_536, ',');
      for (; given < 32_000_000; given += piece.length) yield piece;
    } finally {
      isClosed = true;
    }
  }
  const outcome = await silverPieces(endless(), KEY)
    .next()
    .catch((error: unknown) => error);
  t.match(outcome, { message: `${KEY} has a line of more than 8454144 bytes` });
  t.ok(given < 16_000_000, `${given} bytes were asked for`);
  t.ok(isClosed, 'and the source is closed');
});

t.test('a reader that leaves early closes the source', async (t) => {
  for (const start of ['', '\ufeff']) {
    let given = 0;
    let isClosed = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        yield Buffer.from(start + textOf([]));
        for (; ; given++) yield Buffer.from(textOf([movie(given + 1)]).slice(textOf([]).length));
      } finally {
        isClosed = true;
      }
    }
    for await (const { firstLine } of silverPieces(endless(), KEY)) {
      t.equal(firstLine, 2);
      break;
    }
    t.ok(isClosed);
    t.ok(given < 10_000, `${given} rows were asked for`);
  }
});

/** What silver's columns have always been. */
const shapes: [SilverColumn, RegExp][] = [
  ['imdb_id', /^tt\d{7,10}$/],
  ['rank', /^\d{1,15}$/],
  ['year', /^(\d{1,15})?$/],
  ['released', /^(\d{4}-\d{2}-\d{2})?$/],
  ['imdb_rating', /^(\d{1,9}(\.\d{1,6})?)?$/],
  ['enriched', /^(true|false)$/],
];

t.test(
  'a field is accepted exactly when its column has its shape, and is written as it was read',
  async () => {
    const fields = silverFields(movie(1));
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 17 });
    const field = fc.oneof(
      digits,
      digits.map((text) => `tt${text}`),
      fc.tuple(digits, digits).map(([whole, part]) => `${whole.slice(0, 10)}.${part.slice(0, 7)}`),
      fc.string({ unit: fc.constantFrom(...'0129-+.et /:\n\r٣²x'), maxLength: 12 }),
      fc.constantFrom(
        '2026-11-23',
        '2026-11-23\n',
        '9'.repeat(15),
        '9'.repeat(16),
        '0x1',
        '1e3',
        '-0',
        ' 1',
        '1 ',
        'true',
        'True',
      ),
    );
    fc.assert(
      fc.property(field, fc.constantFrom(...shapes), (text, [column, shape]) => {
        const index = silverColumns.indexOf(column);
        const parse = () => parseSilverFields(fields.with(index, text), 'f.csv line 2');
        if (!shape.test(text)) return assert.throws(parse, DecodeError);
        const value = parse()[column];
        if (typeof value === 'number') assert.equal(value, Number(text));
        else assert.equal(value === null ? '' : String(value), text);
      }),
      { numRuns: 1500 },
    );
  },
);

t.test('lists that come again are the lists that they were, however many there are', async () => {
  const fields = silverFields(movie(1));
  const genres = silverColumns.indexOf('genres');
  for (let round = 0; round < 2; round++)
    for (let number = 0; number < 6000; number++) {
      const entries = [`Genre ${number}`, 'é'.repeat(number % 120), 'Drama'];
      const row = parseSilverFields(fields.with(genres, entries.join('|')), 'f.csv line 2');
      assert.deepEqual(row.genres, entries);
    }
});
