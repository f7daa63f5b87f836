import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { queueArn } from '../chain/emulator/calls.js';
import { startEmulator } from '../chain/emulator/emulator.js';
import { awsClients } from '../src/aws.js';
import { withPlaces } from '../src/commands/place-flags.js';
import { overview } from '../src/commands/status-text.js';
import { datasets } from '../src/datasets/index.js';
import { PipelineError } from '../src/errors.js';
import { bronzeKeys, goldKeys, silverKeys } from '../src/keys.js';
import { silentLog } from '../src/log.js';
import { omdbSource } from '../src/omdb.js';
import { type DateStatus, type StatusOptions, statusOf } from '../src/operations/status.js';
import { dirQueue } from '../src/queues/dir.js';
import { openQueue } from '../src/queues/open.js';
import { MAX_RECEIVES, type Queue } from '../src/queues/queue.js';
import type { OmdbAnswer } from '../src/records/bronze-record.js';
import { messageOfBatch } from '../src/records/manifest.js';
import type { ListItem } from '../src/records/movie-list.js';
import { readManifest } from '../src/records/runs.js';
import { enrichBatch } from '../src/stages/enrich/batch.js';
import { drainQueue, enrichDate } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import { dirStore } from '../src/stores/dir.js';
import { openStore } from '../src/stores/open.js';
import type { Store } from '../src/stores/store.js';
import { tableOf } from '../src/terminal/table.js';
import { type CliResult, cli, jsonLines, linesOf, shell, told } from './support/cli.js';
import { knowsAll, listOf, movies } from './support/movies.js';
import { type Behaviour, limitReached, movieList, type Script, startOmdb } from './support/omdb-server.js';
import { NOW } from './support/pipeline.js';
import { receiveAll } from './support/queue-suite.js';
import { OMDB_KEY, PASSWORD, PATH_KEY, SECRET_ACCESS_KEY, watchRequests } from './support/secrets.js';

/** Most of the time is the start of processes. */
t.jobs = 3;

/** Days to come: a run of a past day has a word of its own. */
const day = (n: number) => `2099-01-${String(n).padStart(2, '0')}`;
const MINUTE_MS = 60_000;

/** Knows every movie but the third of a list. */
const knowsMost = {
  lookup: async (id: string): Promise<OmdbAnswer> => {
    if (id !== 'tt0000003') return knowsAll().lookup(id);
    return { status: 'not_found', omdb: { Response: 'False' }, error: 'Incorrect IMDb ID.' };
  },
};

interface Layers {
  bronze: Store;
  silver: Store;
  gold: Store;
}

function layersIn(directory: string): Layers {
  const layer = (name: string) => dirStore(join(directory, 'data', name), `./data/${name}`);
  return { bronze: layer('bronze'), silver: layer('silver'), gold: layer('gold') };
}

/** What brings dates into layers, by the stages themselves. */
function seeder(layers: Layers, now: () => Date, queue: Pick<Queue, 'send'> = { send: async () => {} }) {
  const services = { ...layers, queue, omdb: knowsMost, now, log: silentLog, concurrency: 8 };
  const idOf = (date: string, hour: number) =>
    `${date.replaceAll('-', '')}T${String(hour).padStart(2, '0')}0000Z`;
  const begin = (date: string, list: ListItem[], { hour = 3, batchSize = 2 } = {}) =>
    extract(
      { date, runId: idOf(date, hour), topN: list.length, batchSize },
      { ...services, movies: listOf(list) },
    );
  const publish = async (date: string, list: ListItem[], hour = 3) => {
    await begin(date, list, { hour });
    await enrichDate({ date }, services);
  };
  const complete = async (date: string, list: ListItem[]) => {
    await publish(date, list);
    await silver(date, services);
    await gold(date, services);
  };
  return { services, begin, publish, complete };
}

/** `movie-etl` in a directory, with an OMDb and its list. */
async function operator(t: Test, script: Script = () => undefined) {
  const cwd = t.testdir();
  const server = await startOmdb(script);
  t.teardown(server.close);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  const run = (...args: string[]) => cli(args, { cwd, env });
  const statuses = async (...args: string[]) => {
    const result = await run('status', '--json', ...args);
    return { code: result.code, dates: jsonLines<unknown>(result.stdout) as DateStatus[] };
  };
  /** Pastes a command line. */
  const paste = (line: string) => shell(line.replaceAll('movie-etl', '$MOVIE_ETL'), { cwd, env });
  return { cwd, env, server, run, statuses, paste, at: (...path: string[]) => join(cwd, 'data', ...path) };
}

/** Without the age, which goes on while one looks. */
const withoutAge = ({ stdout }: CliResult) =>
  linesOf(stdout).map((line) => line.replace(/ +(age|\d+ [smhd])$/, ''));

t.test('a row per date says how far it is, what is wrong, and the command that mends it does', async (t) => {
  const { cwd, run, statuses, paste, at } = await operator(t);
  const { begin, publish, complete, services } = seeder(layersIn(cwd), () => new Date());
  const remove = (layer: string, key: string) => rm(at(layer, key));
  await complete(day(1), movies(3));

  await complete(day(2), movies(3));
  await remove('gold', goldKeys.dataset('summary', day(2)));

  await complete(day(3), movies(3));
  await publish(day(3), movies(4), 4);

  await complete(day(5), movies(3));
  const newer = await begin(day(5), movies(4), { hour: 4 });
  const standing = await readManifest(services.bronze, day(5), newer.runId);
  if (standing) await enrichBatch(messageOfBatch(standing.manifest, 0), services);

  await complete(day(6), movies(3));
  await complete(day(7), movies(3));
  await publish(day(6), movies(2), 4);
  await silver(day(6), services);

  await publish(day(8), movies(3));

  await publish(day(9), movies(3));
  await remove('bronze', bronzeKeys.record(day(9), '20990109T030000Z', 'tt0000002'));
  await silver(day(9), services);
  await gold(day(9), services);

  await complete(day(10), movies(3));
  await writeFile(at('bronze', bronzeKeys.success(day(10))), '');

  const range = ['--from', day(1), '--to', day(10)];
  const plain = await run('status', ...range);
  t.same(withoutAge(plain), [
    'date        list  enriched  not    _SUCCESS  silver   quaran-  gold',
    '                            found                     tined',
    '2099-01-01     3       2/3      1  yes       3              0  13',
    '2099-01-02     3       2/3      1  yes       3              0  12 stale',
    '2099-01-03     4       4/4         yes       3 stale        0  13',
    '2099-01-04                         no run',
    '2099-01-05     3       2/3      1  older     3              0  13',
    '2099-01-06     2       2/2      0  yes       2              0  13 stale',
    '2099-01-07     3       2/3      1  yes       3              0  13 stale',
    '2099-01-08     3       3/3         yes       missing           missing',
    '2099-01-09     3       1/3      1  yes       2              1  13',
    '2099-01-10     3       3/3         damaged   3 stale        0  13',
    '',
    `${day(10)}: marker dt=${day(10)}/_SUCCESS is empty; delete it, and put it again with: movie-etl enrich --date ${day(10)}`,
  ]);
  t.same(linesOf(plain.stderr), [
    '✔ status: 2 of 10 dates complete and fresh',
    `error: 8 dates are not complete and fresh; why, and what mends it: movie-etl status --from ${day(2)} --to ${day(10)} --verbose`,
  ]);
  t.equal(plain.code, 75);
  t.same((await run('status', '--date', day(1))).code, 0);

  const { code, dates } = await statuses(...range);
  t.equal(code, 75);
  const refine = (n: number) => `movie-etl silver --date ${day(n)} && movie-etl gold --date ${day(n)}`;
  const finish = (n: number) => `movie-etl enrich --date ${day(n)} && ${refine(n)}`;
  const facts = dates.map(({ date, state, silver, gold, reasons, mend }) => ({
    date,
    layers: `${state}: ${silver.state}, ${gold.state}`,
    reasons,
    mend,
  }));
  const fact = (n: number, layers: string, reasons: string[], ...mend: string[]) => ({
    date: day(n),
    layers,
    reasons,
    mend,
  });
  t.same(facts, [
    fact(1, 'complete: fresh, fresh', []),
    fact(
      2,
      'behind: fresh, stale',
      ['gone or changed since gold was made: summary'],
      `movie-etl gold --date ${day(2)}`,
    ),
    fact(
      3,
      'behind: stale, fresh',
      ['silver is of run 20990103T030000Z, bronze of 20990103T040000Z'],
      refine(3),
    ),
    fact(4, 'no run: missing, missing', ['it has no run'], `movie-etl run-all --date ${day(4)}`),
    fact(
      5,
      'incomplete: fresh, fresh',
      [
        'run 20990105T030000Z is published, and a newer one under way',
        '2 of 4 movies of run 20990105T040000Z have no record',
      ],
      finish(5),
    ),
    fact(
      6,
      'behind: fresh, stale',
      ['gold is of another silver than the one that stands'],
      `movie-etl gold --date ${day(6)}`,
    ),
    fact(
      7,
      'behind: fresh, stale',
      [`gold compares with another silver of ${day(6)} than the one that stands`],
      `movie-etl gold --date ${day(7)}`,
    ),
    fact(
      8,
      'behind: missing, missing',
      ['silver is missing', 'gold is missing: it has no lineage that can be read'],
      refine(8),
    ),
    fact(9, 'complete: fresh, fresh', ["1 of silver's movies are in quarantine"], finish(9)),
    fact(
      10,
      'unreadable: stale, fresh',
      [
        `marker dt=${day(10)}/_SUCCESS is empty; delete it, and put it again with: movie-etl enrich --date ${day(10)}`,
        'every movie of run 20990110T030000Z has its record, but the run is not published',
        'silver is of run 20990110T030000Z, and no run is published',
      ],
      `rm ./data/bronze/dt=${day(10)}/_SUCCESS && ${finish(10)}`,
    ),
  ]);
  t.match(dates[4], {
    list: 3,
    run: '20990105T040000Z',
    published: '20990105T030000Z',
    recorded: 3,
    enriched: 2,
    not_found: 1,
    failed: 0,
    missing: 2,
    missingMovies: [
      { imdbId: 'tt0000003', rank: 3, title: 'Movie 3', batch: 1, why: 'lost', message: null, attempt: null },
      { imdbId: 'tt0000004' },
    ],
    underWay: { run: '20990105T040000Z', list: 4, recorded: 2 },
    silver: { rows: 3, quarantined: 0, runId: '20990105T030000Z' },
    gold: { datasets: 13, previousDate: day(3) },
    mendAfter: null,
  });
  t.same(dates[8]?.quarantine, [{ imdbId: 'tt0000002', reason: 'its record is missing' }]);

  for (const [command] of dates.map(({ mend }) => mend)) {
    if (command === undefined) continue;
    const mended = await paste(command);
    t.equal(mended.code, 0, told(mended));
  }
  const after = await statuses(...range);
  t.same(
    after.dates.map(({ date, state, reasons }) => ({ date, state, reasons })),
    dates.map(({ date }) => ({ date, state: 'complete', reasons: [] })),
  );
  t.equal(after.code, 0);
});

/** Fails without a retry in the same lookup: OMDb asks for more patience than one has. */
const busy: Behaviour = { status: 503, headers: { 'retry-after': '3600' } };

/** The first movies of the list, in rank order. */
const threeMovies = [...movieList.items]
  .sort((one, other) => Number(one.rank) - Number(other.rank))
  .slice(0, 3) as unknown as ListItem[];
const [FIRST = '', SECOND = '', THIRD = ''] = threeMovies.map(({ id }) => id);

t.test('each missing movie has its reason, and the command that mends the date does', async (t) => {
  const { cwd, server, run, paste, at } = await operator(t);
  const [failing, refused, waiting] = [day(1), day(2), day(3)];
  let aheadMs = 0;
  const queue = dirQueue(at('queue'), './data/queue', () => Date.now() + aheadMs);
  const { services, begin } = seeder(layersIn(cwd), () => new Date(), queue);
  /** Works the queue off with an OMDb that answers so. */
  const drain = (script: Script) => {
    server.script = (call) => (call.path === '/' ? script(call) : undefined);
    const omdb = omdbSource({ url: new URL(server.url), apiKey: OMDB_KEY, concurrency: 1, rate: undefined });
    return drainQueue({ ...services, queue, omdb, concurrency: 1 });
  };
  const look = (dates: string[]) =>
    statusOf(dates, { ...services, queue }, { explain: true, readFiles: false });
  const missing = async (date: string) => {
    const [{ missingMovies, ...status }] = (await look([date])) as [DateStatus];
    const whys = missingMovies?.map(({ imdbId, why, attempt, message }) => [imdbId, why, attempt, message]);
    return { ...status, whys };
  };
  const steps = (date: string, enrich = `movie-etl enrich --date ${date}`) =>
    `${enrich} && movie-etl silver --date ${date} && movie-etl gold --date ${date}`;

  await begin(failing, threeMovies, { batchSize: 1 });
  await drain(({ id }) => (id === SECOND ? busy : undefined));
  const giveUp = steps(failing, `movie-etl enrich --date ${failing} --give-up ${SECOND}`);
  t.match(await missing(failing), {
    state: 'incomplete',
    list: 3,
    recorded: 2,
    missing: 1,
    published: null,
    whys: [[SECOND, 'failed', 1, 'OMDb answers 503']],
    mend: [steps(failing), giveUp],
    mendAfter: null,
  });
  for (let attempt = 2; attempt <= MAX_RECEIVES + 1; attempt++) {
    aheadMs += 20 * MINUTE_MS;
    await drain(({ id }) => (id === SECOND ? busy : undefined));
  }
  t.match(await missing(failing), {
    whys: [[SECOND, 'dead-lettered', MAX_RECEIVES, 'OMDb answers 503']],
    mend: [steps(failing, 'movie-etl redrive && movie-etl enrich'), giveUp],
  });

  await begin(refused, threeMovies, { batchSize: 1 });
  const limit = 'OMDb\'s daily limit is reached ("Request limit reached!")';
  await drain(({ id }) => (id === FIRST ? undefined : busy));
  aheadMs += 20 * MINUTE_MS;
  await drain(() => limitReached);
  t.match(await missing(refused), {
    recorded: 1,
    whys: [
      [SECOND, 'quota', 2, limit],
      [THIRD, 'quota', 2, limit],
    ],
    mend: [steps(refused)],
  });

  await begin(waiting, threeMovies, { batchSize: 1 });
  t.match(await missing(waiting), {
    recorded: 0,
    whys: [FIRST, SECOND, THIRD].map((id) => [id, 'queued', null, null]),
  });
  for (const entry of await readdir(at('queue'), { withFileTypes: true }))
    if (entry.isFile()) await rm(at('queue', entry.name));
  t.match(await missing(waiting), { whys: [FIRST, SECOND, THIRD].map((id) => [id, 'lost', null, null]) });

  const verbose = await run('status', '--date', failing, '--verbose', '--data-dir', './data');
  const { run: runId } = await missing(failing);
  const here = (command: string) => command.replace(/movie-etl (\S+)/g, 'movie-etl $1 --data-dir ./data');
  t.same(withoutAge(verbose), [
    'date        list  enriched  not    _SUCCESS  silver  quaran-  gold',
    '                            found                    tined',
    `${failing}     3       2/3         no`,
    '',
    `${failing}: incomplete`,
    `- 1 of 3 movies of run ${runId} have no record`,
    '',
    'movie      title          why',
    `${SECOND}  The Godfather  dead-lettered: OMDb answers 503`,
    '',
    'mend it with:',
    `  ${here(steps(failing, 'movie-etl redrive && movie-etl enrich'))}`,
    '',
    'or, without the movies that never will be answered:',
    `  ${here(giveUp)}`,
  ]);

  server.script = () => undefined;
  const mended = await paste(steps(failing, 'movie-etl redrive && movie-etl enrich'));
  t.equal(mended.code, 0, told(mended));
  t.match(await look([failing]), [{ state: 'complete' }]);
});

/** A store that counts what is asked of it. */
function counting(store: Store, counts: Record<string, number>): Store {
  return new Proxy(store, {
    get: (target, name, receiver) => {
      if (name !== 'uri') counts[String(name)] = (counts[String(name)] ?? 0) + 1;
      return Reflect.get(target, name, receiver);
    },
  });
}

t.test('it costs four requests per complete date, however many movies', async (t) => {
  const dates = [1, 2, 3, 4].map(day);
  for (const size of [2, 30]) {
    const layers = layersIn(t.testdir());
    const { complete } = seeder(layers, () => NOW);
    for (const date of dates) await complete(date, movies(size));
    const look = async (asked: string[], options: StatusOptions) => {
      const counts = { bronze: {}, silver: {}, gold: {}, queue: {} } as Record<
        string,
        Record<string, number>
      >;
      const of = (layer: keyof Layers) => counting(layers[layer], counts[layer] ?? {});
      const queue = { depth: () => Promise.reject(new Error('asks the queue')) };
      const services = {
        bronze: of('bronze'),
        silver: of('silver'),
        gold: of('gold'),
        queue,
        now: () => NOW,
        log: silentLog,
      };
      const statuses = await statusOf(asked, services, options);
      t.same(
        statuses.map(({ state, list }) => [state, list]),
        asked.map(() => ['complete', size]),
      );
      return counts;
    };
    for (const explain of [false, true]) {
      t.same(await look(dates, { explain, readFiles: false }), {
        bronze: { list: 4, get: 4 },
        silver: { list: 2, get: 4 },
        gold: { list: datasets.length, get: 4 },
        queue: {},
      });
      t.same(
        await look(dates.slice(-1), { explain, readFiles: false }),
        {
          bronze: { list: 1, get: 1 },
          silver: { list: 2, get: 2 },
          gold: { list: datasets.length, get: 1 },
          queue: {},
        },
        'the last one, with the silver that it compares with',
      );
    }
  }
});

t.test('with its files read, what was damaged is found', async (t) => {
  const cwd = t.testdir();
  const layers = layersIn(cwd);
  const { complete, begin, services } = seeder(layers, () => NOW);
  for (const n of [1, 2, 3]) await complete(day(n), movies(2));
  await writeFile(join(cwd, 'data/silver', silverKeys.movies(day(1))), 'imdb_id\n');
  await writeFile(join(cwd, 'data/gold', goldKeys.dataset('summary', day(3))), '');
  await rm(join(cwd, 'data/silver', silverKeys.quarantine(day(3))));
  const older = bronzeKeys.manifest(day(4), '20990104T030000Z');
  await complete(day(4), movies(2));
  await silver(day(4), services);
  await rm(join(cwd, 'data/silver', silverKeys.lineage(day(4))));
  await layers.bronze.put(older, '{"version":1}');
  const foreign = await begin(day(5), movies(2));
  await layers.bronze.put(bronzeKeys.manifest(day(5), foreign.runId), '{"version":2}');
  await layers.bronze.put(bronzeKeys.record(day(6), '20990106T030000Z', 'tt0000001'), '{}');
  const queue = { depth: async () => ({ ready: 0, hidden: 0, dead: 0 }) };
  const dates = [1, 2, 3, 4, 5, 6].map(day);
  const look = async (readFiles: boolean) => {
    const statuses = await statusOf(dates, { ...services, queue }, { explain: true, readFiles });
    return statuses.map(({ state, reasons, mend }) => [state, reasons, mend[0]]);
  };
  const refine = (n: number) => `movie-etl silver --date ${day(n)} && movie-etl gold --date ${day(n)}`;
  const anew = (n: number) => `movie-etl run-all --date ${day(n)} --reprocess all`;
  const anewOfTwo = `${anew(4)} --top-n 2`;
  const inAnyCase = [
    [
      'behind',
      [
        'silver has no lineage that can be read',
        `manifest ${older}: runId: Invalid input: expected string, received undefined`,
      ],
      anewOfTwo,
    ],
    [
      'unreadable',
      [
        `manifest ${bronzeKeys.manifest(day(5), foreign.runId)}: version: version 2 is not known: this release reads version 1; another release of movie-etl wrote it: use that one, or update this one`,
      ],
      undefined,
    ],
    ['unreadable', [`run 20990106T030000Z has no manifest; start a new run with: ${anew(6)}`], anew(6)],
  ];
  const gone = "silver's quarantine file is gone";
  const untold = 'gold is of another silver than the one that stands';
  t.same(await look(false), [
    ['complete', [], undefined],
    ['complete', [], undefined],
    ['behind', [gone], refine(3)],
    [inAnyCase[0]?.[0], [inAnyCase[0]?.[1]?.[0], untold, inAnyCase[0]?.[1]?.[1]], anewOfTwo],
    ...inAnyCase.slice(1),
  ]);
  t.same(await look(true), [
    ['behind', ["silver's movies.csv was changed after it was made", untold], refine(1)],
    [
      'behind',
      [`gold compares with another silver of ${day(1)} than the one that stands`],
      `movie-etl silver --date ${day(1)} && movie-etl gold --date ${day(2)}`,
    ],
    ['behind', [gone, 'gone or changed since gold was made: summary'], refine(3)],
    ...inAnyCase,
  ]);
});

t.test('on S3 and SQS it says the same, as far as SQS can tell', async (t) => {
  const emulator = await startEmulator();
  watchRequests(emulator);
  const env = {
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: emulator.url,
  };
  Object.assign(process.env, env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const aws = awsClients();
  t.teardown(async () => {
    await aws.close();
    await emulator.close();
  });
  await emulator.createBucket('movies');
  await emulator.createQueue('movies-dead.fifo', { FifoQueue: 'true' });
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: queueArn('movies-dead.fifo'),
    maxReceiveCount: MAX_RECEIVES,
  });
  const url = await emulator.createQueue('movies.fifo', { FifoQueue: 'true', RedrivePolicy });
  const queue = await openQueue(url, aws);
  const layer = (name: string) => openStore(`s3://movies/${name}`, aws);
  const layers = { bronze: await layer('bronze'), silver: await layer('silver'), gold: await layer('gold') };
  const { services, complete, begin } = seeder(layers, () => NOW);
  const later = new Date(NOW.getTime() + 49 * 3_600_000);
  const look = async (dates: string[], now = later) => {
    emulator.calls.length = 0;
    const statuses = await statusOf(
      dates,
      { ...services, queue, now: () => now },
      { explain: true, readFiles: false },
    );
    const calls: Record<string, number> = {};
    for (const { operation } of emulator.calls) calls[operation] = (calls[operation] ?? 0) + 1;
    return { statuses, calls };
  };

  await complete(day(1), movies(12));
  await complete(day(2), movies(3));
  const sound = await look([day(1), day(2)]);
  t.same(sound.calls, { ListObjectsV2: 2 + 2 + datasets.length, GetObject: 2 * 3 });
  t.same(sound.statuses[1], {
    date: day(2),
    state: 'complete',
    list: 3,
    run: '20990102T030000Z',
    published: '20990102T030000Z',
    recorded: 3,
    enriched: 2,
    not_found: 1,
    failed: 0,
    missing: 0,
    missingMovies: [],
    underWay: null,
    silver: { state: 'fresh', rows: 3, quarantined: 0, runId: '20990102T030000Z' },
    quarantine: [],
    gold: { state: 'fresh', datasets: 13, previousDate: day(1) },
    ageSeconds: 49 * 3_600,
    reasons: [],
    mend: [],
    mendAfter: null,
  });
  await layers.gold.put(goldKeys.lineage(day(2)), '{"version":1}');
  await layers.bronze.put(bronzeKeys.success(day(1)), '{');
  const broken = (await look([day(1), day(2)])).statuses;
  t.match(broken, [
    {
      state: 'unreadable',
      mend: [
        `aws s3 rm s3://movies/bronze/dt=${day(1)}/_SUCCESS && movie-etl enrich --date ${day(1)} && movie-etl silver --date ${day(1)} && movie-etl gold --date ${day(1)}`,
      ],
    },
    { state: 'behind', gold: { state: 'missing' }, mend: [`movie-etl gold --date ${day(2)}`] },
  ]);

  const run = await begin(day(3), movies(8), { batchSize: 2 });
  const standing = await readManifest(layers.bronze, day(3), run.runId);
  if (!standing) throw new Error('no manifest');
  const [failing, dying, limited, waiting] = [0, 1, 2, 3].map((batch) =>
    messageOfBatch(standing.manifest, batch),
  );
  const fails = async (message: typeof failing, verdict: 'retry' | 'quota', attempt: number, now = NOW) => {
    const lookup = () => Promise.reject(new PipelineError(verdict, `OMDb says ${verdict}`));
    if (message)
      await enrichBatch(message, { ...services, omdb: { lookup }, now: () => now }, attempt).catch(() => {});
  };
  await fails(failing, 'retry', MAX_RECEIVES - 1);
  await fails(dying, 'retry', MAX_RECEIVES);
  await fails(limited, 'quota', 1);
  const whys = async (now?: Date) => {
    const [status] = (await look([day(3)], now)).statuses;
    return [status?.missingMovies?.map(({ why }) => why).join(' '), status?.mendAfter];
  };
  const half = 'failed failed failed failed quota quota';
  t.same(await whys(), [`${half} lost lost`, null], 'no message, no dead letter, a quota of another day');
  t.same(await whys(NOW), [`${half} lost lost`, '2026-01-03T00:00:00.000Z'], 'the quota of today');
  t.equal((await look([day(3)], NOW)).statuses[0]?.mend.length, 1, 'giving up would not be enough');
  await queue.send([{ body: JSON.stringify(waiting), group: 'w', deduplicationId: 'w' }]);
  t.same(await whys(), [`${half} queued queued`, null]);
  for (let receive = 1; receive <= MAX_RECEIVES; receive++) {
    t.equal((await receiveAll(queue)).length, 1);
    await queue.close();
  }
  t.same(await receiveAll(queue), []);
  t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 1 });
  const dead = 'dead-lettered dead-lettered';
  t.same(
    await whys(),
    [`failed failed ${dead} quota quota ${dead}`, null],
    'also one that nobody worked through',
  );
  const { calls, statuses } = await look([day(3)]);
  t.match(calls, { ListObjectsV2: 3, GetObject: 7 }, 'manifest, two lineages, `_SUCCESS`, three errors');
  t.same(statuses[0]?.mend, [
    `movie-etl redrive && movie-etl enrich --date ${day(3)} && movie-etl silver --date ${day(3)} && movie-etl gold --date ${day(3)}`,
    `movie-etl enrich --date ${day(3)} --give-up tt0000001 tt0000002 tt0000003 tt0000004 tt0000007 tt0000008 && movie-etl silver --date ${day(3)} && movie-etl gold --date ${day(3)}`,
  ]);
});

t.test('a table of the Top 250 fits into 80 columns', async (t) => {
  const status = (n: number, facts: Partial<DateStatus>): DateStatus => ({
    date: day(n),
    state: 'complete',
    list: 250,
    run: '20990101T030000Z',
    published: '20990101T030000Z',
    recorded: 250,
    enriched: 245,
    not_found: 5,
    failed: 0,
    missing: 0,
    missingMovies: [],
    underWay: null,
    silver: { state: 'stale', rows: 250, quarantined: 250, runId: null },
    quarantine: null,
    gold: { state: 'stale', datasets: 13, previousDate: null },
    ageSeconds: 365 * 86_400,
    reasons: [],
    mend: [],
    mendAfter: null,
    ...facts,
  });
  const ages = [0, 59, 60, 3_599, 3_600, 48 * 3_600 - 1, 48 * 3_600, 365 * 86_400];
  const terminal: Parameters<typeof overview>[1] = {
    table: (head, rows) => tableOf(head, rows, (text) => text),
  };
  const lines = linesOf(
    overview(
      ages.map((ageSeconds, n) => status(n + 1, { ageSeconds })),
      terminal,
    ),
  );
  t.same(
    lines.slice(2).map((line) => line.slice(-5).trim()),
    ['0 s', '59 s', '1 m', '59 m', '1 h', '47 h', '2 d', '365 d'],
  );
  t.equal(lines.at(-1), '2099-01-08   250   245/250      5  yes       250 stale      250  13 stale  365 d');
  t.equal(Math.max(...lines.map((line) => line.length)), 80);
});

t.test('a command in a message gets the places that were given', async (t) => {
  const flags = { dataDir: './my data', date: day(1), queue: 'q', region: 'eu-west-1', verbose: true };
  const places = "--data-dir './my data' --queue q --region eu-west-1";
  const told = withPlaces(
    'try: movie-etl redrive && movie-etl enrich --date D, or aws s3 rm s3://b/k',
    flags,
  );
  t.equal(
    told,
    `try: movie-etl redrive ${places} && movie-etl enrich ${places} --date D, or aws s3 rm --region eu-west-1 s3://b/k`,
  );
  t.equal(withPlaces(told, flags), told, 'once');
  const everything = {
    dataDir: 'd',
    bronze: 's3://b/bronze',
    silver: 'file:///s',
    gold: "it's gold",
    queue: 'https://sqs.eu-west-1.amazonaws.com/123456789012/movies.fifo',
    profile: 'ops',
    endpointUrl: 'http://127.0.0.1:4566',
    offline: true,
    movies: 'top 250.json',
    omdbUrl: 'https://omdb.example/',
  };
  const where = `--data-dir d --bronze s3://b/bronze --silver file:///s --gold 'it'\\''s gold' --queue ${everything.queue} --profile ops --endpoint-url http://127.0.0.1:4566`;
  const sources = { movies: "--movies 'top 250.json'", omdb: '--omdb-url https://omdb.example/' };
  const expected = {
    extract: `${where} ${sources.movies} --offline`,
    enrich: `${where} ${sources.omdb} --offline`,
    silver: where,
    gold: where,
    'run-all': `${where} ${sources.movies} ${sources.omdb} --offline`,
    redrive: `--data-dir d --queue ${everything.queue} --profile ops --endpoint-url http://127.0.0.1:4566`,
    status: where,
    report: where,
  };
  for (const [command, added] of Object.entries(expected)) {
    t.equal(withPlaces(`movie-etl ${command}; more`, everything), `movie-etl ${command} ${added}; more`);
  }
  for (const text of [
    'movie-etl config',
    'movie-etl enriched',
    'movie-etl silver-lining',
    'enrich',
    'movie-etl',
  ])
    t.equal(withPlaces(text, everything), text);
  const secret = {
    movies: `https://imdb.example/${PATH_KEY}/list.json`,
    omdbUrl: `https://omdb.example/?apikey=${PASSWORD}`,
    endpointUrl: `https://user:${PASSWORD}@aws.example/`,
    queue: `https://sqs.example/1/q?x=${PASSWORD}`,
  };
  t.equal(withPlaces('movie-etl run-all', secret), 'movie-etl run-all', 'no secret');
  t.equal(
    withPlaces('movie-etl enrich --date D --queue mine && movie-etl enrich --dates', {
      queue: 'q',
      date: 'D',
    }),
    'movie-etl enrich --date D --queue mine && movie-etl enrich --queue q --dates',
    'what stands there already stays alone',
  );
});
