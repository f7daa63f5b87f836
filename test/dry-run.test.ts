import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Flags } from '../src/config.js';
import { priceOf } from '../src/operations/prices.js';
import { type Calls, LAYERS, noCalls } from '../src/operations/rehearsal/calls.js';
import { rehearsalStore } from '../src/operations/rehearsal/store.js';
import { openStore } from '../src/stores/open.js';
import { PART_BYTES } from '../src/stores/store.js';
import { type Account, account, comparable, countedBy } from './support/account.js';
import { awsOf } from './support/aws.js';
import { cli, contentsOf, linesOf, told } from './support/cli.js';
import { command, withKey } from './support/command.js';
import { memoryStore } from './support/memory-store.js';
import { movies } from './support/movies.js';
import { limitReached, startOmdb } from './support/omdb-server.js';

/** Days to come, and the day before them. */
const [EARLIER, DATE, SECOND, THIRD] = ['2099-01-01', '2099-01-02', '2099-01-03', '2099-01-04'] as const;
/** Of one movie each: more than a receive hands out, and more than are enriched at once. */
const BATCHES = 26;

interface Planned {
  date?: string;
  calls: Calls;
  usd: number;
  would?: Record<string, Record<string, unknown>>;
  error?: { message: string };
}

function summed(lines: readonly Planned[]): Calls {
  const sum = noCalls();
  for (const { calls } of lines) {
    sum.omdb += calls.omdb;
    for (const part of ['queue', ...LAYERS] as const) {
      const counts = sum[part] as unknown as Record<string, number>;
      for (const [kind, number] of Object.entries(calls[part])) counts[kind] = (counts[kind] ?? 0) + number;
    }
  }
  return sum;
}

/** The dry run touches nothing and says what the real run then does, call by call. @returns what it said */
async function foretells(t: Test, world: Account, name: string, more: Flags): Promise<Planned[]> {
  const flags = { ...world.flags, ...more };
  const before = world.emulator.calls.length;
  world.omdb.forget();
  const { lines, error } = await command<Planned>(name, { ...flags, dryRun: true });
  t.equal(error, undefined, 'without a key, and without an error');
  t.same(world.omdb.ids, [], 'OMDb is not asked');
  const asked = world.emulator.calls.slice(before).map(({ operation }) => operation);
  const READING = ['ListObjectsV2', 'GetObject', 'HeadObject', 'GetQueueAttributes', 'GetQueueUrl'];
  t.same(
    asked.filter((operation) => !READING.includes(operation)),
    [],
    'nothing but questions',
  );

  const made = await countedBy(world, async () => {
    const real = await withKey(() => command(name, flags));
    t.equal(real.error, undefined);
  });
  const plan = summed(lines);
  t.same(comparable(plan), made, `${name} ${JSON.stringify(more)}: the numbers are what happens`);
  const places = { queue: world.fifo ? 'fifo' : 'standard', bronze: 's3', silver: 's3', gold: 's3' } as const;
  const usd = lines.reduce((sum, line) => sum + line.usd, 0);
  t.equal(usd.toFixed(7), priceOf(plan, places).toFixed(7), 'the dates add up to the whole');
  return lines;
}

/** Does something for real, for what comes after it. */
async function prepared({ flags }: Account, name: string, more: Flags): Promise<void> {
  const { error } = await withKey(() => command(name, { ...flags, ...more }));
  if (error) throw error;
}

t.test('stage by stage, the numbers of a dry run are what happens', async (t) => {
  const world = await account(t, BATCHES, false);
  const [extracted] = await foretells(t, world, 'extract', { date: DATE });
  t.match(extracted, { date: DATE, calls: { bronze: { writes: 1 }, queue: { sends: 3 } } });
  // A put, a list and a get of S3, and three sends to a standard queue, at the list prices.
  t.equal(extracted?.usd, 0.000005 + 0.000005 + 0.0000004 + 3 * 0.0000004);
  t.match(extracted?.would, { continued: false, movies: BATCHES, batches: BATCHES });

  const [enriched] = await foretells(t, world, 'enrich', {});
  t.match(enriched, {
    would: { runs: [{ date: DATE, lookups: BATCHES, standing: 0 }] },
    calls: { omdb: BATCHES, queue: { receives: 4, deletes: 3, counts: 1 } },
  });
  t.equal(enriched?.calls.bronze.writes, 2 * BATCHES + 2, 'records, markers, the group, _SUCCESS');

  const [refined] = await foretells(t, world, 'silver', { date: DATE });
  t.match(refined, { would: { rows: BATCHES, quarantined: 0 }, calls: { silver: { writes: 3 } } });

  const [analysed] = await foretells(t, world, 'gold', { date: DATE });
  t.match(analysed, { would: { rebuilt: [], previousDate: null }, calls: { gold: { writes: 14 } } });
});

t.test('what is left of a run that stopped halfway', async (t) => {
  const world = await account(t, BATCHES);
  const { omdb, flags } = world;
  const usual = omdb.script;
  omdb.script = (call) => (call.nth > 12 ? limitReached : usual(call));
  const stopped = await withKey(() => command('run-all', { ...flags, date: DATE }));
  t.match(stopped.error, { exitCode: 75 });
  omdb.script = usual;
  const [finished] = await foretells(t, world, 'enrich', { date: DATE });
  const lookups = finished?.calls.omdb ?? 0;
  t.ok(lookups > 0 && lookups < BATCHES, `${lookups} movies are left`);
  t.match(finished?.would, { lookups, standing: BATCHES - lookups });

  const [late] = (await command<Planned>('enrich', { ...flags, dryRun: true })).lines;
  t.ok((late?.calls.queue.receives ?? 0) > 0, 'messages of what is done by now are an estimate');
});

t.test('run-all: a range with a date that is begun, and once more', async (t) => {
  const world = await account(t, BATCHES);
  await prepared(world, 'extract', { date: DATE });
  const range = { from: DATE, to: THIRD };
  const lines = await foretells(t, world, 'run-all', range);
  t.same(
    lines.map(({ date, calls: { omdb, queue } }) => [date, omdb, queue.sends]),
    [
      [DATE, BATCHES, 0],
      [SECOND, BATCHES, 3],
      [THIRD, BATCHES, 3],
    ],
  );
  const nothing = { would: {}, calls: { omdb: 0, queue: { sends: 0 }, bronze: { writes: 0 } } };
  t.match(await foretells(t, world, 'run-all', range), [nothing, nothing, nothing], 'nothing is left');
});

t.test('a date that another one compares with: its gold, a rebuild, and runs all over again', async (t) => {
  const world = await account(t, BATCHES);
  world.omdb.list = { items: movies(5), errorMessage: '' };
  await prepared(world, 'run-all', { date: SECOND });
  await prepared(world, 'extract', { date: DATE });
  await foretells(t, world, 'enrich', {});
  await prepared(world, 'silver', { date: DATE });
  const [analysed] = await foretells(t, world, 'gold', { date: DATE });
  t.match(analysed, { would: { rebuilt: [SECOND] }, calls: { gold: { writes: 28 } } });
  const range = { from: DATE, to: SECOND };
  await foretells(t, world, 'silver', range);
  await foretells(t, world, 'gold', range);

  const again = await foretells(t, world, 'run-all', { ...range, reprocess: 'all' });
  t.match(again[0]?.would, { extract: { movies: 5 }, gold: { rebuilt: [] } }, 'OMDb says the same');
  world.omdb.list = { items: movies(4), errorMessage: '' };
  const [shorter] = await foretells(t, world, 'run-all', { date: DATE, reprocess: 'all' });
  t.match(shorter?.would, { gold: { rebuilt: [SECOND] } });
});

/** The flags for a data directory of the test's own, and an OMDb. */
async function directory(t: Test) {
  const omdb = await startOmdb();
  t.teardown(omdb.close);
  const dataDir = join(t.testdir(), 'data');
  const sources = { movies: omdb.moviesUrl, omdbUrl: omdb.url };
  return { omdb, dataDir, flags: { dataDir, ...sources, topN: '4', batchSize: '2', reprocess: 'failed' } };
}

t.test('in directories, no byte changes, and a date that fails stops no other', async (t) => {
  const { omdb, dataDir, flags } = await directory(t);
  for (const date of [EARLIER, SECOND]) {
    const { error } = await withKey(() => command('run-all', { ...flags, date }));
    t.equal(error, undefined);
  }
  await command('extract', { ...flags, date: DATE });
  const standing = await contentsOf(dataDir);
  omdb.forget();

  const range = ['--from', EARLIER, '--to', SECOND];
  const here = ['--data-dir', dataDir, '--movies', omdb.moviesUrl, '--omdb-url', omdb.url];
  const dryRun = (...args: string[]) => cli([...args, ...here, '--dry-run'], { cwd: t.testdirName });
  const all = await dryRun('run-all', ...range, '--reprocess', 'all');
  t.equal(all.code, 0, told(all));
  t.match(linesOf(all.stdout), [
    /^date +what would be done +OMDb +queue +stores$/,
    /^2099-01-01 +new run of 4, silver, gold +8 +4 +\d+$/,
    /^2099-01-02 +new run of 4, silver, gold of 2 dates +4 +4 +\d+$/,
    /^2099-01-03 +new run of 4, silver, gold +4 +4 +\d+$/,
    '',
    /^calls +number$/,
    /^OMDb lookups +16$/,
    /^queue: 3 sends, 6 receives, 3 deletes +12$/,
  ]);
  const numbers = linesOf(all.stdout)
    .slice(6)
    .map((line) => Number(/\d+$/.exec(line)?.[0]));
  const total = numbers.pop();
  t.equal(
    numbers.reduce((sum, number) => sum + number, 0),
    total,
    'the last line is the sum',
  );
  t.match(all.stderr, /^✔ dry run: extract 2099-01-01: new run: 4 movies in 2 batches$/m);
  t.match(
    all.stderr,
    /^warning: dry run: a date that has a complete run is counted as if OMDb answered what it did/m,
  );
  t.ok(
    linesOf(all.stderr).every((line) => line.includes('dry run: ')),
    'no line says that anything is done',
  );
  t.ok(
    linesOf(all.stdout).every((line) => line.length <= 80),
    'and the tables fit',
  );

  const some = await command('silver', { ...flags, from: EARLIER, to: SECOND, dryRun: true });
  t.match(some.error, { exitCode: 1, message: `1 of 3 dates failed: ${DATE}` });
  t.match(some.lines, [
    { date: EARLIER, dryRun: true, would: { rows: 4 }, usd: 0 },
    { date: DATE, dryRun: true, error: { message: /^2099-01-02 is not ready for silver/ } },
    { date: SECOND, would: { rows: 4 } },
  ]);
  for (const name of ['extract', 'enrich', 'gold', 'run-all']) {
    t.equal((await command(name, { ...flags, dryRun: true, date: SECOND })).error, undefined, name);
  }
  t.equal((await command('enrich', { ...flags, dryRun: true })).error, undefined);
  t.match((await command('silver', { ...flags, dryRun: true, diff: true })).error, { exitCode: 2 });
  t.same(omdb.ids, [], 'OMDb was not asked');
  t.same(await contentsOf(dataDir), standing, 'and everything is as it was');
});

t.test('Ctrl-C in the middle of a range says what is left, and how to go on with it', async (t) => {
  const { dataDir, flags } = await directory(t);
  const range = { from: DATE, to: THIRD };
  for (const [more, again] of [
    [{ dryRun: true }, '--reprocess all --dry-run'],
    [{}, '--reprocess all'],
  ] as const) {
    const stop = new AbortController();
    const work = () =>
      command<Planned>(
        'run-all',
        { ...flags, ...range, ...more, reprocess: 'all' },
        { signal: stop.signal, onLine: () => stop.abort() },
      );
    const { lines, error } = await withKey(work);
    t.same(
      lines.map(({ date }) => date),
      [DATE],
      'nothing after it is begun',
    );
    t.match(error, {
      exitCode: 130,
      hint: `1 of 3 dates done, 2 left; go on with: movie-etl run-all --from ${SECOND} --to ${THIRD} --top-n 4 --batch-size 2 ${again}`,
    });
    const made = [...(await contentsOf(dataDir)).keys()].filter((key) => key.endsWith('_SUCCESS'));
    t.same(made, 'dryRun' in more ? [] : [`bronze/dt=${DATE}/_SUCCESS`]);
  }
});

t.test('a key is asked for when something is to be looked up, and before anything is written', async (t) => {
  const { omdb, dataDir, flags } = await directory(t);
  const begun = { exitCode: 2, message: /^no OMDb API key/ };
  t.match((await command('run-all', { ...flags, date: DATE })).error, begun);
  t.same(await contentsOf(dataDir), new Map(), 'no run is begun');

  await command('extract', { ...flags, date: DATE });
  const extracted = await contentsOf(dataDir);
  t.match((await command('run-all', { ...flags, date: DATE })).error, begun);
  t.match((await command('enrich', { ...flags, date: DATE })).error, begun);
  t.match((await command('enrich', flags)).error, begun);
  t.same(await contentsOf(dataDir), extracted, 'nor gone on with');

  await withKey(() => command('enrich', { ...flags, date: DATE }));
  omdb.forget();
  await withKey(() => command('enrich', flags));
  for (const name of ['enrich', 'run-all']) {
    t.equal(
      (await command(name, { ...flags, date: DATE })).error,
      undefined,
      `${name} has nothing to look up`,
    );
  }
  t.same(omdb.ids, []);
});

t.test('a listing counts by the pages that are asked for, a large body by its parts', async (t) => {
  const keys = Array.from({ length: 2500 }, (_, index) => `dt=1/tt${1000 + index}`);
  const real = memoryStore(
    'memory',
    keys.filter((_, index) => index % 2 === 0).map((key) => [key, Buffer.from('real')]),
  );
  const calls = noCalls().bronze;
  const store = rehearsalStore(real, calls, true);
  const counted = async (work: () => Promise<unknown>) => {
    const before = { ...calls };
    await work();
    const { writes, lists, reads } = calls;
    return { writes: writes - before.writes, lists: lists - before.lists, reads: reads - before.reads };
  };
  const list = (most: number, prefix = '', options?: { delimiter: '/' }) =>
    counted(async () => {
      const listed: string[] = [];
      for await (const key of store.list(prefix, options)) if (listed.push(key) === most) break;
      t.same(listed, options ? ['dt=1/'] : keys.slice(0, most).filter((key) => key.startsWith(prefix)));
    });
  for (const [index, key] of keys.entries()) if (index % 2 === 1) await store.put(key, 'tried');
  t.same(await list(Infinity), { writes: 0, lists: 3, reads: 0 }, 'both in one order');
  t.match(await list(1000), { lists: 1 });
  t.match(await list(1001), { lists: 2 });
  t.match(await list(Infinity, 'none'), { lists: 1 }, 'an empty page is one');
  t.match(await list(Infinity, '', { delimiter: '/' }), { lists: 1 });

  const conflict = () => store.put('dt=1/tt1000', 'mine', { ifAbsent: true });
  t.same(await counted(conflict), { writes: 1, lists: 0, reads: 1 }, 'what is in the way is looked at');
  t.equal(await conflict(), 'conflict');
  t.equal(await store.put('dt=1/tt1001', 'mine', { ifAbsent: true }), 'conflict');
  const etag = (await store.head('dt=1/tt1000'))?.etag ?? '';
  t.equal(await store.put('dt=1/tt1000', 'mine', { ifMatch: etag }), 'written');
  t.equal(await store.put('dt=1/tt1000', 'again', { ifMatch: etag }), 'conflict');
  t.equal((await store.get('dt=1/tt1000'))?.body.toString(), 'mine');
  t.equal(real.objects.get('dt=1/tt1000')?.toString(), 'real', 'nothing reaches the real store');
  t.equal(real.objects.size, 1250);

  const { emulator } = await account(t, BATCHES);
  const inS3 = await openStore('s3://etl-bronze', awsOf(t, emulator));
  for (const parts of [1, 2.5]) {
    const large = async function* () {
      for (let left = parts * PART_BYTES; left > 0; left -= PART_BYTES / 2)
        yield Buffer.alloc(PART_BYTES / 2);
    };
    const before = emulator.calls.length;
    await inS3.put(`large${parts}`, large());
    const made = emulator.calls.length - before;
    t.match(await counted(() => store.put(`large${parts}`, large())), { writes: made }, `${parts} parts`);
  }
});
