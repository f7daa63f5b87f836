import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import t, { type Test } from 'tap';
import { queueArn } from '../../chain/emulator/calls.js';
import { type Fault, type RecordedCall, startEmulator } from '../../chain/emulator/emulator.js';
import { awsClients } from '../../src/aws.js';
import { openQueue } from '../../src/queues/open.js';
import { MAX_RECEIVES, type OutgoingMessage, type Queue } from '../../src/queues/queue.js';
import { type SqsQueueOptions, sqsQueue } from '../../src/queues/sqs.js';
import { bodiesOf, numbered, outgoing, queueSuite, receiveAll } from '../support/queue-suite.js';
import { failureOf } from '../support/refusal.js';
import { SECRET_ACCESS_KEY } from '../support/secrets.js';

process.env.AWS_ACCESS_KEY_ID = 'test';
process.env.AWS_SECRET_ACCESS_KEY = SECRET_ACCESS_KEY;
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const MAX_BYTES = 1_048_576;

const emulator = await startEmulator();
const aws = awsClients({ region: 'us-east-1', endpointUrl: emulator.url });
const client: SQSClient = await aws.sqs();
t.teardown(async () => {
  await aws.close();
  await emulator.close();
});

type Kind = 'fifo' | 'standard';

let created = 0;

/** The URL of a new queue whose dead letters go to a queue of its own. */
async function createQueue(kind: Kind, { policy = true } = {}): Promise<string> {
  const name = `movies-${++created}`;
  const [suffix, attributes] = kind === 'fifo' ? ['.fifo', { FifoQueue: 'true' }] : ['', {}];
  if (!policy) return emulator.createQueue(`${name}${suffix}`, attributes);
  await emulator.createQueue(`${name}-dead${suffix}`, attributes);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: queueArn(`${name}-dead${suffix}`),
    maxReceiveCount: MAX_RECEIVES,
  });
  return emulator.createQueue(`${name}${suffix}`, { ...attributes, RedrivePolicy });
}

/** A new queue, and the calls that are made from here on. */
async function opened(t: Test, { kind = 'fifo' as Kind, policy = true, ...options }: Opening = {}) {
  const url = await createQueue(kind, { policy });
  const queues: Queue[] = [];
  const again = () => {
    const queue = sqsQueue(client, url, { waitSeconds: 0, ...options });
    queues.push(queue);
    return queue;
  };
  t.teardown(async () => {
    emulator.faults = () => undefined;
    for (const queue of queues) await queue.close();
  });
  const before = emulator.calls.length;
  const calls = (operation: string) =>
    emulator.calls.slice(before).filter((call) => call.operation === operation);
  return { url, queue: again(), again, calls };
}

type Opening = SqsQueueOptions & { kind?: Kind; policy?: boolean };

/** The first calls of an operation go wrong in this way, one after the other. */
function fail(operation: string, ...faults: Fault[]): void {
  emulator.faults = (call) => (call.operation === operation ? faults.shift() : undefined);
}

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  ReceiptHandle: string;
  VisibilityTimeout: number;
}
const entriesOf = ({ parameters }: RecordedCall) => parameters.Entries as Entry[];
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

for (const kind of ['fifo', 'standard'] as const) {
  t.test(`the queue suite holds for a ${kind} queue`, async (t) => {
    const open = async () => {
      const url = await createQueue(kind);
      const again = async () => sqsQueue(client, url, { waitSeconds: 0 });
      return { queue: await again(), again, elapse: (seconds: number) => sleep(seconds * 1000) };
    };
    await queueSuite(t, open, { keepsOrder: kind === 'fifo', dropsRepeats: kind === 'fifo' });
  });
}

t.test('messages are sent in loads of ten', async (t) => {
  const { url, queue, calls } = await opened(t);
  await queue.send(numbered(25));
  const loads = calls('SendMessageBatch');
  t.same(
    loads.map((call) => entriesOf(call).length),
    [10, 10, 5],
  );
  t.ok(loads.every(({ parameters }) => parameters.QueueUrl === url));
  const { group, deduplicationId, body } = outgoing(24);
  t.match(loads.flatMap(entriesOf).at(-1), {
    MessageBody: body,
    MessageGroupId: group,
    MessageDeduplicationId: deduplicationId,
  });
});

t.test('a standard queue is sent neither groups nor deduplication ids', async (t) => {
  const { queue, calls } = await opened(t, { kind: 'standard' });
  await queue.send(numbered(1));
  t.same(calls('SendMessageBatch').flatMap(entriesOf), [{ Id: '0', MessageBody: 'message 0' }]);
});

t.test('a load is at most a mebibyte, in bytes of UTF-8', async (t) => {
  const { queue, calls } = await opened(t);
  const bodies = [MAX_BYTES / 2, MAX_BYTES / 2, 1, MAX_BYTES, 300_000, 300_000, 300_000, 300_000].map(
    (bytes) => (bytes % 2 === 0 ? 'é'.repeat(bytes / 2) : 'e'.repeat(bytes)),
  );
  await queue.send(bodies.map((body, number) => outgoing(number, body)));
  t.same(
    calls('SendMessageBatch').map((call) => entriesOf(call).length),
    [2, 1, 1, 3, 1],
  );
  t.same(
    bodiesOf(await receiveAll(queue)).map((body) => body.length),
    bodies.map(({ length }) => length),
  );
});

t.test('a message that alone is too large is told before anything is sent', async (t) => {
  const { url, queue, calls } = await opened(t);
  const tooLarge = outgoing(12, `${'é'.repeat(MAX_BYTES / 2)}e`);
  const error = await failureOf(queue.send([...numbered(12), tooLarge]));
  t.match(error, {
    verdict: 'stop',
    message: `cannot write to the queue ${url}: message 2026-11-23/20261123T030000Z/12 has 1048577 bytes; SQS takes at most 1048576`,
    hint: 'use a smaller --batch-size',
  });
  t.same(calls('SendMessageBatch'), []);
});

t.test('characters that SQS refuses arrive all the same', async (t) => {
  const { queue } = await opened(t);
  const title = 'a\u0000b\u001fc\ufffed\uffffe\ud800f\u007fg 🎬 \ufdd0 "\\ufffe"\t\n';
  await queue.send([outgoing(0, JSON.stringify({ title }))]);
  const [message] = await queue.receive(1);
  t.same(JSON.parse(message?.body ?? ''), { title });
});

t.test('entries that fail are sent again, and only these', async (t) => {
  const { queue, calls } = await opened(t);
  const failed = (Id: string) => ({ Id, SenderFault: false, Code: 'InternalError', Message: 'try again' });
  const [sent] = numbered(1);
  const Successful = [{ Id: '0', MessageId: 'one', MD5OfMessageBody: md5(sent?.body ?? '') }];
  fail('SendMessageBatch', { answer: { Successful, Failed: [failed('1'), failed('2')] } });
  await queue.send(numbered(3));
  t.same(
    calls('SendMessageBatch').map((call) => entriesOf(call).map(({ Id }) => Id)),
    [
      ['0', '1', '2'],
      ['1', '2'],
    ],
  );
  t.same(bodiesOf(await receiveAll(queue)), ['message 1', 'message 2']);
});

t.test('entries that go on failing are an error to retry', async (t) => {
  const { url, queue, calls } = await opened(t);
  emulator.faults = ({ operation, parameters }) => {
    if (operation !== 'SendMessageBatch') return undefined;
    const [first] = parameters.Entries as { Id: string; MessageBody: string }[];
    const Successful =
      first?.Id === '0' ? [{ Id: '0', MessageId: 'one', MD5OfMessageBody: md5(first.MessageBody) }] : [];
    return { answer: { Successful, Failed: [{ Id: '1', Code: 'ServiceUnavailable' }] } };
  };
  t.match(await failureOf(queue.send(numbered(2))), {
    verdict: 'retry',
    message: `cannot write to the queue ${url}: 1 of 2 messages failed, such as with ServiceUnavailable`,
    hint: 'run the command again',
  });
  t.equal(calls('SendMessageBatch').length, 5);
  emulator.faults = ({ operation }) => (operation === 'SendMessageBatch' ? { answer: {} } : undefined);
  t.match(await failureOf(queue.send(numbered(2))), { verdict: 'retry', message: /2 of 2 messages failed/ });
  emulator.faults = () => undefined;
});

t.test('an entry that is refused is an error that names it, and is not sent again', async (t) => {
  const { url, queue, calls } = await opened(t);
  const refused = {
    Id: '1',
    SenderFault: true,
    Code: 'InvalidParameterValue',
    Message: 'Reason: Message must be shorter than 262144 bytes.',
  };
  fail('SendMessageBatch', { answer: { Failed: [refused] } });
  t.match(await failureOf(queue.send(numbered(2))), {
    verdict: 'stop',
    message:
      `cannot write to the queue ${url}: message 2026-11-23/20261123T030000Z/1 is refused ` +
      '(InvalidParameterValue: Reason: Message must be shorter than 262144 bytes.)',
    hint: 'use a smaller --batch-size',
  });
  t.equal(calls('SendMessageBatch').length, 1);
});

t.test('a send whose answer got lost is one message in a FIFO queue', async (t) => {
  const { queue, calls } = await opened(t);
  fail('SendMessageBatch', { lostAnswer: true });
  await queue.send(numbered(3));
  t.equal(calls('SendMessageBatch').length, 2);
  t.same(await queue.depth(), { ready: 3, hidden: 0, dead: 0 });
});

t.test('a receive whose answer got lost hides nothing in a FIFO queue', async (t) => {
  const { queue, calls } = await opened(t);
  await queue.send(numbered(3));
  fail('ReceiveMessage', { lostAnswer: true });
  const received = await queue.receive(10);
  t.same(bodiesOf(received), ['message 0', 'message 1', 'message 2']);
  t.same(new Set(received.map(({ attempt }) => attempt)), new Set([1]));
  const attempts = calls('ReceiveMessage').map(({ parameters }) => parameters.ReceiveRequestAttemptId);
  t.equal(attempts.length, 2);
  t.equal(attempts[0], attempts[1]);
  await queue.receive(1);
  t.not(calls('ReceiveMessage').at(-1)?.parameters.ReceiveRequestAttemptId, attempts[0]);
});

t.test('a receive is a long poll', async (t) => {
  const url = await createQueue('standard');
  const queue = sqsQueue(client, url);
  const before = emulator.calls.length;
  t.same(await queue.receive(25), []);
  t.same(
    emulator.calls.slice(before).map(({ parameters }) => parameters),
    [
      {
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        VisibilityTimeout: 120,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      },
    ],
  );
});

t.test('what is held stays hidden beyond its visibility timeout, until it is settled', async (t) => {
  const { queue, again, calls } = await opened(t, { visibilitySeconds: 2 });
  await queue.send(numbered(14));
  const [first, second, ...rest] = await receiveAll(queue);
  if (!first || !second) throw new Error('fourteen messages were sent');
  fail('ChangeMessageVisibilityBatch', { status: 400, code: 'AccessDenied' }, { reset: true });
  await sleep(4_500);
  t.same(await again().receive(10), [], 'also when a call fails');
  await queue.acknowledge([first, ...rest]);
  await queue.defer(second, 1);
  const beats = calls('ChangeMessageVisibilityBatch').length;
  await sleep(1_500);
  t.equal(calls('ChangeMessageVisibilityBatch').length, beats, 'nothing is held any more');
  t.same(bodiesOf(await again().receive(10)), [second.body], 'and what was deferred came back');
});

t.test('only what is held is kept hidden', { timeout: 30_000 }, async (t) => {
  const { queue, calls } = await opened(t, { visibilitySeconds: 1 });
  await queue.send(numbered(2));
  const [done, held] = await receiveAll(queue);
  if (!done || !held) throw new Error('two messages were sent');
  await queue.acknowledge([done]);
  const beats = () => calls('ChangeMessageVisibilityBatch');
  const before = beats().length;
  while (beats().length < before + 3) await sleep(50);
  const receipts = beats()
    .slice(before + 1)
    .flatMap(entriesOf)
    .map(({ ReceiptHandle }) => ReceiptHandle);
  t.same(new Set(receipts), new Set([held.receipt]));
});

t.test('a call that keeps a message hidden does not overtake its settlement', async (t) => {
  const { url, queue, calls } = await opened(t);
  const slow = awsClients({ region: 'us-east-1', endpointUrl: emulator.url });
  t.teardown(slow.close);
  const slowClient = await slow.sqs();
  let [begun, goOn] = [() => {}, () => {}];
  const beat = new Promise<void>((resolve) => (begun = resolve));
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  slowClient.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'ChangeMessageVisibilityBatchCommand') {
          begun();
          await gate;
        }
        return next(args);
      },
    { step: 'initialize' },
  );
  const receiver = sqsQueue(slowClient, url, { waitSeconds: 0, visibilitySeconds: 3 });
  await queue.send(numbered(1));
  const [message] = await receiver.receive(1);
  if (!message) throw new Error('one message was sent');
  await beat;
  const deferred = receiver.defer(message, 600);
  await sleep(100);
  goOn();
  await deferred;
  await receiver.close();
  const changes = ['ChangeMessageVisibilityBatch', 'ChangeMessageVisibility'];
  t.same(
    emulator.calls
      .filter(({ operation, parameters }) => changes.includes(operation) && parameters.QueueUrl === url)
      .map(({ operation }) => operation),
    changes,
  );
  t.equal(calls('ChangeMessageVisibility')[0]?.parameters.VisibilityTimeout, 600);
});

t.test('acknowledgements that fail are repeated, those of others are left alone', async (t) => {
  const { url, queue, calls } = await opened(t);
  await queue.send(numbered(12));
  const received = await receiveAll(queue);
  const failed = { Id: '1', SenderFault: false, Code: 'InternalError' };
  const stale = { Id: '0', SenderFault: true, Code: 'ReceiptHandleIsInvalid' };
  const Successful = Array.from({ length: 8 }, (_, index) => ({ Id: String(index + 2) }));
  fail('DeleteMessageBatch', { answer: { Successful, Failed: [failed, stale] } });
  await queue.acknowledge(received);
  t.same(
    calls('DeleteMessageBatch').map((call) => entriesOf(call).length),
    [10, 1, 2],
  );
  fail('DeleteMessageBatch', {
    answer: { Failed: [{ ...stale, Code: 'KmsAccessDenied', Message: 'no key' }] },
  });
  t.match(await failureOf(queue.acknowledge(received.slice(0, 1))), {
    verdict: 'stop',
    message: `cannot delete messages of the queue ${url}: KmsAccessDenied: no key`,
  });
});

t.test('a message is deferred for no longer than SQS can hide it', async (t) => {
  let clock = Date.UTC(2026, 10, 23, 3);
  const { queue, calls } = await opened(t, { now: () => clock });
  await queue.send(numbered(2));
  const [own, another] = await receiveAll(queue);
  if (!own || !another) throw new Error('two messages were sent');
  clock += 3_600_000;
  await queue.defer(own, 43_200);
  await sqsQueue(client, queue.uri).defer(another, 43_200);
  await queue.defer(another, 1.2);
  t.same(
    calls('ChangeMessageVisibility').map(({ parameters }) => parameters.VisibilityTimeout),
    [43_200 - 3_600 - 60, 43_200 - 900 - 60, 2],
    'counted from its receive, which for a Lambda function may be fifteen minutes ago',
  );
});

t.test('a message that is not in flight any more cannot be deferred, and that is no error', async (t) => {
  const { queue, again } = await opened(t);
  await queue.send(numbered(1));
  const [late] = await queue.receive(1);
  if (!late) throw new Error('one message was sent');
  await queue.close();
  t.equal((await again().receive(1)).length, 1);
  await queue.defer(late, 0);
  t.same(await queue.depth(), { ready: 0, hidden: 1, dead: 0 }, 'its new holder holds it');
});

t.test('a queue without a redrive policy has no dead letters', async (t) => {
  const { queue, calls } = await opened(t, { policy: false });
  await queue.send(numbered(2));
  t.same(await queue.depth(), { ready: 2, hidden: 0, dead: 0 });
  t.equal(await queue.redrive(), 0);
  t.same(calls('StartMessageMoveTask'), []);
});

/** Makes a dead letter of each message. */
async function bury(queue: Queue, messages: readonly OutgoingMessage[]): Promise<void> {
  await queue.send(messages);
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    await receiveAll(queue);
    await queue.close();
  }
  await receiveAll(queue);
}

t.test('a redrive waits until the dead letters are moved', async (t) => {
  const { url, queue, calls } = await opened(t);
  await bury(queue, numbered(2));
  const running = { answer: { Results: [{ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 1 }] } };
  fail('ListMessageMoveTasks', running, running);
  t.equal(await queue.redrive(), 2);
  const dead = queueArn(url.split('/').at(-1)?.replace('.fifo', '-dead.fifo') ?? '');
  t.same(
    calls('StartMessageMoveTask').map(({ parameters }) => parameters),
    [{ SourceArn: dead }],
  );
  t.equal(calls('ListMessageMoveTasks').length, 3);
  t.same(await queue.depth(), { ready: 2, hidden: 0, dead: 0 });
  t.equal(await queue.redrive(), 0);
  t.equal(calls('StartMessageMoveTask').length, 1, 'nothing is dead: nothing is started');
});

t.test('a redrive while another one runs waits for that one', async (t) => {
  const { queue } = await opened(t);
  await bury(queue, numbered(3));
  const results = [
    { Status: 'RUNNING' },
    { Status: 'RUNNING' },
    { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 },
  ];
  emulator.faults = ({ operation }) => {
    if (operation === 'ListMessageMoveTasks') return { answer: { Results: [results.shift()] } };
    if (operation !== 'StartMessageMoveTask') return undefined;
    return { status: 400, code: 'InvalidParameterValue', message: 'There is already a task running.' };
  };
  t.equal(await queue.redrive(), 3);
  t.same(results, []);
});

t.test('a redrive that fails says why', async (t) => {
  const { url, queue } = await opened(t);
  await bury(queue, numbered(1));
  fail('StartMessageMoveTask', { status: 403, code: 'AccessDenied', message: 'no' });
  t.match(await failureOf(queue.redrive()), {
    verdict: 'stop',
    message: `cannot redrive the dead letters of the queue ${url}: access denied`,
  });
  const failed = { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' };
  fail('ListMessageMoveTasks', { answer: { Results: [failed] } });
  t.match(await failureOf(queue.redrive()), {
    verdict: 'retry',
    message: `cannot redrive the dead letters of the queue ${url}: CouldNotDetermineMessageSource`,
  });
});

t.test('a queue that cannot be used says so in a line, with what to do', async (t) => {
  const { url } = await opened(t);
  const everyUse: [string, (queue: Queue) => Promise<unknown>][] = [
    ['write to', (queue) => queue.send(numbered(1))],
    ['read', (queue) => queue.receive(1)],
    ['read', (queue) => queue.depth()],
    ['write to', (queue) => queue.acknowledge([{ id: '', body: '', attempt: 1, receipt: 'x' }])],
    ['write to', (queue) => queue.defer({ id: '', body: '', attempt: 1, receipt: 'x' }, 1)],
    ['redrive the dead letters of', (queue) => queue.redrive()],
  ];
  const missing = `${url}-missing`;
  const elsewhere = 'https://sqs.eu-west-1.amazonaws.com/123456789012/movies.fifo';
  const before = emulator.calls.length;
  for (const [verb, use] of everyUse) {
    const queue = sqsQueue(client, elsewhere);
    t.match(await failureOf(use(queue)), {
      verdict: 'stop',
      message: `cannot ${verb} the queue ${elsewhere}: it is in eu-west-1, but the region is us-east-1`,
      hint: 'give --region eu-west-1 or set AWS_REGION',
    });
    await queue.close();
  }
  t.equal(emulator.calls.length, before, 'the other region is not even asked');
  for (const [verb, use] of everyUse) {
    t.match(await failureOf(use(sqsQueue(client, missing))), {
      verdict: 'stop',
      message: `cannot ${verb} the queue ${missing}: the queue does not exist`,
    });
  }
  emulator.faults = () => ({ status: 403, code: 'AccessDenied', message: 'no' });
  for (const [verb, use] of everyUse) {
    t.match(await failureOf(use(sqsQueue(client, url))), {
      verdict: 'stop',
      message: `cannot ${verb} the queue ${url}: access denied`,
      hint: /policies/,
    });
  }
});

t.test('a queue is opened by its URL', async (t) => {
  const { url } = await opened(t);
  const queue = await openQueue(url, aws);
  t.equal(queue.uri, url);
  await queue.send(numbered(1));
  const received = await queue.receive(10);
  t.same(bodiesOf(received), ['message 0']);
  await queue.acknowledge(received);
  await queue.close();
});
