import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { silentLog } from '../../src/log.js';
import { decodeJson } from '../../src/records/decode.js';
import { SilverLineage } from '../../src/records/markers.js';
import { readManifest } from '../../src/records/runs.js';
import { readSilver } from '../../src/records/silver-file.js';
import { enrichDate } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { silver } from '../../src/stages/silver.js';
import { dirStore } from '../../src/stores/dir.js';
import type { Store } from '../../src/stores/store.js';
import { memoryStore } from '../support/memory-store.js';
import { knowsAll, listOf, movies } from '../support/movies.js';
import { DATE, keysOf, NOW, RUN, textOf } from '../support/pipeline.js';

const KEYS = {
  movies: `movies/dt=${DATE}/movies.csv`,
  quarantine: `_quarantine/dt=${DATE}/movies.ndjson`,
  lineage: `_lineage/dt=${DATE}.json`,
};

function servicesIn(directory: string) {
  const warnings: string[] = [];
  return {
    bronze: dirStore(join(directory, 'bronze')),
    silver: dirStore(join(directory, 'silver')),
    queue: { send: async () => {} },
    omdb: knowsAll(),
    now: () => NOW,
    log: { ...silentLog, warn: (message: string) => void warnings.push(message) },
    warnings,
    concurrency: 8,
  };
}

/** A complete run of so many movies. */
async function complete(directory: string, count: number, runId = RUN) {
  const services = servicesIn(directory);
  await extract(
    { date: DATE, runId, topN: count, batchSize: 3 },
    { ...services, movies: listOf(movies(count)) },
  );
  await enrichDate({ date: DATE }, services);
  return services;
}

const lineageOf = async (directory: string) =>
  decodeJson(SilverLineage, await textOf(directory, 'silver', KEYS.lineage), 'lineage');

const recordOf = (directory: string, imdbId: string) =>
  join(directory, 'bronze', `dt=${DATE}`, `run=${RUN}`, `${imdbId}.json`);

t.test('the lineage says what the CSV was made of and how good it is', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 4);
  const summary = await silver(DATE, services);
  const lineage = await lineageOf(directory);
  t.same(lineage.bronze, (await readManifest(services.bronze, DATE, RUN))?.reference);
  t.same(lineage.silver, { key: KEYS.movies, sha256: summary.sha256, rows: 4, quarantined: 0 });
  t.same(lineage.statuses, { enriched: 4, not_found: 0, failed: 0 });
  t.match(lineage.nulls, {
    imdb_id: 0,
    title: 0,
    genres: 0,
    runtime_minutes: 4,
    box_office_usd: 4,
    writers: 4,
  });
  t.equal(await textOf(directory, 'silver', KEYS.quarantine), '', 'quarantine is written, and empty');
});

t.test('a record that cannot be used is quarantined with its reason, never dropped', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 8);
  const record = async (imdbId: string) => JSON.parse(await readFile(recordOf(directory, imdbId), 'utf8'));
  const spoil = async (imdbId: string, body: unknown) =>
    writeFile(recordOf(directory, imdbId), typeof body === 'string' ? body : JSON.stringify(body));
  await rm(recordOf(directory, 'tt0000001'));
  await spoil('tt0000002', JSON.stringify(await record('tt0000002')).slice(0, 100));
  await spoil('tt0000003', await record('tt0000007'));
  await spoil('tt0000004', { ...(await record('tt0000004')), version: 9 });
  await spoil('tt0000005', '');
  await spoil('tt0000006', { ...(await record('tt0000006')), runId: '20260102T030000Z-other' });
  const summary = await silver(DATE, services);
  t.match(summary, { rows: 2, quarantined: 6 });
  const lines = (await textOf(directory, 'silver', KEYS.quarantine)).trim().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { imdbId: 'tt0000001', rank: 1, reason: 'its record is missing', runId: RUN },
      { imdbId: 'tt0000002', reason: /its record is not JSON/ },
      { imdbId: 'tt0000003', reason: 'its record is of tt0000007' },
      { imdbId: 'tt0000004', reason: /version 9 is not known/ },
      { imdbId: 'tt0000005', reason: 'its record is empty' },
      { imdbId: 'tt0000006', reason: /its record is of run 20260102T030000Z-other/ },
    ],
  );
  t.equal(services.warnings.length, 6);
  t.match(await lineageOf(directory), { silver: { rows: 2, quarantined: 6 }, statuses: { enriched: 2 } });
});

t.test('a record of another date, and one of absurd size, are quarantined', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 5);
  const change = async (imdbId: string, facts: object) => {
    const record = JSON.parse(await readFile(recordOf(directory, imdbId), 'utf8'));
    const changed = {
      ...record,
      ...facts,
      omdb: { ...record.omdb, ...('omdb' in facts && (facts.omdb as object)) },
    };
    await writeFile(recordOf(directory, imdbId), JSON.stringify(changed));
  };
  await change('tt0000001', { date: '2026-01-01' });
  await change('tt0000002', { omdb: { Response: 'x'.repeat(9_000_000) } });
  await change('tt0000003', { omdb: { Plot: 'é'.repeat(2_100_000) } });
  await change('tt0000004', { omdb: { Plot: 'é'.repeat(2_097_000) } });
  t.match(await silver(DATE, services), { rows: 2, quarantined: 3 });
  const lines = (await textOf(directory, 'silver', KEYS.quarantine)).trim().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { imdbId: 'tt0000001', reason: 'its record is of 2026-01-01' },
      { imdbId: 'tt0000002', reason: 'its record is longer than 8388608 bytes' },
      { imdbId: 'tt0000003', reason: /^its row has 42\d{5} bytes$/ },
    ],
  );
  const plots: (number | undefined)[] = [];
  await readSilver(services.silver, DATE, ({ plot }) => plots.push(plot?.length));
  t.same(plots, [2_097_000, undefined], 'a row of the largest size is read back');
});

t.test('a movie that was given up keeps its list values', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 1);
  const record = JSON.parse(await readFile(recordOf(directory, 'tt0000001'), 'utf8'));
  await writeFile(
    recordOf(directory, 'tt0000001'),
    JSON.stringify({ ...record, status: 'failed', omdb: null, error: 'given up' }),
  );
  t.match(await silver(DATE, services), { rows: 1, statuses: { enriched: 0, failed: 1 } });
  const csv = await textOf(directory, 'silver', KEYS.movies);
  t.match(csv, /\ntt0000001,1,Movie 1,2000,,,,,Director 1,,Actor 1,,,,,,,,8\.0,1000,,,,,,false\n$/);
});

t.test('the same bronze gives the same bytes', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 5);
  await silver(DATE, services);
  const read = () => Promise.all(Object.values(KEYS).map((key) => textOf(directory, 'silver', key)));
  const first = await read();
  await silver(DATE, services);
  t.same(await read(), first);
});

t.test(
  'an old worker that wakes up late overwrites nothing, it starts over with the newer run',
  async (t) => {
    const directory = t.testdir();
    const services = await complete(directory, 3);
    let asleep = true;
    const slow: Store = {
      ...services.silver,
      put: async (key, body, condition) => {
        if (asleep) {
          asleep = false;
          const newer = await complete(directory, 5, '20260102T040000Z');
          await silver(DATE, newer);
        }
        return services.silver.put(key, body, condition);
      },
    };
    t.match(await silver(DATE, { ...services, silver: slow }), { rows: 5, runId: '20260102T040000Z' });
    t.match(await lineageOf(directory), { runId: '20260102T040000Z', silver: { rows: 5 } });
  },
);

t.test('without a complete run there is no silver, and nothing is written', async (t) => {
  const directory = t.testdir();
  const services = servicesIn(directory);
  await t.rejects(silver(DATE, services), { message: `${DATE} has no run yet`, hint: /run-all/ });
  const request = { date: DATE, runId: RUN, topN: 2, batchSize: 1 };
  await extract(request, { ...services, movies: listOf(movies(2)) });
  await t.rejects(silver(DATE, services), {
    message: /its run 20260102T030000Z is not complete/,
    hint: /enrich --date/,
  });
  t.same(await keysOf(services.silver.list('')), []);
});

t.test('a manifest that is not the one _SUCCESS vouches for is an error', async (t) => {
  const directory = t.testdir();
  const services = await complete(directory, 2);
  const manifest = join(directory, 'bronze', `dt=${DATE}`, `run=${RUN}`, '_manifest.json');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('Movie 1', 'Movie I'));
  await t.rejects(silver(DATE, services), { message: /was changed after the run/ });
  await rm(manifest);
  await t.rejects(silver(DATE, services), { message: /is gone/ });
});

/** The same, with a bronze that is quick to make. */
async function completeInMemory(directory: string, count: number) {
  const bronze = memoryStore('memory:');
  const services = { ...servicesIn(directory), bronze };
  await extract(
    { date: DATE, runId: RUN, topN: count, batchSize: 100 },
    { ...services, movies: listOf(movies(count)) },
  );
  await enrichDate({ date: DATE }, services);
  return services;
}

/** A store that counts what is read from it and how far that is ahead of what was written. */
function counted(bronze: Store) {
  const seen = { begun: 0, inFlight: 0, most: 0, finished: 0 };
  const store: Store = {
    ...bronze,
    get: async (key) => {
      if (!key.includes('/tt')) return bronze.get(key);
      seen.begun++;
      seen.most = Math.max(seen.most, ++seen.inFlight);
      try {
        // Answers come in any order.
        await sleep(seen.begun % 7);
        return await bronze.get(key);
      } finally {
        seen.inFlight--;
        seen.finished++;
      }
    },
  };
  return { store, seen };
}

t.test('records are read 64 at once and no further ahead, and the CSV goes out meanwhile', async (t) => {
  const COUNT = 1_200;
  const { bronze, ...services } = await completeInMemory(t.testdir(), COUNT);
  const { store, seen } = counted(bronze);
  const ahead: number[] = [];
  const chunks: string[] = [];
  let readAtFirst = 0;
  const target: Store = {
    ...services.silver,
    put: async (key, body, condition) => {
      if (key !== KEYS.movies) return services.silver.put(key, body, condition);
      const watched = (async function* () {
        let rows = -1;
        for await (const chunk of body as AsyncIterable<string>) {
          if (chunks.length === 0) readAtFirst = seen.begun;
          rows += chunk.split('\n').length - 1;
          ahead.push(seen.begun - rows);
          chunks.push(chunk);
          yield chunk;
        }
      })();
      return services.silver.put(key, watched, condition);
    },
  };
  t.match(await silver(DATE, { ...services, bronze: store, silver: target }), { rows: COUNT });
  t.equal(seen.begun, COUNT);
  t.equal(seen.most, 64, 'bounded, and used');
  t.ok(
    readAtFirst < COUNT,
    `the first of ${chunks.length} chunks left when ${readAtFirst} records were read`,
  );
  t.ok(Math.max(...ahead) <= 65, `${Math.max(...ahead)} records are read ahead of the rows that left`);
  const ranks: number[] = [];
  await readSilver(services.silver, DATE, ({ rank }) => ranks.push(rank));
  t.same(
    ranks,
    Array.from({ length: COUNT }, (_, index) => index + 1),
    'in rank order',
  );
});

t.test(
  'a manifest that breaks in its middle, or is another one at its end, leaves nothing behind',
  async (t) => {
    const COUNT = 700;
    const directory = t.testdir();
    const services = await completeInMemory(directory, COUNT);
    const key = `dt=${DATE}/run=${RUN}/_manifest.json`;
    const whole = services.bronze.objects.get(key)?.toString() ?? '';
    const broken: [string, string, { message: RegExp; hint?: RegExp }][] = [
      ['cut off', whole.slice(0, -1_000), { message: /is not JSON/, hint: /--reprocess all/ }],
      [
        'broken',
        whole.replace('tt0000650', 'tt650'),
        { message: /movies\.649: id: "tt650"/, hint: /--reprocess all/ },
      ],
      [
        'changed',
        whole.replace('Movie 650', 'Movie 65O'),
        { message: /was changed after the run/, hint: /--reprocess all/ },
      ],
      [
        'of another run',
        whole.replace(RUN, '20260102T030000Z-x'),
        { message: /is of run 20260102T030000Z-x of/ },
      ],
    ];
    for (const [name, text, expected] of broken) {
      t.not(text, whole, name);
      await services.bronze.put(key, text);
      const { store, seen } = counted(services.bronze);
      await t.rejects(silver(DATE, { ...services, bronze: store }), expected);
      t.ok(seen.begun >= 600, `${name}: ${seen.begun} records were read by then`);
      t.equal(seen.inFlight, 0);
      const left = await readdir(join(directory, 'silver'), { recursive: true, withFileTypes: true });
      t.same(
        left.filter((entry) => entry.isFile()).map((entry) => entry.name),
        [],
      );
    }
    await services.bronze.put(key, whole);
    t.match(await silver(DATE, services), { rows: COUNT });
  },
);

t.test('a manifest is closed when its reader leaves, and few files are open at once', async (t) => {
  const directory = t.testdir();
  const made = await completeInMemory(directory, 700);
  for (const [key, body] of made.bronze.objects) {
    const path = join(directory, 'bronze', key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
  }
  const services = servicesIn(directory);
  const opened = async () => (await readdir('/proc/self/fd')).length;
  const before = await opened();
  let most = 0;
  const watching: Store = {
    ...services.bronze,
    get: async (key) => {
      const answer = services.bronze.get(key);
      most = Math.max(most, await opened());
      return answer;
    },
  };
  await silver(DATE, { ...services, bronze: watching });
  t.ok(most - before <= 64 + 8, `${most - before} more files are open than before`);
  const failing: Store = {
    ...services.silver,
    put: async (_key, body) => {
      for await (const _chunk of body as AsyncIterable<string>) throw new Error('the disk is full');
      return 'written';
    },
  };
  await t.rejects(silver(DATE, { ...services, silver: failing }), /the disk is full/);
  for (let turn = 0; turn < 200 && (await opened()) > before; turn++) await sleep(5);
  t.equal(await opened(), before);
});
