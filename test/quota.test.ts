import { join } from 'node:path';
import t, { type Test } from 'tap';
import { silentLog } from '../src/log.js';
import { omdbSource } from '../src/omdb.js';
import { dirQueue } from '../src/queues/dir.js';
import { readSuccess } from '../src/records/runs.js';
import { drainQueue } from '../src/stages/enrich.js';
import { dirStore } from '../src/stores/dir.js';
import { cli, filesUnder, told } from './support/cli.js';
import { type Call, limitReached, startOmdb } from './support/omdb-server.js';
import { OMDB_KEY } from './support/secrets.js';

const DATE = '2099-01-02';
const MOVIES = 40;
const CONCURRENCY = 8;
const HALF_A_DAY_MS = 12 * 3_600_000;
const MINUTE_MS = 60_000;

/** An OMDb that answers so many calls until its quota is renewed, and remembers whom for what. */
async function startMeter(t: Test, quota: number) {
  const meter = { left: quota, answered: [] as string[], refused: 0 };
  const server = await startOmdb(({ path, id }: Call) => {
    if (path !== '/') return undefined;
    if (meter.left === 0) {
      meter.refused++;
      return limitReached;
    }
    meter.left--;
    meter.answered.push(id);
    return { delayMs: 5 };
  });
  t.teardown(server.close);
  return { server, meter };
}

t.test('what a quota leaves undone is done on the next days, and nothing is fetched twice', async (t) => {
  const cwd = t.testdir();
  const { server, meter } = await startMeter(t, 20);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  const extracted = await cli(['extract', '--date', DATE, '--top-n', `${MOVIES}`], { cwd, env });
  t.equal(extracted.code, 0, told(extracted));
  const recorded = async () =>
    (await filesUnder(join(cwd, 'data/bronze'))).flatMap((file) => /\/(tt\d+)\.json$/.exec(file)?.[1] ?? []);

  await t.test('a terminal ends with exit code 75 and says how to go on', async (t) => {
    const started = Date.now();
    const enrich = await cli(['enrich', '--concurrency', `${CONCURRENCY}`], { cwd, env });
    t.equal(enrich.code, 75, told(enrich));
    t.match(
      enrich.stderr,
      /^error: 2099-01-02 is not complete: OMDb's daily limit is reached \("Request limit reached!"\); the quota is renewed at midnight UTC, in \d+ (s|min|h( \d+ min)?); then go on with: movie-etl enrich/m,
    );
    t.ok(
      meter.refused > 0 && meter.refused <= CONCURRENCY,
      `${meter.refused} refused calls, those under way`,
    );
    t.same((await recorded()).sort(), [...meter.answered].sort(), 'what was answered is recorded');
    const queue = dirQueue(join(cwd, 'data/queue'));
    const { ready, hidden, dead } = await queue.depth();
    t.same(
      { left: ready + hidden, dead },
      { left: MOVIES - 20, dead: 0 },
      'every other message is still there',
    );
    t.ok(hidden > 0 && hidden <= 2 * CONCURRENCY + 10, `${hidden} were in hand, and are put off`);
    const midnight = new Date(started).setUTCHours(24, 0, 0, 0);
    const due = Math.min(midnight, started + HALF_A_DAY_MS);
    const at = (now: number) => dirQueue(join(cwd, 'data/queue'), 'queue', () => now).depth();
    t.match(await at(due - MINUTE_MS), { hidden }, 'not before the quota is renewed');
    t.match(await at(due + MINUTE_MS), { hidden: 0, ready: ready + hidden }, 'all of them then');
  });

  await t.test('each next day goes on where the one before stopped', async (t) => {
    let now = Date.now();
    const queue = dirQueue(join(cwd, 'data/queue'), 'queue', () => now);
    const bronze = dirStore(join(cwd, 'data/bronze'));
    const omdb = omdbSource({
      url: new URL(server.url),
      apiKey: OMDB_KEY,
      concurrency: CONCURRENCY,
      rate: undefined,
      now: () => new Date(now),
    });
    const services = {
      bronze,
      queue,
      omdb,
      now: () => new Date(now),
      log: silentLog,
      concurrency: CONCURRENCY,
    };
    const days: { quota: string | undefined; answered: number }[] = [];
    const isWorkLeft = async () =>
      (await filesUnder(join(cwd, 'data/queue'))).some((file) => file.endsWith('.json'));
    while (await isWorkLeft()) {
      now = new Date(now).setUTCHours(24, 1, 0, 0);
      Object.assign(meter, { left: 12, refused: 0 });
      const before = meter.answered.length;
      const { quota } = await drainQueue(services);
      days.push({ quota, answered: meter.answered.length - before });
      t.ok(meter.refused <= CONCURRENCY, `day ${days.length}: ${meter.refused} refused calls`);
    }
    t.same(days, [
      { quota: 'OMDb\'s daily limit is reached ("Request limit reached!")', answered: 12 },
      { quota: undefined, answered: 8 },
    ]);
    t.equal(meter.answered.length, MOVIES);
    t.equal(new Set(meter.answered).size, MOVIES, 'each movie was fetched once');
    t.match((await readSuccess(bronze, DATE))?.success, { movies: MOVIES }, 'and the run is complete');
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
  });
});
