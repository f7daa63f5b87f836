import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../src/log.js';
import type { ListItem } from '../src/records/movie-list.js';
import { datesBetween } from '../src/records/run.js';
import { enrichDate } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import { dirStore } from '../src/stores/dir.js';
import { cli, contentsOf, jsonLines, linesOf } from './support/cli.js';
import { knowsAll, listOf, movie, movies } from './support/movies.js';
import { movieList, startOmdb } from './support/omdb-server.js';
import { NOW } from './support/pipeline.js';
import { OMDB_KEY } from './support/secrets.js';

/** Most of the time is the start of processes, and their writes. */
t.jobs = 2;

function servicesIn(cwd: string) {
  return {
    bronze: dirStore(join(cwd, 'data/bronze')),
    silver: dirStore(join(cwd, 'data/silver')),
    gold: dirStore(join(cwd, 'data/gold')),
    queue: { send: async () => {} },
    omdb: knowsAll(),
    now: () => NOW,
    log: silentLog,
    concurrency: 8,
  };
}

/** Older than whatever a test starts itself. */
const runOf = (second = '00') => `20260101T0300${second}Z`;

/** A run of the list; without `complete` just its manifest. */
async function bronzeOf(
  cwd: string,
  date: string,
  list: readonly unknown[],
  { second = '00', complete = true } = {},
): Promise<void> {
  const services = { ...servicesIn(cwd), movies: listOf(list) };
  await extract({ date, runId: runOf(second), topN: list.length, batchSize: 2 }, services);
  if (complete) await enrichDate({ date }, services);
}

/** What stands in a layer, without the locks, whose numbers go up. */
async function layerOf(cwd: string, layer: string): Promise<Map<string, string>> {
  const files = await contentsOf(join(cwd, 'data', layer));
  return new Map([...files].filter(([path]) => !path.startsWith('.')));
}

/** The files of two layers that are not the same, or not in both. */
function differences(left: Map<string, string>, right: Map<string, string>): string[] {
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths.filter((path) => left.get(path) !== right.get(path));
}

/** The dates of a `--json` output, in their order. */
const datesOf = (stdout: string) => jsonLines<{ date: string }>(stdout).map(({ date }) => date);

t.test('silver and gold of two months are built again without OMDb, to the same bytes', async (t) => {
  const cwd = t.testdir();
  const [first, last] = ['2025-08-01', '2025-09-30'];
  const dates = datesBetween(first, last);
  t.equal(dates.length, 61);
  for (const [day, date] of dates.entries()) {
    const list = movies(3 + (day % 2)).map((item, index): ListItem => {
      const rank = String(((index + day) % 3) + 1);
      return index < 3 ? { ...item, rank } : item;
    });
    await bronzeOf(cwd, date, list);
  }
  // Port 9 of loopback, "discard", has no listener, and no key is set.
  const env = { OMDB_URL: 'http://127.0.0.1:9/', MOVIES_URL: 'http://127.0.0.1:9/' };
  const rebuild = async (command: string, from: string, to: string, sorted: readonly string[]) => {
    const { code, stdout, stderr } = await cli([command, '--from', from, '--to', to, '--json'], { cwd, env });
    t.equal(code, 0, stderr);
    t.same(datesOf(stdout), sorted, `${command}, oldest first`);
  };
  await rebuild('silver', first, last, dates);
  await rebuild('gold', first, last, dates);
  const made = { silver: await layerOf(cwd, 'silver'), gold: await layerOf(cwd, 'gold') };
  t.equal(made.silver.size, 3 * 61, 'movies, quarantine and lineage');
  t.equal(made.gold.size, 14 * 61, 'thirteen datasets and the lineage');
  t.match(
    made.gold.get('rank_changes/dt=2025-08-02/rank_changes.csv'),
    'tt0000001,Title tt0000001,2025-08-01,1,2,-1,down',
    'each date is compared with the one before',
  );

  await t.test('over what stands', async (t) => {
    await rebuild('silver', first, last, dates);
    await rebuild('gold', '2025-09-10', '2025-09-19', dates.slice(40, 50));
    t.same(differences(await layerOf(cwd, 'silver'), made.silver), []);
    t.same(differences(await layerOf(cwd, 'gold'), made.gold), []);
  });

  await t.test('a bad date in the middle is named, and stops no other', async (t) => {
    const bad = '2025-09-15';
    await writeFile(join(cwd, `data/bronze/dt=${bad}/run=${runOf()}/_manifest.json`), '{}');
    await rm(join(cwd, 'data/silver'), { recursive: true });
    const command = ['silver', '--from', '2025-09-12', '--to', '2025-09-18'];
    const { code, stdout, stderr } = await cli(command, { cwd, env });
    t.equal(code, 1);
    const [head, ...rows] = linesOf(stdout);
    t.match(head, /^date +state/);
    t.same(
      rows.map((row) => row.split(/ +/).slice(0, 2)),
      dates.slice(42, 49).map((date) => [date, date === bad ? 'failed' : 'done']),
    );
    t.match(stderr, new RegExp(`error: .*${bad}`));
    t.match(linesOf(stderr).at(-1), `error: 1 of 7 dates failed: ${bad}`);
    const again = await layerOf(cwd, 'silver');
    t.equal(again.size, 3 * 6);
    for (const [path, text] of again) t.equal(text, made.silver.get(path), path);
  });
});

t.test('run-all of a week whose dates are all in other states', async (t) => {
  const week = datesBetween('2099-01-02', '2099-01-08');
  const [complete, goldless, unfinished, missing, stale, refused, later] = week as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const seed = t.testdir({ seed: {} });
  const list = movieList.items.slice(0, 3);
  for (const date of [complete, goldless, stale, later]) {
    await bronzeOf(join(seed, 'seed'), date, list);
    await silver(date, servicesIn(join(seed, 'seed')));
    await gold(date, servicesIn(join(seed, 'seed')));
  }
  await bronzeOf(join(seed, 'seed'), unfinished, list, { complete: false });
  await bronzeOf(join(seed, 'seed'), stale, list.slice(0, 2), { second: '01' });
  await rm(join(seed, `seed/data/gold/summary/dt=${goldless}/summary.csv`));
  const unknown = movie(4, { id: 'tt7777777' });
  await bronzeOf(join(seed, 'seed'), refused, [...list, unknown], { complete: false });

  const server = await startOmdb(({ id }) => (id === unknown.id ? { status: 403 } : undefined));
  t.teardown(server.close);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl, TOP_N: '3' };
  const runAll = async (reprocess: string) => {
    const cwd = join(seed, reprocess);
    await cp(join(seed, 'seed'), cwd, { recursive: true });
    server.forget();
    const command = ['run-all', '--from', complete, '--to', later, '--reprocess', reprocess, '--json'];
    const result = await cli(command, { cwd, env });
    return { ...result, cwd, summaries: jsonLines<Record<string, unknown>>(result.stdout) };
  };
  /** What was done for each date, in the order in which it was done. */
  const workOf = (summaries: Record<string, unknown>[]) =>
    summaries.map(({ date, status, ...rest }) => [
      date,
      status,
      ['extract', 'enrich', 'silver', 'gold'].filter((stage) => stage in rest).join(' '),
    ]);
  const everything = 'extract enrich silver gold';

  await t.test('none: only the date without a run', async (t) => {
    const { code, summaries, stderr } = await runAll('none');
    t.equal(code, 0, stderr);
    t.same(
      workOf(summaries),
      week.map((date) => (date === missing ? [date, 'done', everything] : [date, 'skipped', ''])),
    );
    t.equal(server.ids.length, 3);
  });

  await t.test('failed: what is not whole, and one bad date stops no other', async (t) => {
    const { code, summaries, stderr, cwd } = await runAll('failed');
    t.equal(code, 75, 'the bad one may succeed later');
    t.same(workOf(summaries), [
      [complete, 'skipped', ''],
      [goldless, 'done', 'gold'],
      [unfinished, 'done', 'enrich silver gold'],
      [missing, 'done', everything],
      [stale, 'done', 'silver gold'],
      [refused, 'not complete', 'enrich'],
      [later, 'skipped', ''],
    ]);
    t.match(linesOf(stderr).at(-1), `error: 1 of 7 dates failed: ${refused}`);
    t.equal(server.ids.filter((id) => id !== unknown.id).length, 3 + 3 + 3, 'nothing is asked for twice');
    t.match(summaries[4], { silver: { rows: 2, runId: runOf('01') }, gold: { rebuilt: [later] } });

    server.script = () => undefined;
    server.forget();
    const again = await cli(['run-all', '--from', complete, '--to', later, '--json'], { cwd, env });
    t.equal(again.code, 0, again.stderr);
    t.same(
      workOf(jsonLines(again.stdout)),
      week.map((date) => (date === refused ? [date, 'done', 'enrich silver gold'] : [date, 'skipped', ''])),
    );
    t.same(server.ids, [unknown.id], 'only what was left');
  });

  await t.test('all: a new run of each', async (t) => {
    const { code, summaries, stderr, cwd } = await runAll('all');
    t.equal(code, 0, stderr);
    t.same(
      workOf(summaries),
      week.map((date) => [date, 'done', everything]),
    );
    t.equal(server.ids.length, 3 * 7);
    t.match(
      (await layerOf(cwd, 'gold')).get(`rank_changes/dt=${later}/rank_changes.csv`),
      `,${refused},1,1,0,same`,
      'each is compared with the new one before',
    );
  });
});
