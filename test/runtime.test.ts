import { readFile } from 'node:fs/promises';
import type { S3Event, SQSEvent } from 'aws-lambda';
import t, { type Test } from 'tap';
import { datasets } from '../src/datasets/index.js';
import { bronzeKeys, goldKeys, silverKeys } from '../src/keys.js';
import { jsonLines } from './support/cli.js';
import { type LambdaFunction, startLambda } from './support/lambda-runtime.js';
import { OMDB_KEY } from './support/secrets.js';
import { deploy } from './support/stack.js';

const textOf = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8');
const sample = async <Event>(name: string) =>
  JSON.parse(await textOf(`fixtures/events/${name}.json`)) as Event;

t.test('each bundle does its part of a run in the Lambda runtime on Node 24', async (t) => {
  const stack = await deploy(t);
  const event = await sample<{ scheduled_time: string; top_n: number; batch_size: number }>(
    'get-movies-and-send-to-queue',
  );
  const date = event.scheduled_time.slice(0, 10);
  const batches = Math.ceil(event.top_n / event.batch_size);
  let runId = '';

  await t.test('GetMoviesAndSendToQueue writes the manifest', async (t) => {
    const lambda = await stack.start(t, 'GetMoviesAndSendToQueue');
    const outcome = await lambda.invoke(event);
    t.match(outcome, { ok: true, response: { date, movies: event.top_n, batches } });
    runId = (outcome as { response: { runId: string } }).response.runId;
    t.same(await stack.keys('bronze'), [bronzeKeys.manifest(date, runId)]);
    const counts = { movies: event.top_n, batches };
    await hasLogged(t, lambda, [
      { level: 'INFO', stage: 'extract', date, runId, ...counts, durationMs: Number },
    ]);
  });

  await t.test('EnrichAndStoreMovie takes what came to the queue, and publishes the run', async (t) => {
    const lambda = await stack.start(t, 'EnrichAndStoreMovie');
    const received = await stack.receive(await sample<SQSEvent>('enrich-and-store-movie'));
    t.equal(received.Records.length, batches, 'a message per batch');
    t.same(await lambda.invoke(received), { ok: true, response: { batchItemFailures: [] } });
    const manifest = JSON.parse(await stack.object('bronze', bronzeKeys.manifest(date, runId)));
    t.same(
      await stack.keys('bronze'),
      [
        bronzeKeys.success(date),
        bronzeKeys.manifest(date, runId),
        bronzeKeys.fullGroup(date, runId, 0),
        ...Array.from({ length: batches }, (_, batch) => bronzeKeys.done(date, runId, batch)),
        ...manifest.movies.map(({ id }: { id: string }) => bronzeKeys.record(date, runId, id)),
      ].sort(),
    );
    t.same(new Set(stack.omdb.calls.filter(({ id }) => id).map(({ apikey }) => apikey)), new Set([OMDB_KEY]));
    const line = { level: 'INFO', stage: 'enrich', date, runId, durationMs: Number };
    await hasLogged(t, lambda, Array(batches).fill(line));
  });

  await t.test('ProcessBronzeToSilver makes the CSV', async (t) => {
    const lambda = await stack.start(t, 'ProcessBronzeToSilver');
    const created = stack.created(
      await sample<S3Event>('process-bronze-to-silver'),
      'bronze',
      bronzeKeys.success(date),
    );
    t.match(await lambda.invoke(created), { ok: true });
    const keys = [silverKeys.lineage(date), silverKeys.quarantine(date), silverKeys.movies(date)];
    t.same(await stack.keys('silver'), keys.sort());
    const golden = await textOf('test/golden/silver/movies.csv');
    t.equal(await stack.object('silver', silverKeys.movies(date)), head(golden, 1 + event.top_n));
    const counts = { rows: event.top_n, quarantined: 0 };
    await hasLogged(t, lambda, [
      { level: 'INFO', stage: 'silver', date, runId, ...counts, durationMs: Number },
    ]);
  });

  await t.test('ProcessSilverToGold makes every dataset', async (t) => {
    const lambda = await stack.start(t, 'ProcessSilverToGold');
    const created = stack.created(
      await sample<S3Event>('process-silver-to-gold'),
      'silver',
      silverKeys.movies(date),
    );
    t.match(await lambda.invoke(created), { ok: true });
    const keys = [goldKeys.lineage(date), ...datasets.map(({ name }) => goldKeys.dataset(name, date))];
    t.same(await stack.keys('gold'), keys.sort());
    const golden = await textOf('test/golden/gold/top_rated.csv');
    t.equal(await stack.object('gold', goldKeys.dataset('top_rated', date)), head(golden, 1 + event.top_n));
    const counts = { movies: event.top_n };
    await hasLogged(t, lambda, [{ level: 'INFO', stage: 'gold', date, ...counts, durationMs: Number }]);
  });
});

t.test('a function that fails answers with an error, and the next invocation is served', async (t) => {
  const stack = await deploy(t);
  const lambda = await stack.start(t, 'ProcessBronzeToSilver');
  const created = stack.created(
    await sample<S3Event>('process-bronze-to-silver'),
    'bronze',
    bronzeKeys.success('2020-01-01'),
  );
  for (const attempt of ['first', 'second']) {
    const outcome = await lambda.invoke(created);
    const error = { errorType: 'PipelineError', errorMessage: '2020-01-01 has no run yet' };
    t.match(outcome, { ok: false, error }, `${attempt} invocation`);
  }
  t.same(await stack.keys('silver'), [], 'nothing was written');
  const line = { level: 'ERROR', stage: 'silver', date: '2020-01-01', message: '2020-01-01 has no run yet' };
  await hasLogged(t, lambda, [line, line]);
});

t.test('a function has Node 24, its own variables and those that Lambda sets', async (t) => {
  const lambda = await startLambda(t, {
    functionName: 'Mirror',
    folder: t.testdir({
      'index.mjs': 'export const handler = () => ({ node: process.version, variables: process.env });',
    }),
    handler: 'index.handler',
    environment: { OWN: 'a = b\nc' },
  });
  const { node, variables } = ((await lambda.invoke({})) as Answered<Mirrored>).response;
  t.match(node, /^v24\./);
  t.match(variables, { OWN: 'a = b\nc', AWS_LAMBDA_FUNCTION_NAME: 'Mirror', _HANDLER: 'index.handler' });
  const others = Object.keys(variables).filter((name) => !/^(AWS_.*|_HANDLER|LAMBDA_TASK_ROOT)$/.test(name));
  t.same(others.sort(), ['LANG', 'OWN', 'PATH', 'TZ', '_X_AMZN_TRACE_ID']);
});

t.test('a function that cannot start says why', async (t) => {
  const lambda = await startLambda(t, {
    functionName: 'Broken',
    folder: t.testdir({
      'index.mjs': 'throw new TypeError("no luck"); export const handler = () => {};',
    }),
    handler: 'index.handler',
    environment: {},
  });
  t.match(await lambda.invoke({}), { ok: false, error: { errorType: 'TypeError', errorMessage: 'no luck' } });
});

t.test('a function that ends in the middle of its work fails its invocation', async (t) => {
  const lambda = await startLambda(t, {
    functionName: 'Leaving',
    folder: t.testdir({ 'index.mjs': 'export const handler = () => process.exit(3);' }),
    handler: 'index.handler',
    environment: {},
  });
  const error = { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: exit status 3' };
  t.same(await lambda.invoke({}), { ok: false, error });
});

interface Answered<Response> {
  response: Response;
}

interface Mirrored {
  node: string;
  variables: Record<string, string>;
}

/**
 * The function has logged these lines, and no other of its own. Every line of both its streams is a JSON object, which
 * `jsonLines` insists on; those of the runtime client have no stage.
 */
async function hasLogged(
  t: Test,
  lambda: LambdaFunction,
  expected: Record<string, unknown>[],
): Promise<void> {
  const { stdout, stderr } = await lambda.stop();
  const lines = [...jsonLines(stdout), ...jsonLines(stderr)].filter(({ stage }) => stage !== undefined);
  t.equal(lines.length, expected.length, 'lines in the log');
  t.match(lines, expected);
}

/** The first lines of a text, each with its line break. */
function head(text: string, lines: number): string {
  return text
    .split(/(?<=\n)/)
    .slice(0, lines)
    .join('');
}
