import t, { type Test } from 'tap';
import * as z from 'zod/mini';
import { BronzeRecord, RECORD_LIMITS } from '../../src/records/bronze-record.js';
import { decode, decodeJson, encodeJson, JSON_LIMITS, parseJson } from '../../src/records/decode.js';
import { Manifest, messageOfBatch, runOf } from '../../src/records/manifest.js';
import { BatchError, GoldLineage, SilverLineage, Success } from '../../src/records/markers.js';
import { deduplicationId, Message } from '../../src/records/message.js';
import { refusal } from '../support/refusal.js';

const movie = { id: 'tt0111161', rank: '1', title: 'The Shawshank Redemption' };
const hash = '0123456789abcdef'.repeat(4);

const message = {
  version: 1,
  run: { id: '20261123T101512Z-k3f9qz', date: '2026-11-23', batches: 3 },
  batch: 2,
  movies: [movie],
};

const manifest = {
  version: 1,
  runId: '20261123T030000Z',
  date: '2026-11-23',
  topN: 5,
  batchSize: 2,
  batches: 3,
  movies: [1, 2, 3, 4, 5].map((rank) => ({ id: `tt000000${rank}`, rank })),
  source: 'https://movies.example/top-250',
  createdAt: '2026-11-23T03:00:00.000Z',
};

const record = {
  version: 1,
  runId: '20261123T030000Z',
  date: '2026-11-23',
  movie,
  omdb: { Title: 'The Shawshank Redemption', Ratings: [{ Source: 'x', Value: 'y' }], Response: 'True' },
  status: 'enriched',
  error: null,
  fetchedAt: '2026-11-23T03:00:01.000Z',
};

const success = {
  version: 1,
  runId: '20261123T030000Z',
  date: '2026-11-23',
  movies: 5,
  batches: 3,
  manifest: { key: 'dt=2026-11-23/run=20261123T030000Z/_manifest.json', sha256: hash },
  completedAt: '2026-11-23T03:05:00.000Z',
};

const batchError = {
  version: 1,
  verdict: 'retry',
  message: 'OMDb answered 503',
  imdbId: 'tt0111161',
  attempt: 1,
  at: '2026-11-23T03:00:01.000Z',
};

const silverLineage = {
  version: 1,
  runId: '20261123T030000Z',
  bronze: { key: 'k', sha256: hash },
  silver: { key: 'movies/dt=2026-11-23/movies.csv', sha256: hash, rows: 5, quarantined: 0 },
  statuses: { enriched: 4, not_found: 1, failed: 0 },
  nulls: { title: 0, plot: 5 },
};

const goldLineage = {
  version: 1,
  silver: { key: 'movies/dt=2026-11-23/movies.csv', sha256: hash, rows: 5 },
  previous: { date: '2026-11-22', key: 'movies/dt=2026-11-22/movies.csv', sha256: hash },
  datasets: { summary: { key: 'summary/dt=2026-11-23/summary.csv', sha256: hash, rows: 1 } },
};

const schemas: [string, z.ZodMiniType, Record<string, unknown>][] = [
  ['message', Message, message],
  ['manifest', Manifest, manifest],
  ['bronze record', BronzeRecord, record],
  ['_SUCCESS', Success, success],
  ['batch error', BatchError, batchError],
  ['silver lineage', SilverLineage, silverLineage],
  ['gold lineage', GoldLineage, goldLineage],
];

/** A copy with one field, named by its path, set to another value; undefined takes it away. */
function withField(given: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(given);
  const names = path.split('.');
  const last = names.pop() ?? '';
  let holder: Record<string, unknown> = copy;
  for (const name of names) holder = holder[name] as Record<string, unknown>;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

/** Tries one wrong field after the other; each error names the place, the field and the reason. */
function refuses(
  t: Test,
  schema: z.ZodMiniType,
  good: Record<string, unknown>,
  table: readonly (readonly [path: string, value: unknown, reason: string])[],
): void {
  for (const [path, value, reason] of table)
    t.equal(
      refusal(() => decode(schema, withField(good, path, value), 'here')),
      `here: ${path}: ${reason}`,
      `${path} = ${JSON.stringify(value)}`,
    );
}

t.test('what is stored is what is read back', async (t) => {
  for (const [name, schema, good] of schemas) {
    t.strictSame(decode(schema, good, name), good, name);
    t.strictSame(decodeJson(schema, encodeJson(good), name), good, `${name} as text`);
    t.strictSame(decodeJson(schema, Buffer.from(encodeJson(good)), name), good, `${name} as bytes`);
  }
});

t.test('a record is one line of JSON', async (t) => {
  t.equal(encodeJson({ b: 'line\nbreak', a: [1, null] }), '{"b":"line\\nbreak","a":[1,null]}\n');
});

t.test('an unknown version says so, and which one is read', async (t) => {
  const versions: [unknown, string][] = [
    [2, '2'],
    [0, '0'],
    ['1', '"1"'],
    [1.5, '1.5'],
    [null, 'null'],
    [undefined, 'undefined'],
  ];
  for (const [name, schema, good] of schemas)
    for (const [version, shown] of versions)
      t.equal(
        refusal(() => decode(schema, withField(good, 'version', version), name)),
        `${name}: version: version ${shown} is not known: this release reads version 1`,
      );
});

t.test('the version is the first thing that is said of a record from another release', async (t) => {
  t.equal(
    refusal(() => decode(BronzeRecord, { version: 2, film: 'tt0111161' }, 'record')),
    'record: version: version 2 is not known: this release reads version 1',
  );
});

t.test('what is no object is refused', async (t) => {
  for (const [name, schema, good] of schemas) {
    const wrong: [unknown, string][] = [
      [null, 'null'],
      [undefined, 'undefined'],
      ['x', 'string'],
      [5, 'number'],
      [[good], 'array'],
    ];
    for (const [value, received] of wrong)
      t.equal(
        refusal(() => decode(schema, value, name)),
        `${name}: Invalid input: expected object, received ${received}`,
      );
  }
});

t.test('a field that is missing is named', async (t) => {
  for (const [name, schema, good] of schemas)
    for (const field of Object.keys(good))
      t.match(
        refusal(() => decode(schema, withField(good, field, undefined), name)),
        new RegExp(`^${name}: ${field}: .`),
        `${name} without ${field}`,
      );
});

t.test('text that is no JSON says where, and tells empty from cut off', async (t) => {
  const texts: [string | Buffer, string][] = [
    ['', 'message 7f3a is empty'],
    [' \r\n\t', 'message 7f3a is empty'],
    ['\ufeff', 'message 7f3a is empty'],
    [Buffer.alloc(0), 'message 7f3a is empty'],
    [
      '{"version":1,"run":{"id"',
      'message 7f3a is not JSON (it begins with "{\\"version\\":1,\\"run\\":{\\"id\\"")',
    ],
    ['\n<html>', 'message 7f3a is not JSON (it begins with "<html>")'],
    ['NaN', 'message 7f3a is not JSON (it begins with "NaN")'],
    ["{'version': 1}", 'message 7f3a is not JSON (it begins with "{\'version\': 1}")'],
    ['{} {}', 'message 7f3a is not JSON (it begins with "{} {}")'],
    [Buffer.from([0, 1]), 'message 7f3a is not JSON (it begins with "\\u0000\\u0001")'],
    ['x'.repeat(1_000_000), `message 7f3a is not JSON (it begins with "${'x'.repeat(30)}")`],
  ];
  for (const [text, expected] of texts)
    t.equal(
      refusal(() => parseJson(text, 'message 7f3a')),
      expected,
    );
  t.equal(
    refusal(() => decodeJson(Message, '{"version":1', 'message 7f3a')),
    `message 7f3a is not JSON (it begins with "{\\"version\\":1")`,
  );
  const whole = encodeJson(record);
  for (let length = 0; length < whole.length - 1; length += 7)
    t.not(
      refusal(() => decodeJson(BronzeRecord, whole.slice(0, length), 'record')),
      'accepted',
    );
});

t.test('JSON with a byte order mark is JSON', async (t) => {
  t.strictSame(parseJson('\ufeff{"a":1}', 'x'), { a: 1 });
  t.strictSame(parseJson(Buffer.from('\ufeff{"a":"é😀"}'), 'x'), { a: 'é😀' });
});

t.test('an error names the place, the path to the field, and the reason', async (t) => {
  t.equal(
    refusal(() =>
      decode(
        z.object({ a: z.array(z.object({ b: z.string({ error: 'must be a text' }) })) }),
        { a: [{ b: '' }, { b: 5 }] },
        'bronze dt=2026-11-23/_SUCCESS',
      ),
    ),
    'bronze dt=2026-11-23/_SUCCESS: a.1.b: must be a text',
  );
});

const noId = (id: string) => `${JSON.stringify(id)} is no IMDb id (tt and 7 to 10 digits)`;

t.test('a message refuses what is wrong', async (t) => {
  refuses(t, Message, message, [
    ['run.id', '20261123', 'is no run id'],
    ['run.id', '../20261123T030000Z', 'is no run id'],
    ['run.id', '20261123T030000Z-../x', 'is no run id'],
    ['run.id', '20261123T030000Z/x', 'is no run id'],
    ['run.date', '2026-02-30', 'is no date (YYYY-MM-DD)'],
    ['run.date', '2026-11-23/..', 'is no date (YYYY-MM-DD)'],
    ['run.batches', 0, 'Too small: expected number to be >=1'],
    ['run.batches', 1_000_001, 'Too big: expected number to be <=1000000'],
    ['batch', 3, 'is beyond its run'],
    ['batch', 1000, 'is beyond its run'],
    ['batch', -1, 'Too small: expected number to be >=0'],
    ['batch', 0.5, 'Invalid input: expected int, received number'],
    ['batch', '0', 'Invalid input: expected number, received string'],
    ['movies', [], 'Too small: expected array to have >=1 items'],
    ['movies.0.id', 'tt0111161/../x', noId('tt0111161/../x')],
    ['movies.0.id', '', noId('')],
    ['movies.0.rank', 0, '0 is no positive integer'],
  ]);
});

t.test('a message id is date, run and batch', async (t) => {
  t.equal(deduplicationId(decode(Message, message, 'here')), '2026-11-23.20261123T101512Z-k3f9qz.2');
});

t.test('a manifest refuses what is wrong', async (t) => {
  refuses(t, Manifest, manifest, [
    ['runId', '20261123T030000Z/..', 'is no run id'],
    ['date', '23 Nov 2026', 'is no date (YYYY-MM-DD)'],
    ['topN', 0, 'Too small: expected number to be >=1'],
    ['topN', '10', 'Invalid input: expected number, received string'],
    ['batchSize', 0, 'Too small: expected number to be >=1'],
    ['batches', 0, 'Too small: expected number to be >=1'],
    ['movies', [], 'Too small: expected array to have >=1 items'],
    ['movies.4.id', '/etc/passwd', noId('/etc/passwd')],
    ['source', null, 'Invalid input: expected string, received null'],
  ]);
});

t.test('the messages of a manifest hold each movie once, and the last one is smaller', async (t) => {
  const run = { id: '20261123T030000Z', date: '2026-11-23', batches: 3 };
  const standing = decode(Manifest, manifest, 'here');
  t.strictSame(runOf(standing), run);
  const [one, two, three, four, five] = manifest.movies;
  t.strictSame(
    [0, 1, 2].map((batch) => messageOfBatch(standing, batch)),
    [
      { version: 1, run, batch: 0, movies: [one, two] },
      { version: 1, run, batch: 1, movies: [three, four] },
      { version: 1, run, batch: 2, movies: [five] },
    ],
  );
});

t.test('a bronze record refuses what is wrong', async (t) => {
  refuses(t, BronzeRecord, record, [
    ['runId', '..', 'is no run id'],
    ['date', '2026-13-01', 'is no date (YYYY-MM-DD)'],
    ['movie.id', '../../tt0111161', noId('../../tt0111161')],
    ['movie.id', 111161, 'must be a text such as tt0111161'],
    ['movie.rank', 'first', '"first" is no positive integer'],
    ['omdb', [], 'must be an object'],
    ['omdb', 'x', 'must be an object'],
    ['omdb', undefined, 'must be an object'],
    ['status', 'ok', 'Invalid option: expected one of "enriched"|"not_found"|"failed"'],
    ['error', 5, 'Invalid input: expected string, received number'],
    ['fetchedAt', null, 'Invalid input: expected string, received null'],
  ]);
});

t.test("OMDb's answer is kept as it came", async (t) => {
  const omdb = JSON.parse(
    '{"Title":"x","__proto__":{"Year":"1994"},"Ratings":[null,{"Value":1e400}],"extra":{"deep":[{}]}}',
  );
  const decoded = decode(BronzeRecord, { ...record, omdb }, 'here');
  t.equal(decoded.omdb, omdb);
  t.equal(decode(BronzeRecord, { ...record, status: 'failed', omdb: null }, 'here').omdb, null);
  t.throws(() => decode(BronzeRecord, { ...record, status: 'enriched', omdb: null }, 'here'), {
    message: 'here: omdb: is missing, though the movie is enriched',
  });
});

t.test('_SUCCESS refuses what is wrong', async (t) => {
  refuses(t, Success, success, [
    ['runId', '20261123T030000Z-K3F9QZ', 'is no run id'],
    ['date', '2026-11-31', 'is no date (YYYY-MM-DD)'],
    ['movies', 0, 'Too small: expected number to be >=1'],
    ['batches', 0, 'Too small: expected number to be >=1'],
    ['manifest.sha256', hash.toUpperCase(), 'is no sha256'],
    ['manifest.sha256', hash.slice(1), 'is no sha256'],
    ['manifest.key', undefined, 'Invalid input: expected string, received undefined'],
    ['completedAt', 5, 'Invalid input: expected string, received number'],
  ]);
});

t.test('the other markers refuse what is wrong', async (t) => {
  refuses(t, BatchError, batchError, [
    ['verdict', 'maybe', 'Invalid option: expected one of "answer"|"retry"|"quota"|"stop"'],
    ['imdbId', '../x', noId('../x')],
    ['attempt', 0, 'Too small: expected number to be >=1'],
  ]);
  t.equal(
    decode(BatchError, { ...batchError, imdbId: null }, 'here').imdbId,
    null,
    'a failure may be of no movie',
  );
  refuses(t, SilverLineage, silverLineage, [
    ['bronze.sha256', '', 'is no sha256'],
    ['silver.rows', -1, 'Too small: expected number to be >=0'],
    ['statuses.not_found', undefined, 'Invalid input: expected number, received undefined'],
    ['nulls.plot', 'many', 'Invalid input: expected number, received string'],
  ]);
  refuses(t, GoldLineage, goldLineage, [
    ['previous.date', '2026-02-30', 'is no date (YYYY-MM-DD)'],
    ['datasets.summary.sha256', 'x', 'is no sha256'],
    ['datasets.summary.rows', -1, 'Too small: expected number to be >=0'],
  ]);
  t.equal(
    decode(GoldLineage, { ...goldLineage, previous: null }, 'here').previous,
    null,
    'the first date has none',
  );
});

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

t.test('what is nested too deep is refused before anything is made of it', async (t) => {
  t.ok(parseJson(nested(64), 'x'));
  for (const depth of [65, 100_000])
    t.equal(
      refusal(() => parseJson(nested(depth), 'x')),
      'x is nested deeper than 64 levels',
    );
  t.equal(
    refusal(() => parseJson('{"a":'.repeat(100_000), 'x')),
    'x is nested deeper than 64 levels',
  );
  const brackets = `["${'['.repeat(200)}","\\"${'{'.repeat(200)}"]`;
  t.strictSame(parseJson(brackets, 'x'), JSON.parse(brackets), 'brackets in texts do not count');
});

t.test('the deepest answer can be kept and read', async (t) => {
  const deepest = parseJson(`{"Deep":${nested(JSON_LIMITS.depth - 1)}}`, 'answer');
  const kept = encodeJson({ ...record, omdb: deepest });
  t.strictSame(decodeJson(BronzeRecord, kept, 'record', RECORD_LIMITS).omdb, deepest);
});

t.test('what is longer than its limit is refused', async (t) => {
  const limits = { bytes: 10, depth: 64 };
  t.equal(parseJson('"12345678"', 'x', limits), '12345678');
  for (const text of ['"123456789"', Buffer.from('"ééééé"')])
    t.equal(
      refusal(() => parseJson(text, 'x', limits)),
      'x is longer than 10 bytes',
    );
});

t.test('an error is short, whatever it is about', async (t) => {
  const long = 'x'.repeat(100_000);
  for (const [schema, value] of [
    [Message, { ...message, version: long }],
    [Message, { ...message, version: { a: [long] } }],
    [Message, { ...message, movies: [{ ...movie, id: long }] }],
    [Message, { ...message, movies: [{ ...movie, rank: long }] }],
    [GoldLineage, { version: 1, silver: {}, previous: null, datasets: { [long]: 1 } }],
  ] as const) {
    const said = refusal(() => decode(schema, value, 'x'));
    t.not(said, 'accepted');
    t.ok(said.length < 300, said.slice(0, 100));
  }
});

t.test('a manifest has its movies in rank order, each once', async (t) => {
  const of = (...movies: { id: string; rank: number }[]) =>
    refusal(() => decode(Manifest, { ...manifest, batches: 1, movies }, 'm'));
  const [first, second] = [
    { id: 'tt0000001', rank: 1 },
    { id: 'tt0000002', rank: 2 },
  ];
  t.equal(of(first, second), 'accepted');
  t.equal(of(second, first), 'm: movies: are not in rank order');
  t.equal(of({ ...second, rank: 1 }, first), 'm: movies: are not in rank order', 'of one rank, by id');
  t.equal(of(first, { ...first, rank: 2 }), 'm: movies: have an id twice');
});
