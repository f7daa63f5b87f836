import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import t, { type Test } from 'tap';
import { bronzeKeys, goldKeys, silverKeys } from '../src/keys.js';
import { dirQueue } from '../src/queues/dir.js';
import { formatName, parseName } from '../src/queues/message-file.js';
import { MAX_RECEIVES } from '../src/queues/queue.js';
import { bringBack, startTestChain } from './support/chain.js';
import { type CliResult, cli, filesUnder, jsonLines, linesOf, startCli, told } from './support/cli.js';
import { type Behaviour, movieList, type Script, startOmdb } from './support/omdb-server.js';
import { DATE as CHAIN_DATE, RUN as CHAIN_RUN, NOW } from './support/pipeline.js';
import { OMDB_KEY, SECRET_ACCESS_KEY } from './support/secrets.js';

/** Most of the time is the start of processes. */
t.jobs = 2;

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** A day to come: a day in the past has a warning of its own. */
const DATE = '2099-01-02';
const LATER_RUN = '20990102T040000Z';

/** Fails without a retry in the same lookup: OMDb asks for more patience than one has. */
const busy: Behaviour = { status: 503, headers: { 'retry-after': '3600' } };

/** The ids of the first movies of the list, in rank order. */
const [FIRST = '', SECOND = '', THIRD = ''] = [...movieList.items]
  .sort((one, other) => Number(one.rank) - Number(other.rank))
  .map(({ id }) => id);

/** A directory to work in, an OMDb, and `movie-etl` there. */
async function operator(t: Test, script: Script) {
  const cwd = t.testdir();
  const server = await startOmdb(script);
  t.teardown(server.close);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  const run = (...args: string[]) => cli(args, { cwd, env });
  const bronze = (key: string) => join(cwd, 'data/bronze', key);
  /** Extracts so many movies. @returns the run */
  const extracted = async (topN: number, batchSize: number) => {
    const result = await run('extract', '--date', DATE, '--top-n', `${topN}`, '--batch-size', `${batchSize}`);
    t.equal(result.code, 0, told(result));
    const [folder = ''] = await readdir(bronze(`dt=${DATE}`));
    return folder.slice('run='.length);
  };
  return { cwd, env, server, run, bronze, extracted, queue: dirQueue(join(cwd, 'data/queue')) };
}

/** The state of a message is its name: it was received so often, and is due. */
async function asIfReceived(cwd: string, receives: number): Promise<void> {
  const root = join(cwd, 'data/queue');
  for (const name of await readdir(root)) {
    const file = parseName(name);
    if (file) await rename(join(root, name), join(root, formatName({ ...file, receives, due: 0 })));
  }
}

/** What was said, without the ticks of the stages that went well. */
const complaints = ({ stderr }: CliResult) =>
  linesOf(stderr).filter((line) => !/^✔|^enrich[^:]*: \d+\/\d+ movies/.test(line));

t.test('a movie that always fails delays no other, and completes its run after a redrive', async (t) => {
  const others = 11;
  const done = async () =>
    (await filesUnder(join(cwd, 'data/bronze'))).filter((file) => /\/_done\/\d{3}\/\d{6}$/.test(file)).length;
  const { cwd, server, run, extracted, bronze, env } = await operator(t, ({ id, nthOfId }) =>
    id === SECOND ? (nthOfId === 1 ? { hang: true } : { status: 500 }) : undefined,
  );
  const runId = await extracted(others + 1, 1);
  server.forget();

  const { child, result } = startCli(['enrich', '--json'], { cwd, env });
  while ((await done()) < others && child.exitCode === null) await sleep(10);
  t.equal(await done(), others, 'every other batch is done');
  t.equal(child.exitCode, null, 'while the first call for the poison hangs');
  t.equal(server.ids.filter((id) => id === SECOND).length, 1);
  server.cut();
  const first = await result;
  t.equal(first.code, 75, told(first));
  t.equal(server.ids.filter((id) => id === SECOND).length, 5, 'it was tried five times');
  t.match(jsonLines(first.stdout), [
    {
      date: DATE,
      runId,
      enriched: others - 1,
      not_found: 1,
      complete: false,
      failed: [
        { batch: 1, imdbId: SECOND, imdbIds: [SECOND], verdict: 'retry', message: 'OMDb answers 500' },
      ],
    },
  ]);
  const mine = `${DATE} --run ${runId}`;
  const failure =
    `error: ${DATE} is not complete: 1 of 12 batches of run ${runId} failed, such as batch 1 with ${SECOND}: OMDb answers 500; ` +
    `go on with: movie-etl enrich --date ${mine}, or without what never will: movie-etl enrich --date ${mine} --give-up ${SECOND}`;
  t.same(complaints(first), [failure]);
  t.match(JSON.parse(await readFile(bronze(bronzeKeys.error(DATE, runId, 1)), 'utf8')), {
    version: 1,
    verdict: 'retry',
    message: 'OMDb answers 500',
    imdbId: SECOND,
    attempt: 1,
  });

  server.script = ({ id }) => (id === SECOND ? busy : undefined);
  server.forget();
  await asIfReceived(cwd, MAX_RECEIVES - 1);
  t.equal((await run('enrich')).code, 75, 'the tenth receive');
  await asIfReceived(cwd, MAX_RECEIVES);
  const dead = await run('enrich');
  t.same(server.ids, [SECOND], 'then it is received no more');
  t.equal(dead.code, 75);
  t.same(complaints(dead), [
    `warning: dead letter: batch 1 of run ${runId} of ${DATE}: ${SECOND}: OMDb answers 503`,
    'error: 1 message in the dead-letter queue of ./data/queue; bring them back with: movie-etl redrive, or finish their dates with: movie-etl enrich --date DATE',
  ]);

  server.script = () => undefined;
  t.equal((await run('redrive')).code, 0);
  const last = await run('enrich', '--json');
  t.same([last.code, complaints(last)], [0, []]);
  t.match(jsonLines(last.stdout), [{ runId, enriched: 1, standing: 0, failed: [], complete: true }]);
  t.match(JSON.parse(await readFile(bronze(bronzeKeys.success(DATE)), 'utf8')), { runId, movies: 12 });
});

t.test('messages that nobody can work on delay no other, and each is named', async (t) => {
  const { cwd, run, extracted, queue, server } = await operator(t, () => undefined);
  const runId = await extracted(3, 1);
  const [name = ''] = await readdir(join(cwd, 'data/queue')).then((names) =>
    names.filter((each) => parseName(each)),
  );
  const message = JSON.parse(await readFile(join(cwd, 'data/queue', name), 'utf8'));
  const bodies = {
    broken: '{"version":1,',
    foreign: JSON.stringify({ ...message, version: 2 }),
    orphan: JSON.stringify({ ...message, run: { ...message.run, id: LATER_RUN } }),
  };
  await queue.send(Object.entries(bodies).map(([id, body]) => ({ body, group: id, deduplicationId: id })));
  server.forget();
  const first = await run('enrich', '--json');
  t.equal(first.code, 75, told(first));
  t.match(
    jsonLines<{ runId: string }>(first.stdout).find((each) => each.runId === runId),
    {
      enriched: 3,
      complete: true,
    },
  );
  t.equal(server.ids.length, 3, 'nothing was asked for the others');
  const reasons = [
    /message [0-9a-f]+ is not JSON \(it begins with "\{\\"version\\":1,"\)/,
    /message [0-9a-f]+: version: version 2 is not known: this release reads version 1/,
    new RegExp(`${LATER_RUN} of ${DATE}: the run has no manifest`),
  ];
  const warnings = complaints(first).filter((line) => line.startsWith('warning:'));
  t.equal(warnings.length, 3);
  for (const reason of reasons)
    t.equal(warnings.filter((line) => reason.test(line)).length, 1, String(reason));
  t.ok(
    warnings.every((line) => line.endsWith('; after ten receives the message goes to the dead-letter queue')),
  );
  t.match(
    warnings.find((line) => line.includes('version 2')),
    /\(another release of movie-etl wrote it: /,
  );
  t.match(
    complaints(first).at(-1),
    /error: 2099-01-02 is not complete: .*: the run has no manifest; .*start a new run/,
  );
  t.same(
    (await readdir(join(cwd, 'data/bronze', `dt=${DATE}`))).sort(),
    ['_SUCCESS', `run=${runId}`],
    'a run that nobody began does not come to be',
  );

  await asIfReceived(cwd, MAX_RECEIVES);
  const dead = await run('enrich');
  t.equal(dead.code, 75);
  const letters = complaints(dead).filter((line) => line.startsWith('warning: dead letter: '));
  t.equal(letters.length, 3);
  for (const reason of reasons)
    t.equal(letters.filter((line) => reason.test(line)).length, 1, String(reason));
  t.match(complaints(dead).at(-1), /^error: 3 messages in the dead-letter queue of \.\/data\/queue; /);
  t.equal((await run('silver', '--date', DATE)).code, 0, 'the date goes on');
});

t.test('a hand-back does not count, a failure does', async (t) => {
  const { cwd, server, env, extracted, queue } = await operator(t, ({ path }) =>
    path === '/' ? { hang: true } : undefined,
  );
  await extracted(3, 1);
  for (let time = 1; time <= 2; time++) {
    server.forget();
    const { child, result } = startCli(['enrich'], { cwd, env });
    await server.received(3);
    child.kill('SIGINT');
    t.equal((await result).code, 130);
  }
  const received = await queue.receive(10);
  t.same(
    received.map(({ attempt }) => attempt),
    [1, 1, 1],
    'interrupted twice, and received for the first time',
  );
  for (const message of received) await queue.defer(message, 0, { untried: message === received[0] });
  const attempts = (await queue.receive(10)).map(({ attempt }) => attempt);
  t.same(attempts.sort(), [1, 2, 2]);
});

t.test('through the chain: the others are done, a redrive and a give-up complete the run', async (t) => {
  const test = await startTestChain(t, { parameters: { TopN: 5, BatchSize: 1 } });
  const { chain, omdb, output, eventsOf, invocationsOf, objects } = test;
  const poison = [SECOND, THIRD];
  omdb.script = ({ id }) => (poison.includes(id) ? busy : undefined);
  chain.fire(NOW);
  const recordsOf = (event: unknown) => (event as SQSEvent).Records;
  const messageOf = (id: string) =>
    invocationsOf('EnrichAndStoreMovie').findLast(({ event }) =>
      recordsOf(event).some(({ body }) => body.includes(`"id":"${id}"`)),
    );
  const failures = () => eventsOf('returned').reduce((sum, { messages }) => sum + messages, 0);
  for (let receive = 1; receive <= MAX_RECEIVES; receive++) {
    await test.until(() => failures() === receive * poison.length);
    if (receive === 1) {
      const bronze = Object.keys(await objects('bronze'));
      t.equal(bronze.filter((key) => key.includes('/_done/000/')).length, 3, 'the others are done by then');
      t.notOk(bronze.includes(bronzeKeys.success(CHAIN_DATE)));
    }
    for (const id of poison) {
      const invocation = messageOf(id);
      const record = recordsOf(invocation?.event).find(({ body }) => body.includes(`"id":"${id}"`));
      if (invocation && record) await bringBack(test, invocation, record.messageId);
    }
  }
  await chain.settled();
  t.equal(await chain.depth(output('DeadLetterQueueUrl')), 2);
  t.equal(omdb.ids.length, 3 + poison.length * MAX_RECEIVES, 'the others were asked for once');
  t.same(await objects('silver'), {});
  for (const [batch, id] of [
    [1, SECOND],
    [2, THIRD],
  ] as const) {
    const stored = (await objects('bronze'))[bronzeKeys.error(CHAIN_DATE, CHAIN_RUN, batch)] ?? '';
    t.match(JSON.parse(stored), { imdbId: id, attempt: 10, message: 'OMDb answers 503' });
  }

  const env = {
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: chain.emulator.url,
    BRONZE_URI: output('BronzeUri'),
    QUEUE_URL: output('QueueUrl'),
  };
  const cwd = t.testdir();
  omdb.script = ({ id }) => (id === THIRD ? busy : undefined);
  const before = failures();
  t.equal((await cli(['redrive'], { cwd, env })).code, 0);
  await test.until(() => failures() === before + 1);
  t.same(await objects('silver'), {}, 'one is missing still');
  const closing = await cli(['enrich', '--date', CHAIN_DATE, '--give-up', THIRD, '--json'], { cwd, env });
  t.equal(closing.code, 0, told(closing));
  t.match(jsonLines(closing.stdout), [
    { runId: CHAIN_RUN, enriched: 0, given_up: 1, standing: 4, failed: [], complete: true },
  ]);
  const invocation = messageOf(THIRD);
  const [record] = recordsOf(invocation?.event).filter(({ body }) => body.includes(`"id":"${THIRD}"`));
  if (invocation && record) await bringBack(test, invocation, record.messageId);
  omdb.forget();
  await chain.settled();
  t.same(omdb.ids, [], 'its message comes once more, finds the record, and is done');
  t.equal(await chain.depth(output('DeadLetterQueueUrl')), 0);
  const lineage = JSON.parse((await objects('silver'))[silverKeys.lineage(CHAIN_DATE)] ?? '');
  t.match(lineage, { runId: CHAIN_RUN, statuses: { enriched: 4, not_found: 0, failed: 1 } });
  t.match(await objects('gold'), {
    [goldKeys.dataset('top_rated', CHAIN_DATE)]: new RegExp(`\n3,${THIRD},`),
  });
});

t.test('--give-up closes movies, completes the run, and needs no OMDb for it', async (t) => {
  const { cwd, server, run, extracted, bronze } = await operator(t, ({ id }) =>
    id === FIRST || id === THIRD ? busy : undefined,
  );
  const runId = await extracted(6, 3);
  const failed = await run('enrich', '--date', DATE, '--json');
  t.equal(failed.code, 75);
  t.match(jsonLines(failed.stdout), [
    { enriched: 4, standing: 0, failed: [{ batch: 0, imdbIds: { length: 2 } }], complete: false },
  ]);
  const ids = [FIRST, THIRD];
  t.ok(
    ids.every((id) =>
      complaints(failed)[0]
        ?.match(/ --give-up (.*)$/)?.[1]
        ?.split(' ')
        .includes(id),
    ),
    'the hint names both',
  );
  const files = await filesUnder(join(cwd, 'data/bronze'));

  await t.test('an id that the run does not have closes nothing', async (t) => {
    const refused = await run('enrich', '--date', DATE, '--give-up', `${FIRST},tt9999999`, 'tt8888888');
    t.equal(refused.code, 1);
    t.match(complaints(refused), [
      new RegExp(`^error: run ${runId} of ${DATE} has no tt9999999, tt8888888: nothing is given up; `),
    ]);
    const { code, stderr } = await run('enrich', '--date', DATE, '--run', LATER_RUN, '--give-up', FIRST);
    t.match({ code, stderr }, { code: 1, stderr: `error: run ${LATER_RUN} of ${DATE} has no manifest` });
    t.match(await run('enrich', '--date', '2099-01-09', '--give-up', FIRST), {
      code: 1,
      stderr: /^error: 2099-01-09 has no run yet; /,
    });
    t.same(await filesUnder(join(cwd, 'data/bronze')), files);
  });

  await t.test('wrong usage', async (t) => {
    for (const [args, mistake] of [
      [['--date', DATE, '--give-up', 'tt1'], "--give-up 'tt1' is no IMDb id such as tt0111161"],
      [['--date', DATE, '--give-up', ','], "--give-up '' is no IMDb id"],
      [['--date', DATE, '--give-up'], 'argument missing'],
      [['--give-up', FIRST], '--give-up needs the --date of the run'],
      [['--from', DATE, '--to', DATE, '--give-up', FIRST], '--give-up needs the --date of the run'],
    ] as const) {
      const result = await run('enrich', ...args);
      t.equal(result.code, 2, args.join(' '));
      t.match(complaints(result).join('\n'), mistake);
    }
    t.same(await filesUnder(join(cwd, 'data/bronze')), files);
  });

  await t.test('one of two: the other is tried again, which needs a key', async (t) => {
    const keyless = await cli(['enrich', '--date', DATE, '--give-up', FIRST], { cwd });
    t.match(keyless, { code: 2, stderr: /^error: no OMDb API key: set OMDB_API_KEY/m });
    t.same(await filesUnder(join(cwd, 'data/bronze')), files, 'nothing is given up then');
    t.equal((await run('enrich', '--date', DATE, '--give-up', FIRST)).code, 75);
    const stored = JSON.parse(await readFile(bronze(bronzeKeys.record(DATE, runId, FIRST)), 'utf8'));
    t.match(stored, { version: 1, runId, date: DATE, movie: { id: FIRST }, omdb: null, status: 'failed' });
    t.ok(['OMDb answers 503', 'given up'].includes(stored.error));
  });

  await t.test('the last one: the run is complete without a key and without OMDb', async (t) => {
    server.forget();
    const closing = await cli(['enrich', '--date', DATE, '--run', runId, '--give-up', FIRST, THIRD], { cwd });
    t.equal(closing.code, 0, told(closing));
    t.same(linesOf(closing.stderr), [
      `${FIRST} has its record already, failed: it stays as it is`,
      `✔ enrich ${DATE}: 0 enriched, 0 not found, 1 given up, 5 had their record`,
    ]);
    t.match(linesOf(closing.stdout), [
      /^date +enriched +not found +given up +had record +state +run/,
      /^2099-01-02 +0 +0 +1 +5 +complete +/,
    ]);
    t.same(server.ids, []);
    t.match(JSON.parse(await readFile(bronze(bronzeKeys.success(DATE)), 'utf8')), { runId, movies: 6 });
  });

  await t.test('silver has a row of list values for each, and counts them', async (t) => {
    const { code, stdout } = await run('silver', '--date', DATE, '--json');
    t.equal(code, 0);
    t.match(jsonLines(stdout), [
      { rows: 6, quarantined: 0, statuses: { enriched: 4, not_found: 0, failed: 2 } },
    ]);
    const csv = await readFile(join(cwd, 'data/silver', silverKeys.movies(DATE)), 'utf8');
    t.match(linesOf(csv)[1], /^tt0111161,1,The Shawshank Redemption,1994,,,,,Frank Darabont,,.*,false$/);
  });

  await t.test('an enriched movie cannot be given up, and its message is done when it comes', async (t) => {
    const record = bronze(bronzeKeys.record(DATE, runId, SECOND));
    const before = await readFile(record, 'utf8');
    const { code, stderr } = await cli(['enrich', '--date', DATE, '--give-up', SECOND], { cwd });
    t.match({ code, stderr }, { code: 0, stderr: `${SECOND} has its record already, enriched: ` });
    t.equal(await readFile(record, 'utf8'), before);
    server.forget();
    t.equal((await run('enrich')).code, 0, 'the messages of the run are still there');
    t.same(server.ids, []);
    await rm(join(cwd, 'data/queue'), { recursive: true });
  });
});
