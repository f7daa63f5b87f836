import t from 'tap';
import { PipelineError } from '../src/errors.js';
import { BATCHES_PER_GROUP, bronzeKeys, checkKey, goldKeys, groupOf, silverKeys } from '../src/keys.js';

const date = '2026-11-23';
const run = '20261123T101512Z-k3f9qz';

t.test('bronze keys are those of the design', async (t) => {
  const keys: [string, string][] = [
    [bronzeKeys.date(date), 'dt=2026-11-23/'],
    [bronzeKeys.success(date), 'dt=2026-11-23/_SUCCESS'],
    [bronzeKeys.run(date, run), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/'],
    [bronzeKeys.manifest(date, run), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_manifest.json'],
    [bronzeKeys.record(date, run, 'tt0111161'), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/tt0111161.json'],
    [bronzeKeys.doneMarkers(date, run), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/'],
    [bronzeKeys.doneGroup(date, run, 0), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/000/'],
    [bronzeKeys.doneGroup(date, run, 12), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/012/'],
    [bronzeKeys.done(date, run, 7), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/000/000007'],
    [bronzeKeys.done(date, run, 999), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/000/000999'],
    [bronzeKeys.done(date, run, 1000), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/001/001000'],
    [bronzeKeys.done(date, run, 999_999), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/999/999999'],
    [bronzeKeys.fullGroups(date, run), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/_groups/'],
    [bronzeKeys.fullGroup(date, run, 0), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/_groups/000'],
    [bronzeKeys.fullGroup(date, run, 999), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_done/_groups/999'],
    [bronzeKeys.error(date, run, 7), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_errors/000007.json'],
    [bronzeKeys.error(date, run, 123_456), 'dt=2026-11-23/run=20261123T101512Z-k3f9qz/_errors/123456.json'],
  ];
  for (const [key, expected] of keys) t.equal(key, expected);
});

t.test('silver keys are those of the design', async (t) => {
  t.equal(silverKeys.dates, 'movies/');
  t.equal(silverKeys.movies(date), 'movies/dt=2026-11-23/movies.csv');
  t.equal(silverKeys.quarantine(date), '_quarantine/dt=2026-11-23/movies.ndjson');
  t.equal(silverKeys.lineage(date), '_lineage/dt=2026-11-23.json');
});

t.test('gold keys are those of the design', async (t) => {
  t.equal(goldKeys.dataset('top_rated', date), 'top_rated/dt=2026-11-23/top_rated.csv');
  t.equal(goldKeys.lineage(date), '_lineage/dt=2026-11-23.json');
});

t.test('a thousand batches are a group', async (t) => {
  t.equal(BATCHES_PER_GROUP, 1000);
  t.strictSame([0, 7, 999, 1000, 1999, 2000, 999_999].map(groupOf), [0, 0, 0, 1, 1, 2, 999]);
});

t.test('markers list in the order of their batches', async (t) => {
  const batches = [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 9999, 10_000, 123_456, 999_999];
  const keys = batches.map((batch) => bronzeKeys.done(date, run, batch));
  t.strictSame([...keys].sort(), keys);
});

t.test('the run of a listed prefix is read back, and nothing else is one', async (t) => {
  for (const id of ['20261123T030000Z', '20261123T101512Z-k3f9qz'])
    t.equal(bronzeKeys.runOf(bronzeKeys.run(date, id)), id);
  const others = [
    'dt=2026-11-23/_SUCCESS',
    'dt=2026-11-23/',
    'dt=2026-11-23/run=/',
    'dt=2026-11-23/run=latest/',
    'dt=2026-11-23/run=20261123T030000Z',
    'dt=2026-11-23/run=20261123T030000Z/_manifest.json',
    'dt=2026-11-23/run=20261123T030000Z/_done/',
    'dt=2026-11-23/rerun=20261123T030000Z/',
    'dt=2026-11-23/run=20261123T030000Z-../',
    '',
  ];
  for (const other of others) t.equal(bronzeKeys.runOf(other), undefined, other);
});

t.test('the batch of a listed marker is read back, and nothing else is one', async (t) => {
  for (const batch of [0, 7, 999, 1000, 123_456, 999_999])
    t.equal(bronzeKeys.batchOf(bronzeKeys.done(date, run, batch)), batch);
  const others = [
    bronzeKeys.fullGroup(date, run, 0),
    bronzeKeys.doneGroup(date, run, 0),
    bronzeKeys.error(date, run, 7),
    bronzeKeys.manifest(date, run),
    `${bronzeKeys.doneGroup(date, run, 0)}00007`,
    `${bronzeKeys.doneGroup(date, run, 0)}000007.tmp`,
    `${bronzeKeys.doneGroup(date, run, 0)}0000x7`,
    '',
  ];
  for (const other of others) t.equal(bronzeKeys.batchOf(other), undefined, other);
});

t.test('the date of a listed prefix is read back, and nothing else is one', async (t) => {
  t.equal(silverKeys.dateOf('movies/dt=2026-11-23/'), '2026-11-23');
  t.equal(silverKeys.dateOf('movies/dt=2024-02-29/'), '2024-02-29');
  const others = [
    'movies/dt=2026-02-30/',
    'movies/dt=2026-11/',
    'movies/dt=/',
    'movies/dt=__HIVE_DEFAULT_PARTITION__/',
    'movies/dt=2026-11-23',
    'movies/dt=2026-11-23/movies.csv',
    'movies/2026-11-23/',
    'movies/',
    '',
  ];
  for (const other of others) t.equal(silverKeys.dateOf(other), undefined, other);
});

function verdictOn(key: string): string {
  try {
    checkKey(key);
  } catch (error) {
    if (error instanceof PipelineError && error.verdict === 'stop') return error.message;
    throw error;
  }
  return 'accepted';
}

t.test('every key of the pipeline passes the check', async (t) => {
  const keys = [
    bronzeKeys.success(date),
    bronzeKeys.manifest(date, run),
    bronzeKeys.record(date, run, 'tt0111161'),
    bronzeKeys.done(date, run, 7),
    bronzeKeys.fullGroup(date, run, 0),
    bronzeKeys.error(date, run, 7),
    silverKeys.movies(date),
    silverKeys.quarantine(date),
    silverKeys.lineage(date),
    goldKeys.dataset('top_rated', date),
    goldKeys.lineage(date),
  ];
  for (const key of keys) t.equal(verdictOn(key), 'accepted', key);
});

t.test('a key that could leave the store is refused, and named', async (t) => {
  const refused: [string, string][] = [
    ['', 'object key "" is empty'],
    ['/etc/passwd', 'object key "/etc/passwd" is an absolute path'],
    ['/', 'object key "/" is an absolute path'],
    ['..', 'object key ".." has a "." or ".." in its path'],
    ['../x', 'object key "../x" has a "." or ".." in its path'],
    ['dt=x/../../y', 'object key "dt=x/../../y" has a "." or ".." in its path'],
    ['x/..', 'object key "x/.." has a "." or ".." in its path'],
    ['.', 'object key "." has a "." or ".." in its path'],
    ['./x', 'object key "./x" has a "." or ".." in its path'],
    ['x/./y', 'object key "x/./y" has a "." or ".." in its path'],
    ['x//y', 'object key "x//y" has an empty part in its path'],
    ['x/', 'object key "x/" has an empty part in its path'],
    ['x\ny', 'object key "x\\ny" has a control character'],
    ['x\u0000', 'object key "x\\u0000" has a control character'],
    ['\tx', 'object key "\\tx" has a control character'],
    ['x\u001fy', 'object key "x\\u001fy" has a control character'],
    ['x\u007fy', 'object key "x\u007fy" has a control character'],
  ];
  for (const [key, message] of refused) t.equal(verdictOn(key), message, JSON.stringify(key));
});

t.test('a key has at most 1,024 bytes, not characters', async (t) => {
  const tooLong = (shown: string) => `object key "${shown}" is longer than 1024 bytes`;
  t.equal(verdictOn('x'.repeat(1024)), 'accepted');
  t.equal(verdictOn('x'.repeat(1025)), tooLong('x'.repeat(100)), 'and a long one is named by its beginning');
  t.equal(verdictOn('é'.repeat(512)), 'accepted');
  t.equal(verdictOn('é'.repeat(513)), tooLong('é'.repeat(100)));
  t.equal(verdictOn('😀'.repeat(256)), 'accepted');
  t.equal(verdictOn('😀'.repeat(257)), tooLong('😀'.repeat(50)));
});

t.test('dots and odd characters within a name are no path', async (t) => {
  for (const key of [
    'a..b',
    '...',
    '..a',
    'a..',
    '.hidden',
    'x/.hidden',
    'a b',
    '=+@',
    'é😀',
    '~',
    'a:b',
    '%2e%2e/x',
  ])
    t.equal(verdictOn(key), 'accepted', key);
});
