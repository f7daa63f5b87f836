import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { Container } from '../chain/container.js';
import { type Emulator, startEmulator } from '../chain/emulator/emulator.js';
import { bronzeKeys, silverKeys } from '../src/keys.js';
import { messageOfBatch } from '../src/records/manifest.js';
import { readManifest, readSuccess } from '../src/records/runs.js';
import { openStore } from '../src/stores/open.js';
import { awsOf } from './support/aws.js';
import { invalidKey, limitReached, type OmdbServer, startOmdb } from './support/omdb-server.js';
import { keysOf } from './support/pipeline.js';
import { OMDB_KEY, SECRET_ACCESS_KEY, watch, watchRequests } from './support/secrets.js';

const DATE = '2026-11-23';
const RUN = '20261123T030000Z';
const SECRET = 'movie-etl/omdb';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:movies.fifo';

interface Invoked {
  ok: boolean;
  response: unknown;
  error: string;
}

/** A container of one function. Time and again the same one, as on AWS. */
interface Deployed {
  invoke(event: unknown, requestId?: string, timeoutSeconds?: number): Promise<Invoked>;
  /** The lines of its logs, each parsed. */
  logs: Record<string, unknown>[];
}

/** An AWS account with three buckets and a queue, the two sources, and the bundles to run on them. */
async function account(t: Test) {
  const emulator = await startEmulator();
  t.teardown(emulator.close);
  watchRequests(emulator);
  const omdb = await startOmdb();
  t.teardown(omdb.close);
  for (const layer of ['bronze', 'silver', 'gold']) await emulator.createBucket(`etl-${layer}`);
  const queue = await emulator.createQueue('movies.fifo', { FifoQueue: 'true' });
  emulator.putSecret(SECRET, JSON.stringify({ omdbapi_key: OMDB_KEY }));
  const aws = awsOf(t, emulator);
  const layer = (name: string) => openStore(`s3://etl-${name}/${name}`, aws);
  const variables = variablesOf(emulator, omdb, queue);
  const deploy = (name: string, more: Record<string, string | undefined> = {}) =>
    deployed(t, name, { ...variables, ...more });
  return { emulator, omdb, queue, deploy, bronze: await layer('bronze'), silver: await layer('silver') };
}

function variablesOf(emulator: Emulator, omdb: OmdbServer, queue: string) {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: emulator.url,
    AWS_ACCESS_KEY_ID: 'function',
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    BRONZE_URI: 's3://etl-bronze/bronze',
    SILVER_URI: 's3://etl-silver/silver',
    GOLD_URI: 's3://etl-gold/gold',
    QUEUE_URL: queue,
    MOVIES_URL: omdb.moviesUrl,
    OMDB_URL: omdb.url,
    OMDB_API_KEY_SECRET: SECRET,
  };
}

function deployed(t: Test, name: string, variables: Record<string, string | undefined>): Deployed {
  const logs: Record<string, unknown>[] = [];
  const file = fileURLToPath(new URL(`../dist/lambda/${name}/index.mjs`, import.meta.url));
  const environment = Object.fromEntries(
    Object.entries(variables).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const container = new Container({ file, exportName: 'handler', environment }, (line) => {
    watch(`the log of ${name}`, line);
    logs.push(JSON.parse(line) as Record<string, unknown>);
  });
  t.teardown(() => container.stop());
  let requests = 0;
  return {
    logs,
    invoke: async (event, requestId, timeoutSeconds = 60) => {
      const awsRequestId = requestId ?? `00000000-0000-4000-8000-${String(++requests).padStart(12, '0')}`;
      const outcome = await container.invoke({ event, context: { awsRequestId }, timeoutSeconds });
      watch(`the outcome of ${name}`, JSON.stringify(outcome));
      return outcome.ok
        ? { ok: true, response: outcome.response, error: '' }
        : { ok: false, response: undefined, error: outcome.error.errorMessage };
    },
  };
}

const record = (number: number, body: string, group = `group ${number}`, arn = QUEUE_ARN) => ({
  messageId: `message-${number}`,
  receiptHandle: `receipt-${number}`,
  body,
  attributes: { ApproximateReceiveCount: '1', MessageGroupId: group },
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: arn,
});

const created = (bucket: string, key: string) => ({
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key } },
});

const failed = (...numbers: number[]) => ({
  batchItemFailures: numbers.map((number) => ({ itemIdentifier: `message-${number}` })),
});

t.test('extract', async (t) => {
  const { emulator, bronze, deploy } = await account(t);
  const extract = deploy('get-movies-and-send-to-queue');
  const schedule = JSON.parse(
    await readFile(new URL('../fixtures/events/get-movies-and-send-to-queue.json', import.meta.url), 'utf8'),
  );

  await t.test('a schedule decides date and run, and a retry of it is the same run', async (t) => {
    const first = await extract.invoke({ ...schedule, batch_size: 4 });
    t.match(first.response, {
      date: DATE,
      runId: RUN,
      movies: 10,
      batches: 3,
      batchSize: 4,
      continued: false,
    });
    const again = await extract.invoke({ ...schedule, batch_size: 5 });
    t.match(again.response, { runId: RUN, batches: 3, batchSize: 4, continued: true });
    t.same(await keysOf(bronze.list('dt=')), [bronzeKeys.manifest(DATE, RUN)]);
    t.match(
      extract.logs.find(({ message }) => message === 'extract done'),
      {
        level: 'INFO',
        stage: 'extract',
        runId: RUN,
        date: DATE,
        movies: 10,
        batches: 3,
        durationMs: Number,
      },
    );
  });

  await t.test('the event of a rule decides them by its time', async (t) => {
    const { response } = await extract.invoke({
      version: '0',
      id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-24T03:00:00Z',
      detail: {},
    });
    t.match(response, { date: '2026-11-24', runId: '20261124T030000Z', topN: 10, batchSize: 1 });
  });

  await t.test('a person gives the date; a retry of the invocation is the same run', async (t) => {
    const event = { date: '2026-11-25', top_n: '3', batch_size: 2 };
    const id = 'b7c1f0e2-1234-4abc-9def-0123456789ab';
    const { response } = await extract.invoke(event, id);
    t.match(response, { date: '2026-11-25', movies: 3, batches: 2, continued: false });
    const { runId } = response as { runId: string };
    t.match(runId, /^\d{8}T\d{6}Z-b7c1f0e212344abc9def0123456789ab$/);
    t.match((await extract.invoke(event, id)).response, { runId, continued: true });
    const other = await extract.invoke({ date: '2026-11-25' });
    t.match(other.response, { topN: 3, batchSize: 2, continued: false }, 'another request is another run');
  });

  await t.test('an event that is none of these is refused before anything is done', async (t) => {
    const calls = emulator.calls.length;
    const refused: [unknown, RegExp][] = [
      [{ date: '2026-02-30' }, /^event: date: is no date/],
      [{ scheduled_time: '<aws.scheduler.scheduled-time>' }, /^event: scheduled_time: is no time such as/],
      [{ date: DATE, top_n: 0 }, /^event: top_n: /],
      [{ date: DATE, top_n: '99999999999999999999' }, /^event: top_n: is no whole number from 1 to 1000000/],
      [{ date: DATE, batch_size: 'ten' }, /^event: batch_size: /],
      ['2026-11-23', /^event: /],
    ];
    for (const [event, message] of refused) {
      const { ok, error } = await extract.invoke(event);
      t.notOk(ok);
      t.match(error, message);
    }
    t.equal(emulator.calls.length, calls);
  });
});

/** A run of so many batches of one movie each, and the SQS records of its messages. */
async function begun(t: Test, batches: number) {
  const world = await account(t);
  const event = { scheduled_time: `${DATE}T03:00:00Z`, top_n: batches, batch_size: 1 };
  const { ok } = await world.deploy('get-movies-and-send-to-queue').invoke(event);
  t.ok(ok, 'the run is begun');
  const standing = await readManifest(world.bronze, DATE, RUN);
  if (!standing) throw new Error('no manifest');
  const messages = Array.from({ length: batches }, (_, batch) => messageOfBatch(standing.manifest, batch));
  const bodies = messages.map((message) => JSON.stringify(message));
  return { ...world, messages, bodies };
}

t.test('enrich', async (t) => {
  await t.test('a message that cannot be understood fails alone', async (t) => {
    const { bronze, deploy, bodies, messages, omdb } = await begun(t, 3);
    const [message] = messages;
    const movie = message?.movies[0];
    const poison = [
      '{"version":1,',
      'null',
      JSON.stringify({ ...message, version: 2 }),
      JSON.stringify({ ...message, movies: [{ ...movie, id: '../../../tt0111161' }] }),
      JSON.stringify({ ...message, run: { ...message?.run, id: '../other' } }),
      JSON.stringify({ ...message, batch: 3 }),
    ];
    const enrich = deploy('enrich-and-store-movie');
    const texts = [...poison, ...bodies];
    const { response } = await enrich.invoke({ Records: texts.map((body, number) => record(number, body)) });
    t.same(response, failed(0, 1, 2, 3, 4, 5));
    t.match(await readSuccess(bronze, DATE), { success: { runId: RUN, movies: 3 } }, 'the others are done');
    t.equal(omdb.ids.length, 3);
    const errors = enrich.logs.filter(({ level }) => level === 'ERROR');
    t.same(
      errors.map(({ messageId }) => messageId),
      poison.map((_, number) => `message-${number}`),
    );
    t.match(errors[2]?.message, /^message message-2: version: /);
    const done = enrich.logs.filter(({ message }) => message === 'enrich done');
    t.match(done[2], { stage: 'enrich', date: DATE, runId: RUN, batch: 2, enriched: 1, published: true });
    t.same(
      (await enrich.invoke({ Records: [record(0, '{')] })).response,
      failed(0),
      'also when it is the only one',
    );
  });

  await t.test('a group that failed goes on in its order, the others are done', async (t) => {
    const { deploy, bodies, bronze } = await begun(t, 2);
    const Records = [
      record(0, '{', 'one'),
      record(1, bodies[0] ?? '', 'one'),
      record(2, bodies[1] ?? '', 'two'),
    ];
    t.same((await deploy('enrich-and-store-movie').invoke({ Records })).response, failed(0, 1));
    t.equal((await keysOf(bronze.list(bronzeKeys.doneGroup(DATE, RUN, 0)))).length, 1);
  });

  await t.test('a standard queue has no groups', async (t) => {
    const { deploy, bodies, bronze } = await begun(t, 2);
    const arn = QUEUE_ARN.replace('.fifo', '');
    const texts = ['{', ...bodies];
    const Records = texts.map((body, number) => record(number, body, undefined, arn));
    t.same((await deploy('enrich-and-store-movie').invoke({ Records })).response, failed(0));
    t.ok(await readSuccess(bronze, DATE));
  });

  await t.test(
    'a movie that fails is put off for a growing while, a used-up quota to the next day',
    async (t) => {
      const { deploy, bodies, emulator, omdb, bronze, messages } = await begun(t, 3);
      const bad = messages[0]?.movies[0]?.id;
      omdb.script = ({ id }) =>
        id === bad ? { body: '<html>' } : id === messages[2]?.movies[0]?.id ? limitReached : undefined;
      const Records = bodies.map((body, number) => record(number, body));
      Object.assign(Records[0]?.attributes ?? {}, { ApproximateReceiveCount: '3' });
      const enrich = deploy('enrich-and-store-movie');
      t.same((await enrich.invoke({ Records })).response, failed(0, 2));
      const delays = emulator.calls
        .filter(({ operation }) => operation === 'ChangeMessageVisibility')
        .map(({ parameters }) => parameters);
      t.match(delays[0], { ReceiptHandle: 'receipt-0', VisibilityTimeout: 120 });
      const { ReceiptHandle, VisibilityTimeout } = delays[1] ?? {};
      t.equal(ReceiptHandle, 'receipt-2');
      t.ok(Number(VisibilityTimeout) > 0 && Number(VisibilityTimeout) <= 43_200);
      t.match(
        enrich.logs.filter(({ level }) => level === 'ERROR'),
        [
          {
            verdict: 'retry',
            messageId: 'message-0',
            attempt: 3,
            date: DATE,
            runId: RUN,
            batch: 0,
            imdbId: bad,
          },
          { verdict: 'quota', messageId: 'message-2', attempt: 1, date: DATE, runId: RUN, batch: 2 },
        ],
      );
      t.match(JSON.parse(String((await bronze.get(bronzeKeys.error(DATE, RUN, 0)))?.body)), {
        verdict: 'retry',
        imdbId: bad,
        attempt: 3,
      });
    },
  );

  await t.test('messages for which no time is left go back untried', async (t) => {
    const { deploy, bodies, emulator, omdb, messages } = await begun(t, 4);
    omdb.script = () => ({ delayMs: 1_000 });
    const enrich = deploy('enrich-and-store-movie');
    const Records = bodies.map((body, number) => record(number, body));
    const { response } = await enrich.invoke({ Records }, undefined, 4);
    const { batchItemFailures } = response as ReturnType<typeof failed>;
    t.same(batchItemFailures.at(-1), { itemIdentifier: 'message-3' });
    t.not(batchItemFailures[0]?.itemIdentifier, 'message-0', 'the first was done');
    t.notOk(omdb.ids.includes(messages[3]?.movies[0]?.id ?? ''));
    const delays = emulator.calls.filter(({ operation }) => operation === 'ChangeMessageVisibility');
    t.match(delays.at(-1)?.parameters, { ReceiptHandle: 'receipt-3', VisibilityTimeout: 0 });
    t.match(enrich.logs.at(-1), { level: 'WARN', messageId: 'message-3', attempt: 1 });
  });

  await t.test('the key comes from the secret, once for a container', async (t) => {
    for (const [secret, what] of [
      [JSON.stringify({ omdbapi_key: OMDB_KEY }), 'JSON'],
      [`${OMDB_KEY}\n`, 'plain text'],
      [`"${OMDB_KEY}"`, 'plain text in quotes'],
    ] as const) {
      const { deploy, bodies, emulator, omdb } = await begun(t, 2);
      emulator.putSecret(SECRET, secret);
      const enrich = deploy('enrich-and-store-movie');
      for (const body of bodies)
        t.same((await enrich.invoke({ Records: [record(0, body)] })).response, failed());
      t.same(
        new Set(omdb.calls.filter(({ path }) => path === '/').map(({ apikey }) => apikey)),
        new Set([OMDB_KEY]),
        what,
      );
      t.equal(emulator.calls.filter(({ operation }) => operation === 'GetSecretValue').length, 1);
    }
  });

  await t.test('a bad message does not let a container forget that the quota is used up', async (t) => {
    const { deploy, bodies, emulator, omdb } = await begun(t, 2);
    omdb.script = () => limitReached;
    const enrich = deploy('enrich-and-store-movie');
    const texts = [bodies[0] ?? '', '{nope', JSON.stringify({ version: 1 }), bodies[1] ?? ''];
    for (const body of texts)
      t.same((await enrich.invoke({ Records: [record(0, body)] })).response, failed(0));
    t.equal(omdb.ids.length, 1);
    t.equal(emulator.calls.filter(({ operation }) => operation === 'GetSecretValue').length, 1);
  });

  await t.test('OMDB_API_KEY serves without a secret', async (t) => {
    const { deploy, bodies, emulator, omdb } = await begun(t, 1);
    const enrich = deploy('enrich-and-store-movie', {
      OMDB_API_KEY: `${OMDB_KEY}-own`,
      OMDB_API_KEY_SECRET: undefined,
    });
    t.same((await enrich.invoke({ Records: [record(0, bodies[0] ?? '')] })).response, failed());
    t.equal(omdb.calls.at(-1)?.apikey, `${OMDB_KEY}-own`);
    t.notOk(emulator.calls.some(({ operation }) => operation === 'GetSecretValue'));
  });

  await t.test('an opening that failed is not kept, nor is a key that was refused', async (t) => {
    const { deploy, bodies, emulator, omdb } = await begun(t, 1);
    const enrich = deploy('enrich-and-store-movie');
    const event = { Records: [record(0, bodies[0] ?? '')] };
    emulator.putSecret(SECRET, JSON.stringify({ another_key: OMDB_KEY }));
    const { ok, error } = await enrich.invoke(event);
    t.notOk(ok, 'it throws');
    t.equal(error, `the secret ${SECRET} holds no OMDb key`);
    t.match(enrich.logs.at(-1), { level: 'ERROR', verdict: 'stop', hint: /omdbapi_key/ });

    emulator.putSecret(SECRET, `${OMDB_KEY}-old`);
    omdb.script = ({ apikey }) => (apikey === OMDB_KEY ? undefined : invalidKey);
    t.same(
      (await enrich.invoke(event)).response,
      failed(0),
      'the secret was put right, but with a wrong key',
    );
    emulator.putSecret(SECRET, OMDB_KEY);
    t.same((await enrich.invoke(event)).response, failed(), 'and now with a good one');
  });

  await t.test('what is no SQS event is thrown back', async (t) => {
    const { deploy } = await account(t);
    const enrich = deploy('enrich-and-store-movie');
    for (const event of [{}, null, { Records: 'x' }, { Records: [null] }, { Records: [{ messageId: 1 }] }]) {
      const { ok, error } = await enrich.invoke(event);
      t.notOk(ok);
      t.match(error, 'SQS event', JSON.stringify(event));
    }
  });
});

t.test('silver and gold', async (t) => {
  const { bronze, silver, deploy, bodies, emulator } = await begun(t, 3);
  await deploy('enrich-and-store-movie').invoke({
    Records: bodies.map((body, number) => record(number, body)),
  });
  const success = `bronze/${bronzeKeys.success(DATE)}`;
  const refine = deploy('process-bronze-to-silver');
  const analyse = deploy('process-silver-to-gold');

  await t.test('keys come URL-encoded; a date that is named twice is made once', async (t) => {
    const { response } = await refine.invoke({
      Records: [
        created('etl-bronze', encodeURIComponent(success)),
        { s3: created('etl-bronze', success).s3 },
      ],
    });
    t.match(response, [{ date: DATE, runId: RUN, rows: 3 }]);
    t.equal((response as unknown[]).length, 1);
    t.match(refine.logs, [
      { message: 'silver done', stage: 'silver', date: DATE, runId: RUN, durationMs: Number },
    ]);
    t.ok(await silver.head(silverKeys.movies(DATE)));
  });

  await t.test('an object that is not of the layer is logged and passed over', async (t) => {
    const puts = () => emulator.calls.filter(({ operation }) => operation === 'PutObject').length;
    const before = puts();
    const foreign = [
      created('etl-bronze', `bronze/dt=${DATE}/run=${RUN}/_SUCCESS`),
      created('etl-bronze', 'bronze/dt=2026-02-30/_SUCCESS'),
      created('etl-bronze', 'bronze/../bronze/_SUCCESS'),
      created('etl-bronze', 'bronze/%E0%A4%A/_SUCCESS'),
      created('somebody-elses', success),
      { ...created('etl-bronze', success), eventName: 'ObjectRemoved:Delete' },
      { eventSource: 'aws:sns' },
      created('etl-bronze', `other/${success}`),
    ];
    const { response } = await refine.invoke({ Records: foreign });
    t.same(response, []);
    const passed = refine.logs.filter(({ level }) => level === 'WARN');
    t.same(
      passed.map(({ bucket, key }) => [bucket, key]),
      [
        ['etl-bronze', `bronze/dt=${DATE}/run=${RUN}/_SUCCESS`],
        ['etl-bronze', 'bronze/dt=2026-02-30/_SUCCESS'],
        ['etl-bronze', 'bronze/../bronze/_SUCCESS'],
        ['etl-bronze', 'bronze/%E0%A4%A/_SUCCESS'],
        ['somebody-elses', success],
        [undefined, undefined],
        [undefined, undefined],
        ['etl-bronze', `other/${success}`],
      ],
    );
    t.same(
      (await refine.invoke({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'etl-bronze' })).response,
      [],
    );
    t.equal(puts(), before);
  });

  await t.test('a date that fails does not stop the others; then it is thrown', async (t) => {
    const { ok, error } = await refine.invoke({
      Records: [created('etl-bronze', 'bronze/dt=2026-11-30/_SUCCESS'), created('etl-bronze', success)],
    });
    t.notOk(ok);
    t.match(error, /^2026-11-30 has no run yet/);
    t.match(refine.logs.slice(-2), [
      { level: 'ERROR', date: '2026-11-30', verdict: 'stop', hint: String },
      { message: 'silver done', date: DATE },
    ]);
    t.notOk(
      (await refine.invoke({ detail: { bucket: 'etl-bronze' } })).ok,
      'nor is an unknown shape an answer',
    );
  });

  await t.test('gold is made of the silver that is named', async (t) => {
    const key = `silver/${silverKeys.movies(DATE)}`;
    const foreign = created('etl-silver', `silver/${silverKeys.quarantine(DATE)}`);
    const { response } = await analyse.invoke({
      Records: [foreign, created('etl-silver', encodeURIComponent(key))],
    });
    t.match(response, [{ date: DATE, movies: 3, previousDate: null, rebuilt: [] }]);
    t.match(analyse.logs, [
      { level: 'WARN', key: foreign.s3.object.key },
      { level: 'INFO', message: 'gold done', stage: 'gold', date: DATE, movies: 3, durationMs: Number },
    ]);
  });

  t.ok(await bronze.head(bronzeKeys.success(DATE)));
});
