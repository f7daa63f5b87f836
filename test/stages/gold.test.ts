import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { silentLog } from '../../src/log.js';
import { planOf } from '../../src/operations/reprocess.js';
import { stateOf } from '../../src/operations/state.js';
import type { OmdbAnswer } from '../../src/records/bronze-record.js';
import { decodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { GoldLineage } from '../../src/records/markers.js';
import type { ListItem } from '../../src/records/movie-list.js';
import { enrichDate } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { dirStore } from '../../src/stores/dir.js';
import type { Store } from '../../src/stores/store.js';
import { memoryStore } from '../support/memory-store.js';
import { knowsAll, listOf, movie, movies } from '../support/movies.js';
import { keysOf, NOW, textOf } from '../support/pipeline.js';

const [MONDAY, TUESDAY, WEDNESDAY] = ['2026-01-05', '2026-01-06', '2026-01-07'] as const;

function servicesIn(directory: string) {
  return {
    bronze: dirStore(join(directory, 'bronze')),
    silver: dirStore(join(directory, 'silver')),
    gold: dirStore(join(directory, 'gold')),
    queue: { send: async () => {} },
    omdb: knowsAll(),
    now: () => NOW,
    log: silentLog,
    concurrency: 8,
  };
}

/** Silver of a date, made of this list. */
async function silverOf(directory: string, date: string, list: ListItem[], second = '00') {
  const services = servicesIn(directory);
  const runId = `${date.replaceAll('-', '')}T0300${second}Z`;
  await extract({ date, runId, topN: list.length, batchSize: 10 }, { ...services, movies: listOf(list) });
  await enrichDate({ date }, services);
  await silver(date, services);
  return services;
}

const changesOf = async (directory: string, date: string) =>
  (await textOf(directory, 'gold', `rank_changes/dt=${date}/rank_changes.csv`)).trim().split('\n').slice(1);

const lineageOf = async (directory: string, date: string) =>
  decodeJson(GoldLineage, await textOf(directory, 'gold', `_lineage/dt=${date}.json`), 'lineage');

t.test('the lineage vouches for every dataset, for silver and for the previous silver', async (t) => {
  const directory = t.testdir();
  await silverOf(directory, MONDAY, movies(3));
  const services = await silverOf(directory, TUESDAY, movies(4));
  await gold(TUESDAY, services);
  const lineage = await lineageOf(directory, TUESDAY);
  const hash = async (layer: string, key: string) => sha256(await textOf(directory, layer, key));
  t.same(lineage.silver, {
    key: `movies/dt=${TUESDAY}/movies.csv`,
    sha256: await hash('silver', `movies/dt=${TUESDAY}/movies.csv`),
    rows: 4,
  });
  t.same(lineage.previous, {
    date: MONDAY,
    key: `movies/dt=${MONDAY}/movies.csv`,
    sha256: await hash('silver', `movies/dt=${MONDAY}/movies.csv`),
  });
  t.same(
    Object.keys(lineage.datasets),
    datasets.map(({ name }) => name),
  );
  for (const { key, sha256 } of Object.values(lineage.datasets))
    t.equal(sha256, await hash('gold', key), key);
  t.equal(lineage.datasets.top_rated?.rows, 4);
  t.equal(lineage.datasets.summary?.rows, 1);
});

t.test('rank_changes compares with the newest earlier date in silver', async (t) => {
  const directory = t.testdir();
  await silverOf(directory, MONDAY, [movie(1), movie(2), movie(3), movie(4)]);
  const swapped = [movie(2, { rank: '1' }), movie(1, { rank: '2' }), movie(3), movie(9, { rank: '4' })];
  const services = await silverOf(directory, WEDNESDAY, swapped);
  t.match(await gold(WEDNESDAY, services), { previousDate: MONDAY });
  t.same(await changesOf(directory, WEDNESDAY), [
    'tt0000002,Title tt0000002,2026-01-05,2,1,1,up',
    'tt0000001,Title tt0000001,2026-01-05,1,2,-1,down',
    'tt0000003,Title tt0000003,2026-01-05,3,3,0,same',
    'tt0000009,Title tt0000009,,,4,,new',
    'tt0000004,Title tt0000004,2026-01-05,4,,,dropped',
  ]);
});

t.test('a date whose silver changes takes the next later gold along', async (t) => {
  const directory = t.testdir();
  await silverOf(directory, MONDAY, movies(2));
  const services = await silverOf(directory, WEDNESDAY, movies(3));
  for (const date of [MONDAY, WEDNESDAY]) t.same((await gold(date, services)).rebuilt, []);
  const state = async () => (await stateOf(WEDNESDAY, services)).gold;
  t.equal(await state(), 'fresh');

  await silverOf(directory, TUESDAY, [movie(3, { rank: '1' }), movie(1, { rank: '2' })]);
  t.equal(await state(), 'stale', 'a date came in between');
  t.same((await gold(TUESDAY, services)).rebuilt, [WEDNESDAY]);
  t.equal(await state(), 'fresh');
  t.match(await changesOf(directory, WEDNESDAY), [/^tt0000001,.*,2026-01-06,2,1,1,up$/, /new$/, /down$/]);

  await silverOf(directory, MONDAY, [movie(7, { rank: '1' })], '05');
  t.same((await gold(MONDAY, services)).rebuilt, [TUESDAY], 'Wednesday compares with Tuesday, which stands');
});

t.test('a later silver that cannot be read fails no date but its own', async (t) => {
  const directory = t.testdir();
  const services = await silverOf(directory, MONDAY, movies(2));
  await silverOf(directory, TUESDAY, movies(2));
  for (const date of [MONDAY, TUESDAY]) await gold(date, services);
  await writeFile(join(directory, 'silver', `movies/dt=${TUESDAY}/movies.csv`), 'rank\n1\n');
  await silverOf(directory, MONDAY, movies(3), '01');
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
  t.match(await gold(MONDAY, { ...services, log }), { movies: 3, rebuilt: [] });
  t.match(warnings, [/^gold of 2026-01-06 stays as it is: movies\/dt=2026-01-06\/movies.csv/]);
  await t.rejects(gold(TUESDAY, services), { name: 'DecodeError' });
});

t.test('a previous silver that changes while gold works makes it start over', async (t) => {
  const directory = t.testdir();
  await silverOf(directory, MONDAY, [movie(1)]);
  const services = await silverOf(directory, TUESDAY, [movie(1), movie(2)]);
  let changed = false;
  const slow: Store = {
    ...services.gold,
    put: async (key, body, condition) => {
      if (!changed) {
        changed = true;
        await silverOf(directory, MONDAY, [movie(2, { rank: '1' })], '07');
      }
      return services.gold.put(key, body, condition);
    },
  };
  await gold(TUESDAY, { ...services, gold: slow });
  t.match(await changesOf(directory, TUESDAY), [
    /^tt0000001,.*new$/,
    /^tt0000002,.*,2026-01-05,1,2,-1,down$/,
  ]);
  t.equal((await stateOf(TUESDAY, services)).gold, 'fresh');
});

t.test('a gold that somebody else wrote meanwhile is made anew, of the silver that stands', async (t) => {
  const directory = t.testdir();
  const services = await silverOf(directory, MONDAY, movies(2));
  let asleep = true;
  const slow: Store = {
    ...services.gold,
    put: async (key, body, condition) => {
      if (asleep) {
        asleep = false;
        await silverOf(directory, MONDAY, movies(3), '09');
        await gold(MONDAY, services);
      }
      return services.gold.put(key, body, condition);
    },
  };
  t.match(await gold(MONDAY, { ...services, gold: slow }), { movies: 3 });
  t.equal((await changesOf(directory, MONDAY)).length, 3);
});

t.test('the same silver gives the same bytes', async (t) => {
  const directory = t.testdir();
  const services = await silverOf(directory, MONDAY, movies(30));
  const read = async () =>
    Promise.all((await keysOf(services.gold.list(''))).map((key) => textOf(directory, 'gold', key)));
  await gold(MONDAY, services);
  const first = await read();
  t.equal(first.length, 14);
  await gold(MONDAY, services);
  t.same(await read(), first);
});

t.test('what is not silver is refused by name and line, and nothing is written', async (t) => {
  const directory = t.testdir();
  const services = await silverOf(directory, MONDAY, movies(3));
  await t.rejects(gold(TUESDAY, services), {
    message: `${TUESDAY} has no silver yet`,
    hint: /movie-etl silver/,
  });
  const path = join(directory, 'silver', `movies/dt=${MONDAY}/movies.csv`);
  const csv = await textOf(path);
  const cases: [string, string, RegExp][] = [
    ['another header', csv.replace('imdb_id', 'id'), /header lacks imdb_id/],
    ['a missing field', csv.replace(',Drama', ''), /line 2 has 25 fields, not 26/],
    ['a rank that is none', csv.replace('tt0000002,2', 'tt0000002,two'), /line 3: rank cannot be "two"/],
    [
      'rows out of order',
      csv.replace('tt0000002,2', 'tt0000002,7'),
      /line 4: rank 3 after rank 7 is out of order/,
    ],
    ['nothing', '', /is empty/],
  ];
  for (const [name, text, message] of cases) {
    await writeFile(path, text);
    await t.rejects(gold(MONDAY, services), { name: 'DecodeError', message }, name);
  }
  t.same(await keysOf(services.gold.list('')), []);
});

t.test('a silver without a row gives all datasets with their headers', async (t) => {
  const directory = t.testdir();
  const services = await silverOf(directory, MONDAY, movies(1));
  const path = join(directory, 'silver', `movies/dt=${MONDAY}/movies.csv`);
  await writeFile(path, `${(await textOf(path)).split('\n')[0]}\n`);
  const { datasets: made } = await gold(MONDAY, services);
  t.same(
    made.map(({ rows }) => rows),
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  );
  t.match(await textOf(directory, 'gold', `summary/dt=${MONDAY}/summary.csv`), /\n0,0,0,,,,,,,\n$/);
});

t.test(
  'escaped formulas are in texts only, in the lineage, and in the next date that is built again',
  async (t) => {
    const directory = t.testdir();
    const titles = ['=HYPERLINK("http://x","y")', '-30-', "'=1", 'Plain'];
    const list = titles.map((title, index) => movie(index + 1, { title }));
    const omdb = {
      lookup: async (): Promise<OmdbAnswer> => ({ status: 'not_found', omdb: {}, error: 'no such movie' }),
    };
    const silverAt = async (date: string, items: ListItem[], second: string) => {
      const services = { ...servicesIn(directory), omdb };
      const runId = `${date.replaceAll('-', '')}T0300${second}Z`;
      await extract(
        { date, runId, topN: items.length, batchSize: 10 },
        { ...services, movies: listOf(items) },
      );
      await enrichDate({ date }, services);
      await silver(date, services);
      return services;
    };
    await silverAt(MONDAY, list, '00');
    const services = await silverAt(
      TUESDAY,
      [movie(9, { rank: 1 }), ...list.map((each, index) => ({ ...each, rank: index + 2 }))],
      '00',
    );
    await gold(MONDAY, services);
    await gold(TUESDAY, services);
    t.match(
      (await changesOf(directory, TUESDAY))[1],
      /^tt0000001,"=HYPERLINK\(""http:\/\/x"",""y""\)",2026-01-05,1,2,-1,down$/,
    );

    await silverAt(MONDAY, list.slice(0, 3), '01');
    t.match(await gold(MONDAY, services, { escapeFormulas: true }), { rebuilt: [TUESDAY] });
    t.same(await changesOf(directory, TUESDAY), [
      'tt0000009,Movie 9,,,1,,new',
      `tt0000001,"'=HYPERLINK(""http://x"",""y"")",2026-01-05,1,2,-1,down`,
      "tt0000002,'-30-,2026-01-05,2,3,-1,down",
      "tt0000003,''=1,2026-01-05,3,4,-1,down",
      'tt0000004,Plain,,,5,,new',
    ]);
    const { datasets: made } = await lineageOf(directory, TUESDAY);
    for (const { key, sha256: expected } of Object.values(made))
      t.equal(sha256(await textOf(directory, 'gold', key)), expected, key);
    t.match(await textOf(directory, 'silver', `movies/dt=${MONDAY}/movies.csv`), /\ntt0000002,2,-30-,/);
    t.match(await stateOf(TUESDAY, services), { gold: 'fresh' });
  },
);

t.test('a slow worker leaves no gold of a silver that came and went while it worked', async (t) => {
  const silverText = async (name: string, count: number) => {
    const directory = join(t.testdirName, name);
    await silverOf(directory, MONDAY, movies(count));
    return textOf(directory, 'silver', `movies/dt=${MONDAY}/movies.csv`);
  };
  t.testdir();
  const [now, meanwhile] = [await silverText('now', 3), await silverText('meanwhile', 4)];
  const store = { silver: memoryStore('silver'), gold: memoryStore('gold') };
  const put = (text: string) => store.silver.put(`movies/dt=${MONDAY}/movies.csv`, text);
  await put(now);
  await gold(MONDAY, { ...store, log: silentLog });
  const expected = new Map(store.gold.objects);

  await put(meanwhile);
  let begun = false;
  const slow = {
    ...store.gold,
    // It has read the silver of meanwhile. Before it puts anything, that is replaced, and gold made of the other one.
    put: async (...args: Parameters<Store['put']>) => {
      if (!begun) {
        begun = true;
        await put(now);
        await gold(MONDAY, { ...store, log: silentLog });
      }
      return store.gold.put(...args);
    },
  };
  await gold(MONDAY, { silver: store.silver, gold: slow, log: silentLog });
  t.ok(begun);
  t.same(
    store.gold.objects,
    expected,
    'the etags of its outputs are those that it saw, yet its silver is another',
  );
});

t.test('a gold that ended before the next date was built again is known to be behind', async (t) => {
  const directory = t.testdir();
  await silverOf(directory, MONDAY, movies(3));
  const services = await silverOf(directory, TUESDAY, movies(3));
  for (const date of [MONDAY, TUESDAY]) await gold(date, services);
  t.equal((await stateOf(MONDAY, services)).nextIsBehind, false);

  await silverOf(directory, MONDAY, movies(2), '30');
  const endsThere = { ...services.silver, list: async function* () {} };
  await gold(MONDAY, { ...services, silver: endsThere });
  const state = await stateOf(MONDAY, services);
  t.match(state, { silver: 'fresh', gold: 'fresh', nextIsBehind: true });
  t.same(planOf(state, 'failed'), { bronze: 'keep', silver: false, gold: true });

  const { rebuilt } = await gold(MONDAY, services);
  t.same(rebuilt, [TUESDAY]);
  t.equal(planOf(await stateOf(MONDAY, services), 'failed'), undefined);
});
