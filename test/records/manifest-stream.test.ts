import t from 'tap';
import { DecodeError } from '../../src/errors.js';
import { encodeJson } from '../../src/records/decode.js';
import type { Manifest } from '../../src/records/manifest.js';
import { manifestMovies } from '../../src/records/manifest-stream.js';

const PLACE = 'manifest m';

function manifestOf(count: number): Manifest {
  const movies = Array.from({ length: count }, (_, index) => ({
    id: `tt${1_000_000 + index}`,
    rank: String(index + 1),
    title: `Am\u00e9lie "${index}" \\ [{ \u{1f3ac}, "movies":[`,
    year: 2000,
    crew: null,
  }));
  return {
    version: 1,
    runId: '20261123T030000Z',
    date: '2026-11-23',
    topN: 250,
    batchSize: 2,
    batches: Math.ceil(count / 2),
    movies,
    source: 'http://list/?"movies":[{}],\\',
    createdAt: '2026-11-23T03:00:00.000Z',
  };
}

async function* cut(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Buffer, size = 7) {
  const movies: unknown[] = [];
  const reader = manifestMovies(cut(text, size), PLACE);
  for (;;) {
    const { done, value } = await reader.next();
    if (done) return { movies, head: value };
    movies.push(value);
  }
}

t.test('a manifest is the same in pieces of any size', async (t) => {
  const manifest = manifestOf(5);
  const text = encodeJson(manifest);
  const { movies, ...head } = manifest;
  for (const size of [1, 2, 3, 5, 64, 100, 101, 1_000_000]) {
    t.strictSame(await read(text, size), { movies, head: { ...head, movies: [] } }, `${size}`);
  }
});

t.test('the order of its fields, spaces and fields that nobody knows do not matter', async (t) => {
  const { movies, ...rest } = manifestOf(3);
  const expected = { movies, head: { ...rest, movies: [] } };
  const texts = {
    'movies first': JSON.stringify({ movies, ...rest }),
    'movies last': JSON.stringify({ ...rest, movies }),
    backwards: JSON.stringify(Object.fromEntries(Object.entries({ ...rest, movies }).reverse())),
    spread: JSON.stringify({ ...rest, movies }, null, 4),
    'with a mark of its byte order': `\ufeff${JSON.stringify({ movies, ...rest })}`,
    'with other fields': JSON.stringify({
      other: { movies: [1, { movies: [{}] }] },
      list: [[{ a: 1 }], 'movies'],
      ...rest,
      key: 'movies',
      movies: movies.map((movie) => ({ ...movie, more: [{ deep: [1, 2] }] })),
      last: [],
    }),
  };
  for (const [name, text] of Object.entries(texts)) {
    for (const size of [1, 13, 100_000]) t.strictSame(await read(text, size), expected, `${name}, ${size}`);
  }
});

t.test('movies come while the manifest is read', async (t) => {
  const text = encodeJson(manifestOf(1_000));
  let given = 0;
  const reader = manifestMovies(
    (async function* () {
      for await (const chunk of cut(text, 1_000)) {
        given += chunk.length;
        yield chunk;
      }
    })(),
    PLACE,
  );
  for (let count = 1; count <= 1_000; count++) {
    await reader.next();
    const most = (count + 1) * 200 + 1_000;
    if (given > most) t.fail(`${given} bytes are read for ${count} movies`);
  }
  t.ok((await reader.next()).done);
  t.equal(given, Buffer.byteLength(text));
});

t.test('what is no manifest is an error that says why', async (t) => {
  const good = manifestOf(4);
  const [first, second, ...others] = good.movies;
  const text = encodeJson(good);
  const notJson = /^manifest m is not JSON \(it begins with "\{\\"version\\":1,/;
  const broken: [string, string, string | RegExp][] = [
    ['nothing', '', 'manifest m is empty'],
    ['cut off in its list', text.slice(0, 400), notJson],
    ['cut off behind its list', text.slice(0, -40), notJson],
    ['without a comma', text.replace('},{', '}{'), notJson],
    ['with a comma too many', text.replace('}],', '},],'), notJson],
    ['with two in a row', text.replace('},{', '},,{'), notJson],
    ['with something behind it', `${text}{}`, notJson],
    ['with a wrong bracket', text.replace('}],', '}},'), notJson],
    [
      'of another version',
      text.replace('"version":1', '"version":2'),
      /^manifest m: version: version 2 is not known/,
    ],
    ['no object', JSON.stringify(['movies', good.movies]), /^manifest m: .*expected object/],
    ['without movies', JSON.stringify({ ...good, movies: undefined }), 'manifest m: movies: cannot be read'],
    ['with an empty list', JSON.stringify({ ...good, movies: [] }), /batches: does not fit the movies/],
    [
      'with movies that are none',
      JSON.stringify({ ...good, movies: [1, 2] }),
      /^manifest m: movies\.0: is no object/,
    ],
    [
      'with one that is none',
      JSON.stringify({ ...good, movies: [first, 'x'] }),
      /^manifest m: movies\.1: is no object/,
    ],
    [
      'with a wrong id',
      JSON.stringify({ ...good, movies: [{ ...first, id: 'x' }] }),
      /movies\.0: id: "x" is no IMDb id/,
    ],
    ['with too many batches', JSON.stringify({ ...good, batches: 3 }), /^manifest m: batches: does not fit/],
    [
      'out of order',
      JSON.stringify({ ...good, movies: [second, first] }),
      'manifest m: movies: are not in rank order',
    ],
    [
      'with an id twice',
      JSON.stringify({ ...good, movies: [first, second, ...others, { ...first, rank: 9 }] }),
      'manifest m: movies: have an id twice',
    ],
    [
      'nested too deep',
      text.replace('"year":2000', `"year":${'['.repeat(70)}`),
      'manifest m is nested deeper than 64 levels',
    ],
    [
      'with an escaped key',
      text.replace('"movies":[{', '"m\\u006fvies":[{'),
      'manifest m: movies: cannot be read',
    ],
  ];
  for (const [name, body, message] of broken) {
    t.not(body, text, name);
    for (const size of [1, 90, 1_000_000]) {
      const error = await read(body, size).catch((error: unknown) => error);
      t.ok(error instanceof DecodeError, `${name}: ${String(error)}`);
      t.match((error as Error).message, message, name);
    }
  }
});

t.test('ids that differ in leading zeros only are two', async (t) => {
  const good = manifestOf(2);
  const movies = ['tt0000001', 'tt00000001'].map((id) => ({ ...good.movies[0], id, rank: 1 }));
  const swapped = [movies[1], movies[0]];
  t.equal((await read(JSON.stringify({ ...good, movies: swapped }))).movies.length, 2);
});

t.test('what goes on and on is given up', async (t) => {
  const endless = (async function* () {
    yield Buffer.from('{"movies":[{"title":"');
    for (let mebibytes = 0; mebibytes < 300; mebibytes++) yield Buffer.alloc(1024 * 1024, 'x');
  })();
  await t.rejects(manifestMovies(endless, PLACE).next(), {
    message: 'manifest m: movies: one is longer than 8388608 bytes',
  });
});
