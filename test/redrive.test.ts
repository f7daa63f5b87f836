import { join } from 'node:path';
import t, { type Test } from 'tap';
import { queueArn } from '../chain/emulator/calls.js';
import { startEmulator } from '../chain/emulator/emulator.js';
import { awsClients } from '../src/aws.js';
import { openQueue } from '../src/queues/open.js';
import { MAX_RECEIVES } from '../src/queues/queue.js';
import { cli, filesUnder, linesOf, startCli } from './support/cli.js';
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

/** Where each queue is, and what a redrive says of its messages, and of what is next. */
const kinds: [string, (t: Test) => Promise<string>, string, string][] = [
  [
    'a directory',
    async (t) => join(t.testdirName, 'queue'),
    'moved back, each has ten receives again, behind what is in the queue',
    '',
  ],
  [
    'a FIFO queue',
    () => createQueue('movies', '.fifo'),
    'moved back, each is a new message with all its receives, and a group of its own: none waits for another',
    'the Lambda function of the queue takes them; without one, ',
  ],
  [
    'a standard queue',
    () => createQueue('movies', ''),
    'moved back, each is a new message with all its receives',
    'the Lambda function of the queue takes them; without one, ',
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

for (const [kind, place, state, taken] of kinds) {
  t.test(`dead letters of ${kind} are told, and come back by redrive`, async (t) => {
    const uri = await place(t);
    const run = commandOn(uri, t.testdir());
    const next = [state, `${taken}go on with: movie-etl enrich --queue ${uri}`];
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
        `error: 3 messages in the dead-letter queue of ${uri}; bring them back with: movie-etl redrive --queue ${uri}, or finish their dates with: movie-etl enrich --queue ${uri} --offline --date DATE${isSeen ? '' : where}`,
      ],
    });
    // Which dead letter is which movie is told where it can be looked at.
    const [poison = ''] = /[0-9a-f]{24}/.exec(told[2] ?? '') ?? [];
    const file = `*_${poison}_*.json`;
    const reason = told[2]?.replace('warning: dead letter: ', '');
    const remedy = `warning: ${reason}; it will fail again, unless you delete it: ${file} below ${uri}`;
    const before = isSeen ? await filesUnder(uri) : [];
    const calls = emulator.calls.length;
    t.same(await run('redrive', '--dry-run'), {
      code: 0,
      stdout: [
        ...(isSeen ? tableOf(runId) : []),
        'ready  hidden  dead  where',
        `    0       0     3  ${uri}`,
      ],
      stderr: [
        '✔ redrive: 3 dead letters would move back to the queue',
        ...(isSeen ? [remedy] : []),
        `to see why they failed: movie-etl status --queue ${uri} ${isSeen ? `--date ${DATE} ` : ''}--verbose`,
        ...next,
      ],
    });
    const rehearsed = await run('redrive', '--dry-run', '--json');
    const letters = ['tt0111161', 'tt0068646'].map((id, batch) => ({
      date: DATE,
      runId,
      batch,
      movies: [id],
    }));
    t.match(
      rehearsed.stdout.map((line) => JSON.parse(line)),
      [
        {
          queue: uri,
          dryRun: true,
          redriven: 3,
          depth: { ready: 0, hidden: 0, dead: 3 },
          letters: isSeen ? [...letters, { id: poison, unreadable: reason, file }] : undefined,
        },
      ],
    );
    if (isSeen) t.same(await filesUnder(uri), before);
    const ours = [uri, uri.replace(/movies(?=$|\.fifo$)/, 'movies-dead')];
    const asked = emulator.calls
      .slice(calls)
      .filter(({ parameters }) => ours.includes(`${parameters.QueueUrl}`));
    t.same([...new Set(asked.map(({ operation }) => operation))], isSeen ? [] : ['GetQueueAttributes']);

    t.same(await run('redrive'), {
      code: 0,
      stdout: ['ready  hidden  dead  where', `    3       0     0  ${uri}`],
      stderr: ['✔ redrive: 3 dead letters moved back to the queue', ...(isSeen ? [remedy] : []), ...next],
    });

    const [warning, ...rest] = (await run('enrich', '--offline')).stderr;
    t.match(warning, /^warning: message \S+: version: version 7 is not known/);
    t.same(rest, [
      `✔ enrich: ${DATE} 2 enriched, 0 not found; 1 message unreadable`,
      `error: ${uri} has 1 message left: put off, or in other hands; go on later with: movie-etl enrich --queue ${uri} --offline`,
    ]);
    const again = await run('enrich', '--offline', '--date', DATE, '--json');
    t.match(JSON.parse(again.stdout[0] ?? ''), { runId, standing: 2, complete: true });

    const { code, stdout } = await run('redrive', '--json');
    t.equal(code, 0);
    t.same(
      stdout.map((line) => JSON.parse(line)),
      [
        {
          queue: uri,
          dryRun: false,
          redriven: 0,
          depth: { ready: 0, hidden: 1, dead: 0 },
          ...(isSeen ? { letters: [] } : {}),
        },
      ],
    );
  });
}

/** What a dry run says of two batches of a movie each. */
function tableOf(runId: string): string[] {
  const pad = ' '.repeat(runId.length - 'run'.length);
  return [
    `date        run${pad}  batch  movies`,
    `${DATE}  ${runId}      0  tt0111161`,
    `${DATE}  ${runId}      1  tt0068646`,
    '',
  ];
}

t.test('a message that failed for the tenth time is a dead letter at once', async (t) => {
  const uri = join(t.testdir(), 'queue');
  const run = commandOn(uri, t.testdirName);
  await run('extract', '--offline', '--top-n', '1', '--date', DATE);
  const queue = await openQueue(uri);
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    t.equal((await receiveAll(queue)).length, 1);
    await queue.close();
  }
  t.match(await run('redrive', '--dry-run'), {
    stdout: { 1: / 0 {2}tt0111161$/ },
    stderr: ['✔ redrive: 1 dead letter would move back to the queue'],
  });
  t.match(await run('redrive'), {
    stdout: ['ready  hidden  dead  where', `    1       0     0  ${uri}`],
    stderr: ['✔ redrive: 1 dead letter moved back to the queue'],
  });
  t.match(await queue.receive(1), [{ attempt: 1 }]);
  await queue.close();
});

t.test('Ctrl-C ends a redrive while SQS moves', async (t) => {
  const uri = await createQueue('long', '.fifo');
  const queue = await openQueue(uri, aws);
  await queue.send([{ body: '{}', group: 'one', deduplicationId: 'one' }]);
  for (let attempt = 0; attempt <= MAX_RECEIVES; attempt++) {
    await receiveAll(queue);
    await queue.close();
  }
  const running = {
    Status: 'RUNNING',
    ApproximateNumberOfMessagesMoved: 7,
    ApproximateNumberOfMessagesToMove: 9,
  };
  const polled = new Promise<void>((resolve) => {
    emulator.faults = ({ operation, parameters }) => {
      if (operation !== 'ListMessageMoveTasks' || parameters.SourceArn !== queueArn('long-dead.fifo'))
        return undefined;
      resolve();
      return { answer: { Results: [running] } };
    };
  });
  t.teardown(() => {
    emulator.faults = () => undefined;
  });
  const { child, result } = startCli(['redrive', '--queue', uri], { cwd: t.testdir(), env });
  await polled;
  child.kill('SIGINT');
  t.match(await result, {
    code: 130,
    stdout: '',
    stderr:
      /^error: interrupted: what was finished stays;( redrive has 2 of 9 dead letters left;)? SQS goes on moving the dead letters by itself$/m,
  });
});

t.test('redrive takes no dates, and tells a queue that does not exist', async (t) => {
  const uri = `${emulator.url}/000000000000/missing.fifo`;
  const run = commandOn(uri, t.testdir());
  t.same(await run('redrive', '--date', DATE), {
    code: 2,
    stdout: [],
    stderr: ["error: unknown option '--date'; see movie-etl redrive --help"],
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
