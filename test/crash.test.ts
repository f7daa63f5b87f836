import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { cli, contentsOf, filesUnder, jsonLines, startCli, told } from './support/cli.js';
import { answers, movieList, type OmdbServer, startOmdb } from './support/omdb-server.js';
import { OMDB_KEY } from './support/secrets.js';

const DATE = '2099-01-02';
const MOVIES = 24;
const BATCH_SIZE = 2;
const BATCHES = MOVIES / BATCH_SIZE;
const ids = movieList.items.slice(0, MOVIES).map(({ id }) => id);
const runAll = ['run-all', '--date', DATE, '--top-n', `${MOVIES}`, '--batch-size', `${BATCH_SIZE}`];

/** A fresh data directory, an OMDb that takes a moment for each answer, and the command on both. */
async function fresh(t: Test) {
  const cwd = t.testdir();
  const server = await startOmdb(() => ({ delayMs: 20 }));
  t.teardown(server.close);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  const run = (...args: string[]) => cli(args, { cwd, env });
  return { cwd, env, server, run };
}

/** The runs of the date, each with the ids of its records; fails when a record is not whole. */
async function recordsOf(cwd: string): Promise<Map<string, string[]>> {
  const runs = new Map<string, string[]>();
  for (const [path, text] of await contentsOf(join(cwd, 'data/bronze', `dt=${DATE}`))) {
    const [, run, id] = /^run=([^/]+)\/(tt\d+)\.json$/.exec(path) ?? [];
    if (run === undefined || id === undefined) continue;
    const { movie, omdb } = JSON.parse(text);
    if (movie.id !== id || (answers.has(id) && omdb.imdbID !== id)) throw new Error(`${path} is not ${id}'s`);
    runs.set(run, [...(runs.get(run) ?? []), id]);
  }
  return runs;
}

/** Silver's CSV and quarantine, and all of gold: what has to be the same bytes however they came about. */
async function outcomeOf(cwd: string): Promise<Record<string, string>> {
  const files = await contentsOf(join(cwd, 'data'));
  return Object.fromEntries(
    [...files].filter(
      ([path]) =>
        /^(silver|gold)\//.test(path) &&
        !path.includes('/.movie-etl-') &&
        !path.startsWith('silver/_lineage'),
    ),
  );
}

/** What `run-all` makes when nobody disturbs it. */
const undisturbed = (async () => {
  const { cwd, run } = await fresh(t);
  const { code, stderr } = await run(...runAll);
  if (code !== 0) throw new Error(stderr);
  return outcomeOf(cwd);
})();

t.test('an undisturbed run makes all that is compared below', async (t) => {
  const files = Object.keys(await undisturbed);
  t.equal(files.filter((file) => file.startsWith('silver/')).length, 2, 'CSV and quarantine');
  t.equal(files.filter((file) => file.startsWith('gold/')).length, 14, 'thirteen datasets and the lineage');
});

type Moment = (cwd: string, server: OmdbServer) => Promise<unknown>;

const afterCalls =
  (count: number): Moment =>
  (_, server) =>
    server.received(count + 1);

/** As soon as a file stands whose path in the data directory is like this. */
const whenThereIs =
  (path: RegExp): Moment =>
  async (cwd) => {
    while (!(await filesUnder(join(cwd, 'data'))).some((file) => path.test(file))) await sleep(1);
  };

const moments: Record<string, Moment> = {
  'when the manifest stands': whenThereIs(/^bronze\/.*\/_manifest\.json$/),
  'after a third of the calls': afterCalls(MOVIES / 3),
  'when the run is published': whenThereIs(/^bronze\/dt=[^/]+\/_SUCCESS$/),
};

for (const [index, [name, moment]] of Object.entries(moments).entries()) {
  t.test(`a run that is killed ${name} is finished as if nothing had happened`, async (t) => {
    const { cwd, env, server, run } = await fresh(t);
    const { child, result } = startCli(runAll, { cwd, env });
    await Promise.race([moment(cwd, server), result]);
    child.kill('SIGKILL');
    const { code, signal } = await result;
    t.ok(signal === 'SIGKILL' || code === 0, 'it was killed, or had just ended');

    const recorded = [...(await recordsOf(cwd)).values()].flat();
    const hasManifest = (await filesUnder(join(cwd, 'data'))).some((file) =>
      file.endsWith('/_manifest.json'),
    );
    t.comment(`${recorded.length} of ${MOVIES} movies had their record`);
    server.forget();
    const byStages = hasManifest && index % 2 === 1;
    const commands = byStages ? [['enrich'], ['silver'], ['gold']] : [runAll];
    for (const [command = '', ...rest] of commands) {
      const done = await run(command, ...(rest.length > 0 ? rest : ['--date', DATE]));
      t.equal(done.code, 0, `${command} ${told(done)}`);
    }

    t.same(await outcomeOf(cwd), await undisturbed, 'the bytes are those of an undisturbed run');
    const runs = await recordsOf(cwd);
    t.equal(runs.size, 1);
    t.same([...runs.values()].flat().sort(), [...ids].sort(), 'each movie has its record');
    t.same(
      [...server.ids].sort(),
      ids.filter((id) => !recorded.includes(id)).sort(),
      'those without one were fetched, each once, and no other',
    );
    t.same(temporaryIn(await filesUnder(cwd)), [], 'nothing half-written is left');

    server.forget();
    const drained = await run('enrich');
    t.equal(drained.code, 0, `the messages that were left are worked off ${told(drained)}`);
    t.same(server.ids, [], 'without a call');
    t.same(
      (await filesUnder(join(cwd, 'data/queue'))).filter((file) => !file.startsWith('.')),
      [],
    );
  });
}

function temporaryIn(files: readonly string[]): string[] {
  return files.filter((file) => file.split('/').some((name) => name.startsWith('.movie-etl-tmp')));
}

t.test('two processes that work off one queue record each movie once and complete the run', async (t) => {
  const { cwd, env, server, run } = await fresh(t);
  const [, ...flags] = runAll;
  const extracted = await run('extract', ...flags);
  t.equal(extracted.code, 0, told(extracted));
  const enrich = () => startCli(['enrich', '--concurrency', '2', '--json'], { cwd, env }).result;
  const results = await Promise.all([enrich(), enrich()]);

  for (const result of results) t.ok(result.code === 0 || result.code === 75, told(result));
  t.ok(
    results.some(({ code }) => code === 0),
    'the last one sees the run complete',
  );
  t.same([...server.ids].sort(), [...ids].sort(), 'each movie is fetched once');
  const summaries = results.flatMap(({ stdout }) =>
    jsonLines<{ enriched: number; not_found: number }>(stdout),
  );
  const counted = summaries.reduce((sum, { enriched, not_found }) => sum + enriched + not_found, 0);
  t.equal(counted, MOVIES, 'and counted once');
  t.same([...(await recordsOf(cwd)).values()].flat().sort(), [...ids].sort());
  t.ok(existsSync(join(cwd, 'data/bronze', `dt=${DATE}`, '_SUCCESS')), 'the run is published');
  const left = await filesUnder(join(cwd, 'data'));
  t.same(
    left.filter((file) => /^queue\/[^.]/.test(file)),
    [],
    'no message is left, none is a dead letter',
  );
  t.equal(left.filter((file) => /\/_done\/\d{3}\//.test(file)).length, BATCHES);

  for (const stage of ['silver', 'gold']) {
    const done = await run(stage, '--date', DATE);
    t.equal(done.code, 0, told(done));
  }
  t.same(await outcomeOf(cwd), await undisturbed);
});
