import { join } from 'node:path';
import t, { type Test } from 'tap';
import { queueArn } from '../chain/emulator/calls.js';
import { startEmulator } from '../chain/emulator/emulator.js';
import { awsClients } from '../src/aws.js';
import { openQueue } from '../src/queues/open.js';
import { MAX_RECEIVES } from '../src/queues/queue.js';
import { cli, linesOf } from './support/cli.js';
import { receiveAll } from './support/queue-suite.js';
import { SECRET_ACCESS_KEY, watchRequests } from './support/secrets.js';

/** A day to come: a day in the past has a warning of its own. */
const DATE = '2099-01-02';

/** Most of the time is the start of processes. */
t.jobs = 3;

const emulator = await startEmulator();
watchRequests(emulator);
const env = {
  AWS_ACCESS_KEY_ID: 'terminal',
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

async function createQueue(name: string, suffix: '' | '.fifo'): Promise<string> {
  const attributes: Record<string, string> = suffix === '.fifo' ? { FifoQueue: 'true' } : {};
  await emulator.createQueue(`${name}-dead${suffix}`, attributes);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: queueArn(`${name}-dead${suffix}`),
    maxReceiveCount: MAX_RECEIVES,
  });
  return emulator.createQueue(`${name}${suffix}`, { ...attributes, RedrivePolicy });
}

/** Where each queue is, and what a redrive says of going on. */
const kinds: [string, (t: Test) => Promise<string>, string][] = [
  ['a directory', async (t) => join(t.testdirName, 'queue'), 'go on with: movie-etl enrich'],
  [
    'a FIFO queue',
    () => createQueue('movies', '.fifo'),
    'the Lambda function of the queue takes them; without one, go on with: movie-etl enrich',
  ],
  [
    'a standard queue',
    () => createQueue('movies', ''),
    'the Lambda function of the queue takes them; without one, go on with: movie-etl enrich',
  ],
];

/** `movie-etl` with one queue in a directory of its own: exit code and lines, without how long a stage took. */
function commandOn(uri: string, cwd: string) {
  return async (...args: string[]) => {
    const { code, stdout, stderr } = await cli([...args, '--queue', uri], { cwd, env });
    const plain = (line: string) => line.replace(/ \(\d+\.\d s\)$/, '');
    return { code, stdout: linesOf(stdout), stderr: linesOf(stderr).map(plain) };
  };
}

for (const [kind, place, next] of kinds) {
  t.test(`dead letters of ${kind} are told, and come back by redrive`, async (t) => {
    const uri = await place(t);
    const run = commandOn(uri, t.testdir());
    t.same(await run('redrive'), {
      code: 0,
      stdout: ['ready  hidden  dead  where', `    0       0     0  ${uri}`],
      stderr: ['✔ redrive: no dead letters'],
    });

    const extracted = await run('extract', '--offline', '--top-n', '2', '--date', DATE);
    t.equal(extracted.code, 0);
    t.equal(extracted.stdout.at(-1), `     2  ${uri}`);
    const [, runId = ''] = /run (\S+)$/.exec(extracted.stderr[0] ?? '') ?? [];
    const queue = await openQueue(uri, aws);
    await queue.send([{ body: '{"version":7}', group: 'poison', deduplicationId: 'poison' }]);
    for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
      t.equal((await receiveAll(queue)).length, 3);
      await queue.close();
    }

    const dead = await run('enrich', '--offline');
    const batches = [0, 1].map((batch) => `batch ${batch} of run ${runId} of ${DATE}`);
    const told = [
      ...batches.map(
        (batch) => `warning: dead letter: ${batch}: received ten times, and never worked through`,
      ),
      dead.stderr.find((line) => / message [0-9a-f]{24}: version: version 7 is not known: /.test(line)),
    ];
    const where = '; _errors/ of their runs in ./data/bronze says why they failed';
    const isSeen = kind === 'a directory';
    t.same(dead, {
      code: 75,
      stdout: [],
      stderr: [
        '✔ enrich: no message to receive',
        ...(isSeen ? told : []),
        `error: 3 messages in the dead-letter queue of ${uri}; bring them back with: movie-etl redrive, or finish their dates with: movie-etl enrich --date DATE${isSeen ? '' : where}`,
      ],
    });
    t.same(await run('redrive'), {
      code: 0,
      stdout: ['ready  hidden  dead  where', `    3       0     0  ${uri}`],
      stderr: ['✔ redrive: 3 dead letters moved back to the queue', next],
    });

    const [warning, ...rest] = (await run('enrich', '--offline')).stderr;
    t.match(warning, /^warning: message \S+: version: version 7 is not known/);
    t.same(rest, [
      `✔ enrich: ${DATE} 2 enriched, 0 not found; 1 message unreadable`,
      `error: ${uri} has 1 message left: put off, or in other hands; go on later with: movie-etl enrich`,
    ]);
    const again = await run('enrich', '--offline', '--date', DATE, '--json');
    t.match(JSON.parse(again.stdout[0] ?? ''), { runId, standing: 2, complete: true });

    const { code, stdout } = await run('redrive', '--json');
    t.equal(code, 0);
    t.same(
      stdout.map((line) => JSON.parse(line)),
      [{ queue: uri, redriven: 0, depth: { ready: 0, hidden: 1, dead: 0 } }],
    );
  });
}

t.test('redrive takes no dates, and tells a queue that does not exist', async (t) => {
  const uri = `${emulator.url}/000000000000/missing.fifo`;
  const run = commandOn(uri, t.testdir());
  t.same(await run('redrive', '--date', DATE), {
    code: 2,
    stdout: [],
    stderr: ["error: unknown option '--date'"],
  });
  const { code, stdout, stderr } = await run('redrive');
  t.equal(code, 1);
  t.same(stdout, []);
  t.equal(stderr.length, 1);
  t.match(
    stderr[0],
    `error: cannot redrive the dead letters of the queue ${uri}: the queue does not exist; `,
  );
});
