import t, { type Test } from 'tap';
import { readSettings } from '../src/config.js';
import { bronzeKeys, goldKeys, silverKeys } from '../src/keys.js';
import { type Log, silentLog } from '../src/log.js';
import { stateOf } from '../src/operations/state.js';
import { messageOfBatch } from '../src/records/manifest.js';
import { readManifest } from '../src/records/runs.js';
import { silverColumns } from '../src/records/silver-row.js';
import { drainQueue, enrichBatch, enrichDate } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import type { Store } from '../src/stores/store.js';
import { wire } from '../src/wire.js';
import { contentsOf } from './support/cli.js';
import { answers, startOmdb } from './support/omdb-server.js';
import { DATE, keysOf, NOW, RUN } from './support/pipeline.js';
import { OMDB_KEY } from './support/secrets.js';

const FOREIGN = {
  message: /version: version 2 is not known: this release reads version 1$/,
  hint: /^another release of movie-etl wrote it: /,
};
const [FIRST, SECOND, THIRD] = ['tt0111161', 'tt0068646', 'tt0468569'] as const;

/** Fails without a retry in the same lookup: OMDb asks for more patience than one has. */
const busy = { status: 503, headers: { 'retry-after': '3600' } };

const manifestKey = bronzeKeys.manifest(DATE, RUN);
const successKey = bronzeKeys.success(DATE);
const recordKey = (imdbId: string) => bronzeKeys.record(DATE, RUN, imdbId);

/** A run of three movies on directories, with an OMDb over HTTP. What is warned of is kept. */
async function begun(t: Test, batchSize = 1) {
  const dataDir = t.testdir();
  const omdb = await startOmdb();
  t.teardown(omdb.close);
  const flags = { dataDir, omdbUrl: omdb.url, movies: omdb.moviesUrl };
  const settings = readSettings(flags, { OMDB_API_KEY: OMDB_KEY }, NOW, ['movies', 'omdb']);
  const adapters = await wire(settings, ['bronze', 'silver', 'gold', 'queue', 'movies', 'omdb']);
  t.teardown(adapters.close);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => warnings.push(message) };
  const services = { ...adapters, now: () => NOW, log, concurrency: 8 };
  const request = { date: DATE, runId: RUN, topN: 3, batchSize };
  await extract(request, services);
  const standing = await readManifest(services.bronze, DATE, RUN);
  if (!standing) throw new Error('no manifest');
  const message = (batch: number) => messageOfBatch(standing.manifest, batch);
  return { services, omdb, warnings, request, message, contents: () => contentsOf(dataDir) };
}

async function jsonOf(store: Store, key: string): Promise<Record<string, unknown>> {
  const found = await store.get(key);
  if (!found) throw new Error(`${key} is not there`);
  return JSON.parse(found.body.toString('utf8'));
}

/** Silver of the run: the lines of its CSV, and the null counts of its lineage. */
async function refined(services: Awaited<ReturnType<typeof begun>>['services']) {
  await enrichDate({ date: DATE }, services);
  const { rows, quarantined } = await silver(DATE, services);
  if (rows !== 3 || quarantined > 0) throw new Error(`${rows} rows, ${quarantined} quarantined`);
  const csv = await services.silver.get(silverKeys.movies(DATE));
  const { nulls } = await jsonOf(services.silver, silverKeys.lineage(DATE));
  return { lines: csv?.body.toString('utf8').split('\n') ?? [], nulls: nulls as Record<string, number> };
}

/** Puts other values into the fields of an object that stands. */
async function change(store: Store, key: string, fields: Record<string, unknown>): Promise<void> {
  await store.put(key, `${JSON.stringify({ ...(await jsonOf(store, key)), ...fields })}\n`);
}

t.test('every message, record, marker and lineage carries the version', async (t) => {
  const { services, omdb, contents } = await begun(t);
  const messages = [...(await contents())].filter(([path]) => /^queue\/\d/.test(path));
  t.equal(messages.length, 3);
  omdb.script = ({ id }) => (id === SECOND ? busy : undefined);
  await enrichDate({ date: DATE }, services);
  await enrichDate({ date: DATE, giveUp: [SECOND] }, services);
  await silver(DATE, services);
  await gold(DATE, services);
  const stored = [...(await contents())].filter(
    ([path]) => !/\.movie-etl-|\.csv$|\.ndjson$|^queue\//.test(path),
  );
  t.same(
    stored.map(([path]) => path.replace(`dt=${DATE}/run=${RUN}/`, '')),
    [
      `bronze/dt=${DATE}/_SUCCESS`,
      'bronze/_done/000/000000',
      'bronze/_done/000/000001',
      'bronze/_done/000/000002',
      'bronze/_done/_groups/000',
      'bronze/_errors/000001.json',
      'bronze/_manifest.json',
      `bronze/${SECOND}.json`,
      `bronze/${FIRST}.json`,
      `bronze/${THIRD}.json`,
      `gold/_lineage/dt=${DATE}.json`,
      `silver/_lineage/dt=${DATE}.json`,
    ],
  );
  for (const [path, text] of [...messages, ...stored]) t.equal(JSON.parse(text).version, 1, path);
});

t.test('an unknown version is an error that says so and what to do, and nothing is written', async (t) => {
  const { services, request, message, contents } = await begun(t, 3);
  const { bronze } = services;
  const refuses = async (what: string, work: () => Promise<unknown>) => {
    const before = await contents();
    await t.rejects(work(), FOREIGN, what);
    t.same(await contents(), before, `${what} writes nothing`);
  };

  await change(bronze, manifestKey, { version: 2 });
  await refuses('enrich of a date whose manifest is foreign', () => enrichDate({ date: DATE }, services));
  await refuses('extract that would go on with it', () => extract(request, services));
  await change(bronze, manifestKey, { version: 1 });

  await enrichBatch(message(0), services);
  await change(bronze, manifestKey, { version: 2 });
  await refuses('silver of a foreign manifest', () => silver(DATE, services));
  await change(bronze, manifestKey, { version: 1 });

  await change(bronze, successKey, { version: 2 });
  await refuses('silver of a foreign _SUCCESS', () => silver(DATE, services));
  await refuses('enrich of a date that has one', () => enrichDate({ date: DATE }, services));
  await refuses('the state of the date', () => stateOf(DATE, services));
  const { version, ...unversioned } = await jsonOf(bronze, successKey);
  t.equal(version, 2);
  await bronze.put(successKey, JSON.stringify(unversioned));
  await t.rejects(
    silver(DATE, services),
    { message: /version: version undefined is not known/ },
    'no version',
  );
});

t.test('a batch that meets a foreign _SUCCESS fails alone, and leaves it as it is', async (t) => {
  const { services, request, message, warnings } = await begun(t, 3);
  const { bronze, queue } = services;
  await enrichBatch(message(0), services);
  await change(bronze, successKey, { version: 2, runId: '20260102T010000Z' });
  const before = await bronze.get(successKey);
  const next = '2026-01-03';
  await extract({ ...request, date: next, runId: '20260103T030000Z' }, services);
  const { runs } = await drainQueue(services);
  t.match(runs, [
    { date: DATE, complete: false, failed: [{ batch: 0, imdbId: null, verdict: 'stop' }] },
    { date: next, complete: true, failed: [] },
  ]);
  t.same(await bronze.get(successKey), before);
  t.same(await queue.depth(), { ready: 0, hidden: 1, dead: 0 }, 'its message comes back');
  t.match(
    warnings,
    [FOREIGN.message.source.slice(0, -1)].map((text) => new RegExp(text)),
  );
  t.match(await jsonOf(bronze, bronzeKeys.error(DATE, RUN, 0)), { imdbId: null, message: FOREIGN.message });
});

t.test('a record of an unknown version is quarantined, a reason of one is not read', async (t) => {
  const { services, omdb, warnings } = await begun(t);
  const { bronze } = services;
  omdb.script = ({ id }) => (id === SECOND ? busy : undefined);
  t.match(await enrichDate({ date: DATE }, services), { enriched: 2, complete: false });
  await change(bronze, bronzeKeys.error(DATE, RUN, 1), { version: 2 });
  t.match(await enrichDate({ date: DATE, giveUp: [SECOND] }, services), { given_up: 1, complete: true });
  t.match(await jsonOf(bronze, recordKey(SECOND)), { status: 'failed', error: 'given up' });
  t.match(warnings, [/^why tt0068646 failed cannot be read: error .*version 2 is not known/]);

  await change(bronze, recordKey(THIRD), { version: 2 });
  t.match(await silver(DATE, services), { rows: 2, quarantined: 1, statuses: { enriched: 1, failed: 1 } });
  t.match(await jsonOf(services.silver, silverKeys.quarantine(DATE)), {
    imdbId: THIRD,
    reason: 'its record: version: version 2 is not known: this release reads version 1',
  });
  t.match(await enrichDate({ date: DATE }, services), { standing: 3 }, 'and is not fetched again');
});

t.test('a lineage of an unknown version vouches for nothing: the layer is built again', async (t) => {
  const { services } = await begun(t);
  await enrichDate({ date: DATE }, services);
  await silver(DATE, services);
  await gold(DATE, services);
  t.match(await stateOf(DATE, services), { silver: 'fresh', gold: 'fresh' });
  for (const [store, key, what] of [
    [services.silver, silverKeys.lineage(DATE), 'silver'],
    [services.gold, goldKeys.lineage(DATE), 'gold'],
  ] as const) {
    const before = (await store.get(key))?.body;
    await change(store, key, { version: 2 });
    t.not((await stateOf(DATE, services))[what], 'fresh', what);
    await silver(DATE, services);
    await gold(DATE, services);
    t.same((await store.get(key))?.body, before, `${what} is built again, as it was`);
    t.match(await stateOf(DATE, services), { silver: 'fresh', gold: 'fresh' });
  }
});

t.test('fields that are added within a version are passed over', async (t) => {
  const { services, message } = await begun(t, 3);
  const { bronze, queue } = services;
  const added = { added: { by: ['a newer release'] } };
  await change(bronze, manifestKey, added);
  const sent = message(0);
  const [received] = await queue.receive(1);
  if (received) await queue.acknowledge([received]);
  const movies = sent.movies.map((movie) => ({ ...movie, ...added }));
  const body = JSON.stringify({ ...sent, ...added, run: { ...sent.run, ...added }, movies });
  await queue.send([{ body, group: 'added', deduplicationId: 'added' }]);
  t.match(await drainQueue(services), { runs: [{ enriched: 3, complete: true }], unreadable: [] });
  t.notMatch(Object.keys((await jsonOf(bronze, recordKey(FIRST))).movie as object), ['added']);
  for (const key of [successKey, recordKey(FIRST)]) await change(bronze, key, added);
  t.match(await silver(DATE, services), { rows: 3, quarantined: 0 });
  await change(services.silver, silverKeys.lineage(DATE), added);
  await gold(DATE, services);
  await change(services.gold, goldKeys.lineage(DATE), added);
  t.match(await stateOf(DATE, services), { silver: 'fresh', gold: 'fresh' });
});

t.test('what OMDb adds is kept as it came, what it leaves out or changes is null', async (t) => {
  const plain = await refined((await begun(t)).services);
  const { services, omdb } = await begun(t);
  const usual = (id: string) => answers.get(id) ?? {};
  const { Metascore, Awards, ...fewer } = usual(SECOND);
  t.ok(Metascore && Awards, 'they are there usually');
  const changed: Record<string, Record<string, unknown>> = {
    [FIRST]: { Streaming: [{ on: 'Films+', until: null, price: 3.5 }], ...usual(FIRST), Ünïcode: { a: {} } },
    [SECOND]: fewer,
    [THIRD]: { ...usual(THIRD), Runtime: 152, Genre: ['Action', 'Crime'], Ratings: 'none', Released: null },
  };
  omdb.script = ({ id }) => (changed[id] ? { body: changed[id] } : undefined);
  const { lines, nulls } = await refined(services);
  for (const [id, answer] of Object.entries(changed)) {
    const { omdb: kept } = await jsonOf(services.bronze, recordKey(id));
    t.equal(JSON.stringify(kept), JSON.stringify(answer), id);
  }
  t.equal(lines[0], silverColumns.join(','));
  t.equal(lines[1], plain.lines[1], 'an added field changes nothing of its row');
  const more = Object.entries(nulls).map(([column, count]) => [column, count - (plain.nulls[column] ?? 0)]);
  t.same(Object.fromEntries(more.filter(([, count]) => count !== 0)), {
    awards: 1,
    oscar_wins: 1,
    award_wins: 1,
    award_nominations: 1,
    metascore: 1,
    genres: 1,
    rotten_tomatoes: 1,
    released: 1,
  });
});

t.test('a silver with columns of another release is refused by gold, which says what to do', async (t) => {
  const { services } = await begun(t);
  await enrichDate({ date: DATE }, services);
  await silver(DATE, services);
  const key = silverKeys.movies(DATE);
  const lines = (await services.silver.get(key))?.body.toString('utf8').trimEnd().split('\n') ?? [];
  const widened = lines.map((line, index) => `${line},${index === 0 ? 'streaming' : 'x'}\n`).join('');
  const narrowed = lines.map((line) => `${line.replace(/,[^,]*$/, '')}\n`).join('');
  for (const [csv, message] of [
    [widened, `${key}: its header has an unknown "streaming"`],
    [narrowed, `${key}: its header lacks enriched`],
  ] as const) {
    await services.silver.put(key, csv);
    await t.rejects(gold(DATE, services), {
      message,
      hint: `make the file again with: movie-etl silver --date ${DATE}`,
    });
    t.same(await keysOf(services.gold.list('')), []);
    t.match(await stateOf(DATE, services), { silver: 'stale', gold: 'missing' });
  }
  await silver(DATE, services);
  t.match(await gold(DATE, services), { movies: 3 });
});
