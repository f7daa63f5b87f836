import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { csvText } from '../../src/csv.js';
import { datasets } from '../../src/datasets/index.js';
import { silentLog } from '../../src/log.js';
import { planOf } from '../../src/operations/reprocess.js';
import { stateOf } from '../../src/operations/state.js';
import type { OmdbAnswer } from '../../src/records/bronze-record.js';
import { decodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { GoldLineage } from '../../src/records/markers.js';
import type { ListItem } from '../../src/records/movie-list.js';
import { type SilverColumn, silverColumns } from '../../src/records/silver-row.js';
import { enrichDate } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { dirStore } from '../../src/stores/dir.js';
import type { Store } from '../../src/stores/store.js';
import { cli, contentsOf, told } from '../support/cli.js';
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

/** A silver whose movies have texts of every kind, and so much plot. */
function silverText(facts: readonly Partial<Record<SilverColumn, string>>[], plotLength: number): string {
  const rows = facts.map((fact, index) => {
    const fields: Partial<Record<SilverColumn, string>> = {
      imdb_id: `tt${String(index + 1).padStart(7, '0')}`,
      rank: String(index + 1),
      title: ['Léon', 'Crouching, hidden', 'Said "so"', '=1+1', '龍'][index % 5] ?? '',
      year: index % 11 === 0 ? '' : String(1920 + ((index * 7) % 104)),
      genres: index % 3 === 0 ? 'Drama' : 'Crime|Drama',
      directors: `Director ${index % 40}`,
      actors: `Actor ${index % 90}|Actor ${(index * 3) % 90}`,
      countries: index % 4 === 0 ? 'France|日本' : 'France',
      plot: 'p'.repeat(plotLength),
      oscar_wins: String(index % 13),
      imdb_rating: `${index % 10}.${index % 7}`,
      imdb_votes: String(index * 1001),
      box_office_usd: index % 3 === 0 ? '' : String(index * 99_999),
      enriched: 'true',
      ...fact,
    };
    return silverColumns.map((column) => fields[column] ?? '');
  });
  return csvText([silverColumns, ...rows]);
}

/** A movie whose line is longer than what is cut off a file at once. */
const LONG = 1_100_000;

/** The stage as it is built: only there can it start threads, each of which loads a file of its own. */
const built: typeof import('../../src/stages/gold.js') = await import(
  new URL('../../dist/stages/gold.js', import.meta.url).href
);
const crews = [
  { name: 'alone', gold, threads: 0 },
  { name: 'with threads', gold: built.gold, threads: 2 },
];

/** Stores in memory, with these silvers. */
function layersOf(silvers: Record<string, string>) {
  const keyed = Object.entries(silvers).map(
    ([date, text]) => [`movies/dt=${date}/movies.csv`, Buffer.from(text)] as const,
  );
  return { silver: memoryStore('silver', keyed), gold: memoryStore('gold'), log: silentLog };
}

t.test('threads make the same bytes, also of what was dropped, and the command uses them', async (t) => {
  const today = Array.from({ length: 6000 }, () => ({}));
  const yesterday = today.slice(1000).map((_, index) => ({
    imdb_id: `tt${String(index % 50 === 0 ? 900_000 + index : index * 2 + 3).padStart(7, '0')}`,
  }));
  const silvers = { [MONDAY]: silverText(yesterday, 700), [TUESDAY]: silverText(today, 700) };
  const [alone, threaded] = [layersOf(silvers), layersOf(silvers)];
  await gold(TUESDAY, alone, { escapeFormulas: true });
  await built.gold(TUESDAY, threaded, { escapeFormulas: true, threads: 3 });
  t.equal(alone.gold.objects.size, 14);
  const changes = String(alone.gold.objects.get(`rank_changes/dt=${TUESDAY}/rank_changes.csv`));
  t.equal(changes.match(/,dropped\n/g)?.length, 2061);
  t.match(changes, /\ntt0900050,Léon,2026-01-05,51,,,dropped\n/);
  const asTexts = (objects: Map<string, Buffer>) =>
    new Map([...objects].map(([key, body]) => [key, String(body)]));
  t.ok(isDeepStrictEqual(asTexts(threaded.gold.objects), asTexts(alone.gold.objects)));

  const directory = t.testdir();
  for (const [date, text] of Object.entries(silvers)) {
    await mkdir(join(directory, `silver/movies/dt=${date}`), { recursive: true });
    await writeFile(join(directory, `silver/movies/dt=${date}/movies.csv`), text);
  }
  const args = ['gold', '--date', TUESDAY, '--data-dir', directory, '--escape-formulas', '--verbose'];
  const run = await cli(args, { cwd: directory });
  t.equal(run.code, 0, told(run));
  t.match(run.stderr, /up to \d threads share the work on silver/);
  const files = await contentsOf(join(directory, 'gold'));
  t.ok(isDeepStrictEqual(new Map([...files].sort()), new Map([...asTexts(alone.gold.objects)].sort())));
});

t.test(
  'a previous silver that is another one for a moment, when dropped movies are looked up, is noticed',
  async (t) => {
    const dropped: Partial<Record<SilverColumn, string>>[] = [{ imdb_id: 'tt0000009' }, {}, {}];
    const layers = layersOf({ [MONDAY]: silverText(dropped, 10), [TUESDAY]: silverText([{}, {}], 10) });
    const another = Buffer.from(silverText(dropped.with(0, { imdb_id: 'tt0000009', title: 'Another' }), 10));
    let looks = 0;
    const read: Store['read'] = async (key) =>
      key.includes(MONDAY) && ++looks === 2 ? { body: Readable.from([another]) } : layers.silver.read(key);
    await gold(TUESDAY, { ...layers, silver: { ...layers.silver, read } });
    t.equal(looks, 4, 'it started over');
    const changes = String(layers.gold.objects.get(`rank_changes/dt=${TUESDAY}/rank_changes.csv`));
    t.match(changes, /\ntt0000009,Léon,2026-01-05,1,,,dropped\n$/);
  },
);

/** What each of them made of the same silver. */
const made: Record<string, Buffer>[] = [];

for (const { name, gold, threads } of crews) {
  t.test(`${name}, silver is read no further than the slowest put has come`, async (t) => {
    const movies = 24;
    const text = silverText(
      Array.from({ length: movies }, () => ({})),
      LONG,
    );
    const layers = layersOf({ [MONDAY]: text });
    let read = 0;
    async function* counted() {
      for (const line of text.split(/(?<=\n)/)) {
        yield Buffer.from(line);
        read++;
      }
    }
    const silver = { ...layers.silver, read: async () => ({ body: Readable.from(counted()) }) };
    let furthest = 0;
    const slow: Store['put'] = async (key, body, condition) => {
      if (typeof body === 'string' || Buffer.isBuffer(body)) return layers.gold.put(key, body, condition);
      const chunks: Buffer[] = [];
      for await (const chunk of body) {
        chunks.push(Buffer.from(chunk));
        if (!key.startsWith('rank_changes')) continue;
        // Whoever reads on meanwhile comes far in so many turns.
        for (let turn = 0; turn < 50; turn++) await setImmediate();
        furthest = Math.max(furthest, read - chunks.length);
      }
      return layers.gold.put(key, Buffer.concat(chunks), condition);
    };
    await gold(MONDAY, { ...layers, silver, gold: { ...layers.gold, put: slow } }, { threads });
    t.equal(read, movies + 1);
    made.push(Object.fromEntries(layers.gold.objects));
    t.same(made.at(-1), made[0], 'whoever made it');
    // In work, handed over, and in the buffers of the stream that is read (two) and of the pieces that are cut (one).
    const most = Math.max(1, threads * 2) + 4;
    t.ok(furthest > 0 && furthest <= most, `at most ${furthest} pieces ahead, allowed are ${most}`);
  });

  t.test(`${name}, a line that is wrong is named wherever it is, and nothing is put`, async (t) => {
    const rows: Partial<Record<SilverColumn, string>>[] = Array.from({ length: 9 }, () => ({}));
    const cases: [string, number, Partial<Record<SilverColumn, string>>, RegExp][] = [
      ['a field', 7, { imdb_votes: 'many' }, /line 9: imdb_votes cannot be "many"$/],
      ['the order', 7, { rank: '3' }, /line 9: rank 3 after rank 7 is out of order$/],
    ];
    for (const [what, index, fact, message] of cases) {
      const layers = layersOf({ [MONDAY]: silverText(rows.with(index, fact), LONG) });
      const hint = `make the file again with: movie-etl silver --date ${MONDAY}`;
      await t.rejects(gold(MONDAY, layers, { threads }), { name: 'DecodeError', message, hint }, what);
      t.same([...layers.gold.objects.keys()], [], what);
    }
  });

  t.test(
    `${name}, a put that fails ends the others, and a put that is refused early starts over`,
    async (t) => {
      const text = silverText(
        Array.from({ length: 8 }, () => ({})),
        LONG,
      );
      const layers = layersOf({ [MONDAY]: text });
      const full = new Error('no space is left');
      const failing: Store['put'] = async (key, body, condition) => {
        if (!key.startsWith('top_rated')) return layers.gold.put(key, body, condition);
        for await (const chunk of body as AsyncIterable<Buffer>)
          if (!String(chunk).startsWith('rank,')) throw full;
        return 'written';
      };
      const failed = gold(MONDAY, { ...layers, gold: { ...layers.gold, put: failing } }, { threads });
      t.equal(await failed.catch((error) => error), full);
      t.same([...layers.gold.objects.keys()], []);

      let refused = 0;
      const refusing: Store['put'] = async (key, body, condition) =>
        key.startsWith('rank_changes') && refused++ === 0
          ? 'conflict'
          : layers.gold.put(key, body, condition);
      await gold(MONDAY, { ...layers, gold: { ...layers.gold, put: refusing } }, { threads });
      t.equal(refused, 2);
      t.equal(layers.gold.objects.size, 14);
    },
  );

  t.test(`${name}, an interrupt ends the work`, async (t) => {
    const layers = layersOf({
      [MONDAY]: silverText(
        Array.from({ length: 12 }, () => ({})),
        LONG,
      ),
    });
    const person = new AbortController();
    const put: Store['put'] = async (key, body) => {
      let chunks = 0;
      for await (const _ of body as AsyncIterable<Buffer>) if (++chunks === 6) person.abort();
      throw new Error(`${key} was put whole, of ${chunks} pieces`);
    };
    const services = { ...layers, gold: { ...layers.gold, put }, signal: person.signal };
    await t.rejects(gold(MONDAY, services, { threads }), { name: 'InterruptedError' });
    t.notOk(process.getActiveResourcesInfo().includes('MessagePort'), 'no thread is left');
  });
}
