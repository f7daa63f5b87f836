import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { S3Event, SQSEvent } from 'aws-lambda';
import t from 'tap';
import { failedMessages } from '../chain/batch-response.js';
import { Container } from '../chain/container.js';
import { ACCOUNT_ID, REGION } from '../chain/emulator/calls.js';
import type { ChainEvent, Invocation } from '../chain/events.js';
import { LambdaFunction } from '../chain/function.js';
import { createdEvent, notifiedOf } from '../chain/notifications.js';
import { Show } from '../chain/show.js';
import { readTemplate, resolveTemplate } from '../chain/template.js';
import { requestsOfFunctions, usageOf } from '../chain/usage.js';
import { datasets } from '../src/datasets/index.js';
import { bronzeKeys, goldKeys, silverKeys } from '../src/keys.js';
import { suffixOfRequest } from '../src/records/run.js';
import { drainQueue } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import { bringBack, startTestChain } from './support/chain.js';
import { linesOf, shell, told } from './support/cli.js';
import { movieList } from './support/omdb-server.js';
import { DATE, keysOf, NOW, offlineServices, RUN, textOf } from './support/pipeline.js';
import { tooMany } from './support/requests.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const golden = join(root, 'test/golden');
const csvsOf = (objects: Record<string, string>) =>
  Object.fromEntries(Object.entries(objects).filter(([key]) => key.endsWith('.csv')));

t.test('the chain of the template ends with the bytes of a terminal run', async (t) => {
  const test = await startTestChain(t, { parameters: { TopN: 250, BatchSize: 10 } });
  const { chain, omdb, eventsOf, invocationsOf, objects } = test;
  chain.fire(NOW);
  await chain.settled();
  const made = {
    bronze: await objects('bronze'),
    silver: await objects('silver'),
    gold: await objects('gold'),
  };

  await t.test('silver and gold are those of a run on directories, and the golden files', async (t) => {
    const dataDir = t.testdir();
    const services = await offlineServices(dataDir);
    t.teardown(services.close);
    await extract({ date: DATE, runId: RUN, topN: 250, batchSize: 10 }, services);
    await drainQueue(services);
    await silver(DATE, services);
    await gold(DATE, services);
    for (const layer of ['bronze', 'silver', 'gold'] as const) {
      t.same(Object.keys(made[layer]), await keysOf(services[layer].list('')), `keys of ${layer}`);
    }
    for (const layer of ['silver', 'gold'] as const) {
      for (const [key, text] of Object.entries(csvsOf(made[layer]))) {
        t.equal(text, await textOf(dataDir, layer, key), key);
      }
    }
    t.equal(made.silver[silverKeys.movies(DATE)], await textOf(golden, 'silver', 'movies.csv'));
    t.equal(made.silver[silverKeys.quarantine(DATE)], '');
    for (const { name } of datasets) {
      t.equal(made.gold[goldKeys.dataset(name, DATE)], await textOf(golden, 'gold', `${name}.csv`), name);
    }
    t.equal(Object.keys(csvsOf(made.gold)).length, 13);
  });

  await t.test('every event came once', async (t) => {
    t.same(
      eventsOf('fired').map((event) => event.function),
      ['GetMoviesAndSendToQueue'],
    );
    t.equal(
      eventsOf('received').reduce((sum, { messages }) => sum + messages, 0),
      25,
      'messages',
    );
    t.same(
      eventsOf('notified').map((event) => [event.uri, event.function]),
      [
        [`${test.output('BronzeUri')}/${bronzeKeys.success(DATE)}`, 'ProcessBronzeToSilver'],
        [`${test.output('SilverUri')}/${silverKeys.movies(DATE)}`, 'ProcessSilverToGold'],
      ],
    );
    t.same([...eventsOf('returned'), ...eventsOf('retrying'), ...eventsOf('failed')], []);
    t.same([...omdb.ids].sort(), movieList.items.map(({ id }) => id).sort(), 'each movie was asked for once');
  });

  await t.test('no more is asked of AWS than a run of this size may', async (t) => {
    const requests = requestsOfFunctions(chain);
    t.same(tooMany(requests, { movies: 250, batches: 25 }), []);
    t.match(requests, { puts: 250 + 25 + 20, sqs: 3 });
    const containers = mostAtOnce(test.events, 'EnrichAndStoreMovie');
    t.ok(requests.secrets <= containers, `${requests.secrets} reads of the secret, ${containers} containers`);
  });

  await t.test('each function was given what its trigger says', async (t) => {
    t.same(
      invocationsOf('GetMoviesAndSendToQueue').map(({ event }) => event),
      [{ scheduled_time: '2026-01-02T03:00:00Z', top_n: 250, batch_size: 10 }],
    );
    const records = invocationsOf('EnrichAndStoreMovie').flatMap(({ event }) => (event as SQSEvent).Records);
    const numbers = records.map(({ body }) => (JSON.parse(body) as { batch: number }).batch);
    t.same(
      numbers.sort((one, other) => one - other),
      Array.from({ length: 25 }, (_, batch) => batch),
    );
    t.ok(mostAtOnce(test.events, 'EnrichAndStoreMovie') <= 2, 'no more at once than the mapping says');
    t.match(records[0], {
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:movie-etl-movies.fifo`,
      attributes: { ApproximateReceiveCount: '1', MessageGroupId: /^2026-01-02/, SequenceNumber: /^\d+$/ },
    });
    t.ok(
      invocationsOf('EnrichAndStoreMovie').every(({ event }) => (event as SQSEvent).Records.length <= 10),
      'batches are as large as the mapping says',
    );
    const [silverEvent] = invocationsOf('ProcessBronzeToSilver').map(({ event }) => event as S3Event);
    t.match(silverEvent?.Records, [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: {
          bucket: { name: 'movie-etl-bronze-000000000000-us-east-1' },
          object: {
            key: 'bronze/dt%3D2026-01-02/_SUCCESS',
            size: made.bronze[bronzeKeys.success(DATE)]?.length,
          },
        },
      },
    ]);
  });

  await t.test('a schedule that fires twice is one run, and changes nothing', async (t) => {
    omdb.forget();
    chain.fire(NOW);
    await chain.settled();
    const [first, second] = invocationsOf('GetMoviesAndSendToQueue').map(({ outcome }) => outcome);
    t.match(first, { ok: true, response: { runId: RUN, movies: 250, continued: false } });
    t.match(second, { ok: true, response: { runId: RUN, movies: 250, continued: true } });
    for (const layer of ['bronze', 'silver', 'gold'] as const) {
      t.same(await objects(layer), made[layer], layer);
    }
    t.same(omdb.ids, [], 'no movie was asked for again');
  });
});

t.test('a message that cannot be read fails alone, and ends in the dead-letter queue', async (t) => {
  const test = await startTestChain(t, { parameters: { TopN: 9, BatchSize: 1 } });
  const { chain, sqs, output, eventsOf, invocationsOf } = test;
  await chain.disable();
  chain.fire(NOW);
  await test.until(() => eventsOf('ended').length === 1);
  const ids = { MessageGroupId: 'malformed', MessageDeduplicationId: 'malformed' };
  const { MessageId = '' } = await sqs.send(
    new SendMessageCommand({ QueueUrl: output('QueueUrl'), MessageBody: '{"version":1', ...ids }),
  );
  chain.enable();
  for (let received = 1; received <= 10; received++) {
    await test.until(() => eventsOf('returned').length === received);
    const last = invocationsOf('EnrichAndStoreMovie').findLast(({ event }) =>
      (event as SQSEvent).Records.some((record) => record.messageId === MessageId),
    );
    t.same(
      last?.outcome,
      { ok: true, response: { batchItemFailures: [{ itemIdentifier: MessageId }] } },
      `receive ${received}`,
    );
    if (last) await bringBack(test, last, MessageId);
  }
  await chain.settled();

  const batches = invocationsOf('EnrichAndStoreMovie').map(({ event }) => (event as SQSEvent).Records.length);
  t.same(batches, [10, ...Array(9).fill(1)], 'nothing but the failed message came back');
  t.same(await test.bodies(output('DeadLetterQueueUrl')), ['{"version":1']);
  t.equal((await test.objects('silver'))[silverKeys.movies(DATE)]?.split('\n').length, 11, 'nine movies');
});

t.test('an event that fails for good is tried again, and then told to the failures queue', async (t) => {
  const test = await startTestChain(t);
  const { chain, output, invocationsOf, eventsOf } = test;
  await test.put('bronze', bronzeKeys.success(DATE), '{"version":1');
  await chain.settled();
  const attempts = invocationsOf('ProcessBronzeToSilver');
  t.same(
    attempts.map(({ attempt, outcome }) => [attempt, outcome?.ok]),
    [
      [1, false],
      [2, false],
      [3, false],
    ],
  );
  t.equal(new Set(attempts.map(({ requestId }) => requestId)).size, 1, 'one request id');
  t.equal(eventsOf('failed').length, 1);
  const [body = ''] = await test.bodies(output('FailureQueueUrl'));
  const [first] = attempts;
  t.match(JSON.parse(body), {
    version: '1.0',
    timestamp: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    requestContext: {
      requestId: first?.requestId,
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:ProcessBronzeToSilver:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload: first?.event as object,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'DecodeError', errorMessage: /_SUCCESS/ },
  });
  t.same(await test.objects('silver'), {}, 'no silver');
});

t.test('what is not a success of bronze is passed over', async (t) => {
  const test = await startTestChain(t);
  const { chain, eventsOf, invocationsOf } = test;
  chain.send('ProcessBronzeToSilver', {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-01-02T03:00:00.000Z',
    Bucket: 'movie-etl-bronze-000000000000-us-east-1',
  });
  await chain.settled();
  await test.put('bronze', 'a copy + more/_SUCCESS', '{}');
  await test.put('bronze', `${bronzeKeys.date(DATE)}_SUCCESS.txt`, '{}');
  await chain.settled();
  const keys = invocationsOf('ProcessBronzeToSilver')
    .flatMap(({ event }) => (event as Partial<S3Event>).Records ?? [])
    .map(({ s3 }) => s3.object.key);
  t.same(keys, ['bronze/a+copy+%2B+more/_SUCCESS']);
  t.same(
    invocationsOf('ProcessBronzeToSilver').map(({ outcome }) => outcome),
    [
      { ok: true, response: [] },
      { ok: true, response: [] },
    ],
  );
  t.same(
    eventsOf('stored').map(({ uri }) => uri),
    ['s3://movie-etl-bronze-000000000000-us-east-1/bronze/dt=2026-01-02/_SUCCESS.txt'],
    'the filter lets it through to nobody',
  );
  const warnings = eventsOf('logged').filter(({ line }) => line.includes('"WARN"'));
  t.match(warnings, [{ function: 'ProcessBronzeToSilver', line: /bronze\/a copy \+ more\/_SUCCESS/ }]);
  t.same(await test.objects('silver'), {}, 'no silver');
});

t.test('a run that is asked for by hand, and whose first attempt fails, is one run', async (t) => {
  const test = await startTestChain(t);
  const { chain, invocationsOf } = test;
  let refusals = 1;
  chain.emulator.faults = ({ operation }) =>
    operation === 'SendMessageBatch' && refusals-- > 0 ? { status: 403, code: 'AccessDenied' } : undefined;
  chain.send('GetMoviesAndSendToQueue', { date: DATE, top_n: 5, batch_size: 2 });
  await chain.settled();
  const [first, second, ...others] = invocationsOf('GetMoviesAndSendToQueue');
  t.same(others, []);
  t.match(first, { attempt: 1, outcome: { ok: false, error: { errorType: 'PipelineError' } } });
  t.match(second, {
    attempt: 2,
    requestId: first?.requestId,
    outcome: { ok: true, response: { movies: 5, batches: 3, topN: 5, batchSize: 2, continued: true } },
  });
  const manifests = Object.keys(await test.objects('bronze')).filter((key) => key.endsWith('_manifest.json'));
  t.equal(manifests.length, 1);
  const suffix = suffixOfRequest(first?.requestId ?? '');
  t.ok(manifests[0]?.endsWith(`Z-${suffix}/_manifest.json`), 'its id is from the request');
  t.match(await test.objects('gold'), { [goldKeys.dataset('top_rated', DATE)]: /\n5,tt0050083,/ });
});

t.test('what is changed in the template is changed in the chain', async (t) => {
  const changes: [string, string][] = [
    ['      BatchSize: 10\n', '      BatchSize: 3\n'],
    ['      MaximumRetryAttempts: 2\n', '      MaximumRetryAttempts: 0\n'],
    ['Value: movies.csv', 'Value: another.csv'],
  ];
  let text = await textOf(root, 'template.yaml');
  for (const [from, to] of changes) {
    t.ok(text.includes(from), from.trim());
    text = text.replaceAll(from, to);
  }
  const folder = t.testdir({ 'template.yaml': text, dist: t.fixture('symlink', join(root, 'dist')) });
  const test = await startTestChain(t, {
    root: pathToFileURL(`${folder}/`),
    parameters: { TopN: 12, EnrichMaximumConcurrency: 3 },
  });
  const { chain, invocationsOf } = test;
  await chain.disable();
  chain.fire(NOW);
  await test.until(() => test.eventsOf('ended').length === 1);
  chain.enable();
  await chain.settled();
  const batches = invocationsOf('EnrichAndStoreMovie').map(({ event }) => (event as SQSEvent).Records.length);
  t.same(batches, [3, 3, 3, 3]);
  t.equal(mostAtOnce(test.events, 'EnrichAndStoreMovie'), 3);
  t.match(await test.objects('silver'), { [silverKeys.movies(DATE)]: /^imdb_id/ });
  t.same(await test.objects('gold'), {}, 'nobody told of silver');
  await test.put('bronze', bronzeKeys.success(DATE), 'broken');
  await chain.settled();
  t.equal(invocationsOf('ProcessBronzeToSilver').length, 2, 'no retry');
  t.equal((await test.bodies(test.output('FailureQueueUrl'))).length, 1);
});

t.test('npm run chain tells what happens, on a pipe without colours', async (t) => {
  const chain = `"${process.execPath}" --import tsx chain/main.ts`;
  const run = (command: string, env = {}) => shell(command.replaceAll('$CHAIN', chain), { cwd: root, env });
  const result = await run('$CHAIN --top-n 6 --batch-size 4');
  t.equal(result.code, 0, told(result));
  t.equal(result.stderr, '');
  const lines = linesOf(result.stdout).map((line) => line.replace(/^ *\+\d+\.\d\d s {2}/, ''));
  t.match(
    lines[0],
    /^Schedule → GetMoviesAndSendToQueue +\{"scheduled_time":"20.*Z","top_n":6,"batch_size":4\}$/,
  );
  for (const expected of [
    /^SQS → EnrichAndStoreMovie +\d messages?$/,
    /^S3 → ProcessBronzeToSilver +bronze\/dt=[-\d]+\/_SUCCESS$/,
    /^S3 → ProcessSilverToGold +silver\/movies\/dt=[-\d]+\/movies\.csv$/,
    /^ {2}✔ ProcessSilverToGold +\d+ ms, date .*, movies 6$/,
    /^ {2}top_rated\/dt=.*\/top_rated\.csv +6 rows$/,
    /^1,tt0111161,The Shawshank Redemption,/,
  ]) {
    t.equal(lines.filter((line) => expected.test(line)).length > 0, true, String(expected));
  }
  t.match(
    lines.at(-1),
    /^\d+ puts, \d+ lists and \d+ reads of S3, \d+ SQS calls?, \d+ invocations$/,
    'what it took',
  );
  t.notMatch(result.stdout, '\u001b', 'no colours');

  await t.test('colours are what FORCE_COLOR and NO_COLOR say', async (t) => {
    const asked = (env: Record<string, string>) => run('$CHAIN --top-n 1', env);
    t.match((await asked({ FORCE_COLOR: '1' })).stdout, '\u001b');
    t.notMatch((await asked({ FORCE_COLOR: '1', NO_COLOR: '1' })).stdout, '\u001b');
  });

  await t.test('a reader that goes away is no error', async (t) => {
    const cut = await run('{ $CHAIN --top-n 1; echo "code $?" >&2; } | head -1');
    t.match(cut, { code: 0, stderr: 'code 0\n', stdout: /^ .*Schedule → [^\n]*\n$/ });
  });

  await t.test('a wrong command line is one line, and exit code 2', async (t) => {
    for (const [flags, message] of [
      ['--top-n none', /^error: .*--top-n <N>.*'none'.*whole number.*\n$/],
      ['--tpo-n 5', /^error: unknown option '--tpo-n' \(Did you mean --top-n\?\)\n$/],
    ] as const) {
      t.match(await run(`$CHAIN ${flags}`), { code: 2, stdout: '', stderr: message }, flags);
    }
    t.match(await run('$CHAIN --help'), { code: 0, stderr: '', stdout: /--batch-size/ });
  });
});

t.test('a line of the chain is no longer than the terminal is wide', (t) => {
  const uri = 's3://movie-etl-silver-000000000000-us-east-1/silver/movies/dt=2026-01-02/movies.csv';
  const event: ChainEvent = { kind: 'notified', uri, function: 'ProcessSilverToGold' };
  const lineOf = (level: 0 | 1, columns?: number) =>
    String(new Show(level, columns === undefined ? {} : { columns }, performance.now()).line(event));
  const head = '  +0.00 s  S3 → ProcessSilverToGold           ';
  const stopped = (line: string) => line.replace(/\+\d\.\d\d s/, '+0.00 s');
  t.equal(stopped(lineOf(0)), `${head}silver/movies/dt=2026-01-02/movies.csv`);
  t.equal(stopped(lineOf(0, 84)), stopped(lineOf(0)));
  t.equal(stopped(lineOf(0, 83)), `${head}silver/movies/dt=2026-01-02/movies.c…`);
  t.equal(stopped(lineOf(0, 20)), '  +0.00 s  S3 → Pro…');
  t.equal(stripVTControlCharacters(lineOf(1, 20)).length, 20, 'colours take no room');
  t.end();
});

t.test('what the functions ask of AWS is counted', async (t) => {
  const { chain } = await startTestChain(t, { parameters: { TopN: 4, BatchSize: 4 } });
  t.equal(usageOf(chain), '0 puts, 0 lists and 0 reads of S3, 0 SQS calls, 0 invocations');
  chain.fire(NOW);
  await chain.settled();
  t.equal(usageOf(chain), '25 puts, 6 lists and 34 reads of S3, 1 SQS call, 4 invocations');
  const callers = new Set(chain.emulator.calls.map(({ principal }) => principal));
  t.ok(callers.has('lambda.amazonaws.com'), 'whose calls are left out');
});

t.test('the answer of a function says which messages failed', async (t) => {
  const batch = ['a', 'b'];
  const failed = (response: unknown, reports = true) =>
    [...failedMessages({ ok: true, response }, batch, reports).ids].sort();
  for (const nothing of [null, '', {}, { batchItemFailures: null }, { batchItemFailures: [] }]) {
    t.same(failed(nothing), [], `nothing by ${JSON.stringify(nothing)}`);
  }
  t.same(failed({ batchItemFailures: [{ itemIdentifier: 'b' }] }), ['b']);
  for (const itemIdentifier of ['', null, undefined, 'c', 7]) {
    const answer = { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier }] };
    t.same(failed(answer), batch, `all by ${JSON.stringify(answer)}`);
  }
  for (const wrong of ['text', 7, { batchItemFailures: 'a' }, { batchItemFailures: [null] }]) {
    t.same(failed(wrong), batch, `all by ${JSON.stringify(wrong)}`);
  }
  const error = { errorType: 'Error', errorMessage: 'no' };
  t.same([...failedMessages({ ok: false, error }, batch, true).ids], batch, 'all by an exception');
  const answer = { batchItemFailures: [{ itemIdentifier: 'a' }] };
  t.same(failed(answer, false), [], 'an answer that nobody asked for says nothing');
});

const bundles = {
  mirror: `
    let calls = 0;
    export const handler = async (event, context) => {
      console.log('call', ++calls);
      const left = context.getRemainingTimeInMillis();
      const inTime = left > 0 && left <= 60_000;
      return { event, id: context.awsRequestId, env: process.env, cwd: process.cwd(), calls, inTime };
    };`,
  throwing: 'export const handler = () => { throw new RangeError("too far"); };',
  slow: 'export const handler = () => new Promise(() => setInterval(() => {}, 1000));',
  leaving: 'export const handler = () => process.exit(3);',
  broken: 'throw new TypeError("no luck"); export const handler = 1;',
  mortal: `
    let calls = 0;
    export const handler = async ({ exit }) => {
      if (exit) process.exit(1);
      const { OWN, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, HOME } = process.env;
      return { calls: ++calls, OWN, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, HOME };
    };`,
};
const bundleFiles = Object.fromEntries(Object.entries(bundles).map(([name, code]) => [`${name}.mjs`, code]));

t.test('a container runs a bundle in an environment of its own', async (t) => {
  const folder = t.testdir(bundleFiles);
  const start = (name: keyof typeof bundles, environment: Record<string, string> = {}) => {
    const lines: string[] = [];
    const file = join(folder, `${name}.mjs`);
    const made = new Container({ file, exportName: 'handler', environment }, (line) => lines.push(line));
    t.teardown(() => made.stop());
    return { made, lines };
  };
  const assignment = { event: { a: 1 }, context: { awsRequestId: 'r-1' }, timeoutSeconds: 60 };

  const { made, lines } = start('mirror', { ONE: '1' });
  const response = { event: { a: 1 }, id: 'r-1', env: { ONE: '1' }, cwd: folder, inTime: true };
  t.same(await made.invoke(assignment), { ok: true, response: { ...response, calls: 1 } });
  t.same(await made.invoke(assignment), { ok: true, response: { ...response, calls: 2 } }, 'it stays warm');
  t.same(lines, ['call 1', 'call 2'], 'its log was there before its answer');

  const throwing = start('throwing').made;
  t.match(await throwing.invoke(assignment), {
    ok: false,
    error: { errorType: 'RangeError', errorMessage: 'too far', trace: [/too far/] },
  });
  t.ok(throwing.usable, 'an exception does not end it');

  const slow = start('slow').made;
  const error = { errorType: 'Sandbox.Timedout', errorMessage: 'r-1 Task timed out after 0.05 seconds' };
  t.same(await slow.invoke({ ...assignment, timeoutSeconds: 0.05 }), { ok: false, error });
  t.notOk(slow.usable, 'a timeout ends it');

  const leaving = start('leaving').made;
  t.match(await leaving.invoke(assignment), { ok: false, error: { errorType: 'Runtime.ExitError' } });
  t.notOk(leaving.usable, 'so does an exit');

  const broken = start('broken').made;
  t.match(await broken.invoke(assignment), {
    ok: false,
    error: { errorType: 'TypeError', errorMessage: 'no luck' },
  });
  t.notOk(broken.usable);
});

t.test('a function keeps its containers warm, and replaces one that ended', async (t) => {
  const invocations: Invocation[] = [];
  const host = { endpointUrl: 'http://127.0.0.1:9', region: REGION, onEvent: () => {}, invocations };
  const lambda = new LambdaFunction(
    {
      id: 'Mortal',
      ref: 'mortal',
      arn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:mortal`,
      properties: {
        FunctionName: 'mortal',
        Description: '',
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Code: '.',
        Handler: 'mortal.handler',
        Role: '',
        Timeout: 60,
        MemorySize: 128,
        Environment: { Variables: { OWN: 'value' } },
        LoggingConfig: { LogGroup: 'mortal', LogFormat: 'JSON' },
      },
    },
    { ...host, root: pathToFileURL(`${t.testdir(bundleFiles)}/`) },
  );
  t.teardown(() => lambda.stop());
  const answer = async (event: object) => (await lambda.invoke(event)).outcome;
  const environment = {
    OWN: 'value',
    AWS_ACCESS_KEY_ID: 'Mortal',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  };
  t.same(await answer({}), { ok: true, response: { calls: 1, ...environment } });
  t.match(await answer({}), { ok: true, response: { calls: 2 } });
  t.match(await answer({ exit: true }), { ok: false, error: { errorType: 'Runtime.ExitError' } });
  t.match(
    await Promise.all([answer({}), answer({})]),
    [{ response: { calls: 1 } }, { response: { calls: 1 } }],
    'two at once',
  );
  t.match(await answer({}), { ok: true, response: { calls: 2 } });
  t.match(invocations.at(-1), { function: 'Mortal', attempt: 1, event: {} });
});

t.test('S3 tells a function only if a notification matches and a permission allows it', async (t) => {
  const template = () =>
    resolveTemplate(readTemplate(join(root, 'template.yaml')), {
      parameters: { MoviesUrl: 'http://127.0.0.1/' },
      accountId: ACCOUNT_ID,
      region: REGION,
    });
  const object = {
    bucket: 'movie-etl-bronze-000000000000-us-east-1',
    key: 'bronze/dt=2026-01-02/_SUCCESS',
    size: 2,
    etag: 'e',
    eventName: 'ObjectCreated:Put' as const,
  };
  const silverArn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:ProcessBronzeToSilver`;
  t.same(notifiedOf(template(), object), [silverArn]);
  const uploaded = { ...object, eventName: 'ObjectCreated:CompleteMultipartUpload' as const };
  t.same(notifiedOf(template(), uploaded), [silverArn]);
  t.same(notifiedOf(template(), { ...object, key: 'bronze/dt=2026-01-02/_SUCCESS/x' }), [], 'suffix');
  t.same(notifiedOf(template(), { ...object, key: 'x/bronze/dt=2026-01-02/_SUCCESS' }), [], 'prefix');
  t.same(notifiedOf(template(), { ...object, bucket: 'another' }), [], 'bucket');
  for (const [property, value] of Object.entries({
    SourceArn: 'arn:aws:s3:::another',
    SourceAccount: '111111111111',
    Principal: 'sns.amazonaws.com',
  })) {
    const changed = template();
    const permission = changed.resources.ProcessBronzeToSilverPermission;
    if (permission) permission.Properties[property] = value;
    t.same(notifiedOf(changed, object), [], property);
  }
  const event = createdEvent({ ...object, key: 'bronze/dt=1/é (1)+.csv' }, template().where, 255);
  t.match(event.Records[0]?.s3.object, { key: 'bronze/dt%3D1/%C3%A9+%281%29%2B.csv', sequencer: /^0+FF$/ });
});

t.test('a chain without its bundles says what to do', async (t) => {
  const folder = t.testdir({ 'template.yaml': await textOf(root, 'template.yaml') });
  await t.rejects(startTestChain(t, { root: pathToFileURL(`${folder}/`) }), {
    message: 'dist/lambda/get-movies-and-send-to-queue/index.mjs is not there: npm run build',
  });
});

/** How many invocations of a function there were at once. */
function mostAtOnce(events: readonly ChainEvent[], id: string): number {
  let now = 0;
  let most = 0;
  for (const event of events) {
    if (event.kind !== 'started' && event.kind !== 'ended') continue;
    if (event.invocation.function !== id) continue;
    now += event.kind === 'started' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}
