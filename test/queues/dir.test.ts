import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { PipelineError } from '../../src/errors.js';
import { writeTemporary } from '../../src/files.js';
import { dirQueue } from '../../src/queues/dir.js';
import { openQueue } from '../../src/queues/open.js';
import { MAX_RECEIVES, type OutgoingMessage, type Queue } from '../../src/queues/queue.js';
import { startWorker, takeFrom } from '../support/processes.js';
import { bodiesOf, numbered, outgoing, queueSuite, receiveAll } from '../support/queue-suite.js';
import type { QueueJob } from '../support/queue-worker.js';

const script = new URL('../support/queue-worker.ts', import.meta.url);

t.test('the queue suite holds for a directory', async (t) => {
  await queueSuite(t, async (t) => {
    const root = join(t.testdir(), 'queue');
    let ahead = 0;
    const now = () => Date.now() + ahead;
    return {
      queue: dirQueue(root, root, now),
      again: async () => dirQueue(root, root, now),
      elapse: async (seconds) => {
        ahead += Math.ceil(seconds * 1000);
      },
    };
  });
});

t.test('a deferred message is due to the millisecond', async (t) => {
  let clock = Date.UTC(2026, 10, 23, 3);
  const queue = dirQueue(join(t.testdir(), 'queue'), 'queue', () => clock);
  await queue.send(numbered(1));
  const [message] = await queue.receive(1);
  if (!message) throw new Error('one message was sent');
  await queue.defer(message, 43_200);
  clock += 43_200_000 - 1;
  t.same(await queue.receive(1), []);
  clock += 1;
  t.equal((await queue.receive(1)).length, 1);
});

t.test('an acknowledged message may be sent again', async (t) => {
  const queue = dirQueue(join(t.testdir(), 'queue'));
  for (const body of ['first', 'second']) {
    await queue.send([outgoing(0, body)]);
    const received = await queue.receive(10);
    t.same(bodiesOf(received), [body]);
    await queue.acknowledge(received);
  }
});

t.test('dead letters lie in dead/, with their text', async (t) => {
  const root = join(t.testdir(), 'queue');
  const queue = dirQueue(root);
  await queue.send([outgoing(0, 'one that fails'), outgoing(1, 'another')]);
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    t.equal((await receiveAll(queue)).length, 2);
    await queue.close();
  }
  t.same(await queue.receive(10), []);
  const letters = await readdir(join(root, 'dead'));
  const texts = await Promise.all(letters.map((name) => readFile(join(root, 'dead', name), 'utf8')));
  t.same(texts.sort(), ['another', 'one that fails']);
  t.same((await readdir(root)).sort(), ['.movie-etl-lock', 'dead']);
  await queue.send([outgoing(0, 'sent anew')]);
  t.same(bodiesOf(await queue.receive(10)), ['sent anew'], 'a dead letter is not under way');
  t.same(await queue.depth(), { ready: 0, hidden: 1, dead: 2 });
});

/** Sends messages and receives them until they are dead letters. */
async function bury(queue: Queue, messages: readonly OutgoingMessage[]): Promise<void> {
  await queue.send(messages);
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    await receiveAll(queue);
    await queue.close();
  }
  await queue.receive(1);
}

t.test('a message is a dead letter from its tenth failure on, also before the next receive', async (t) => {
  const root = join(t.testdir(), 'queue');
  const queue = dirQueue(root);
  await queue.send([outgoing(0, 'spent'), outgoing(1, 'deferred')]);
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    const received = await receiveAll(queue);
    t.equal(received.length, 2);
    const [, second] = received;
    if (attempt === MAX_RECEIVES && second) await queue.defer(second, 600);
    t.same(await queue.deadLetters?.(10), [], 'in hand it is none');
    await queue.close();
  }
  await queue.send([outgoing(2)]);
  t.same((await readdir(root)).includes('dead'), false);
  t.same(await queue.depth(), { ready: 1, hidden: 1, dead: 1 });
  t.same(bodiesOf((await queue.deadLetters?.(10)) ?? []), ['spent']);
  t.same(await queue.deadLetters?.(0), []);
  t.same(bodiesOf((await queue.peek?.()) ?? []), ['message 2']);
  t.equal(await dirQueue(root).redrive(), 1);
  t.same(
    (await receiveAll(queue)).map(({ body, attempt }) => [body, attempt]),
    [
      ['message 2', 1],
      ['spent', 1],
    ],
    'as if it was sent anew',
  );
  t.same(await queue.depth(), { ready: 0, hidden: 3, dead: 0 });
});

t.test('what could be received now can be looked at without taking it', async (t) => {
  const root = join(t.testdir(), 'queue');
  let clock = Date.UTC(2026, 10, 23, 3);
  const queue = dirQueue(root, root, () => clock);
  t.same(await queue.peek?.(), [], 'where nobody ever sent');
  await t.rejects(readdir(root), { code: 'ENOENT' });
  await queue.send(numbered(14));
  const [first, second, third] = await queue.receive(3);
  if (!first || !second || !third) throw new Error('fourteen messages were sent');
  await queue.defer(first, 60);
  await queue.defer(second, 600);
  await queue.acknowledge([third]);
  await queue.receive(1);
  clock += 60_000;
  await queue.send([outgoing(14)]);
  const before = await readdir(root);
  const peeked = (await dirQueue(root, root, () => clock).peek?.()) ?? [];
  t.same(await readdir(root), before);
  t.same(
    peeked.map(({ body, attempt }) => [body, attempt]),
    [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 14].map((number) => [`message ${number}`, number === 0 ? 2 : 1]),
  );
  const received = await receiveAll(dirQueue(root, root, () => clock));
  t.same(
    peeked,
    received.map(({ receipt, ...message }) => message),
  );
});

t.test('dead letters come back in their order, behind what is in the queue', async (t) => {
  const root = join(t.testdir(), 'queue');
  const queue = dirQueue(root);
  await bury(queue, numbered(3));
  await writeFile(join(root, 'dead', 'notes.txt'), 'mine');
  await queue.send([outgoing(3)]);
  t.equal(await queue.redrive(), 3);
  t.same(bodiesOf(await receiveAll(queue)), ['message 3', 'message 0', 'message 1', 'message 2']);
  t.same(await readdir(join(root, 'dead')), ['notes.txt']);
});

t.test('a dead letter whose message was sent anew meanwhile is dropped', async (t) => {
  const queue = dirQueue(join(t.testdir(), 'queue'));
  await bury(queue, [outgoing(0, 'dead'), outgoing(1, 'dead too')]);
  await queue.send([outgoing(0, 'sent anew')]);
  t.equal(await queue.redrive(), 2);
  t.same(bodiesOf(await receiveAll(queue)), ['sent anew', 'dead too']);
  t.same(await queue.depth(), { ready: 0, hidden: 2, dead: 0 });
});

t.test('of two redrives at once, each dead letter comes back once', async (t) => {
  const root = join(t.testdir(), 'queue');
  await bury(dirQueue(root), numbered(20));
  const counts = await Promise.all([dirQueue(root).redrive(), dirQueue(root).redrive()]);
  t.same(counts.sort(), [0, 20]);
  t.same(await dirQueue(root).depth(), { ready: 20, hidden: 0, dead: 0 });
});

t.test('a redrive where nobody ever sent leaves no trace', async (t) => {
  const root = join(t.testdir(), 'queue');
  t.equal(await dirQueue(root).redrive(), 0);
  await t.rejects(readdir(root), { code: 'ENOENT' });
});

t.test('files that are no messages are left alone', async (t) => {
  const root = t.testdir({ 'notes.txt': 'mine', '.DS_Store': '' });
  const writing = await writeTemporary(root, 'half a mess');
  const queue = dirQueue(root);
  await queue.send(numbered(1));
  const received = await receiveAll(queue);
  t.same(bodiesOf(received), ['message 0']);
  await queue.acknowledge(received);
  t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
  t.equal(await readFile(join(root, 'notes.txt'), 'utf8'), 'mine');
  t.equal(await readFile(writing, 'utf8'), 'half a mess', 'what a living process writes, too');
});

t.test('several processes', async (t) => {
  const workers = Array.from({ length: 3 }, () => startWorker<QueueJob>(t, script));

  await t.test('drain a queue together: each message is given to exactly one', async (t) => {
    const root = join(t.testdir(), 'queue');
    await Promise.all(workers.map((worker) => worker.ask({ root, hold: 1 })));
    const queue = dirQueue(root);
    await queue.send(numbered(200));
    const shares = await Promise.all(workers.map((worker) => worker.ask({ root, drain: 4 })));
    t.same(shares.flat().sort(), bodiesOf(numbered(200)).sort());
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
    t.same(await readdir(root), ['.movie-etl-lock'], 'nothing is left behind but the lock');
  });

  await t.test('what a killed one held comes back to another', async (t) => {
    const root = join(t.testdir(), 'queue');
    const victim = takeFrom(workers);
    const queue = dirQueue(root);
    await queue.send(numbered(5));
    t.same(await victim.ask({ root, hold: 3 }), ['message 0', 'message 1', 'message 2']);
    t.same(bodiesOf(await receiveAll(queue)), ['message 3', 'message 4'], 'while it lives, it is its own');
    t.same(await queue.depth(), { ready: 0, hidden: 5, dead: 0 });
    await victim.kill();
    t.same(await queue.depth(), { ready: 3, hidden: 2, dead: 0 });
    const back = await receiveAll(queue);
    t.same(bodiesOf(back), ['message 0', 'message 1', 'message 2']);
    t.same(new Set(back.map(({ attempt }) => attempt)), new Set([2]), 'as its second receive');
    const [other] = workers;
    t.same(await other?.ask({ root, hold: 10 }), [], 'and this process holds it now');
    await queue.acknowledge(back);
    await queue.close();
    t.same(await other?.ask({ root, hold: 10 }), ['message 3', 'message 4']);
  });

  await t.test('what a killed one held is under way: a repeated send is still one message', async (t) => {
    const root = join(t.testdir(), 'queue');
    const victim = takeFrom(workers);
    const queue = dirQueue(root);
    await queue.send(numbered(1));
    t.same(await victim.ask({ root, hold: 1 }), ['message 0']);
    await victim.kill();
    await queue.send([outgoing(0, 'once more')]);
    t.same(bodiesOf(await receiveAll(queue)), ['message 0']);
  });
});

t.test('a queue that cannot be used says so, with the name that the user gave it', async (t) => {
  const here = t.testdir({ file: 'in the way' });
  await symlink('loop', join(here, 'loop'));
  const [message] = numbered(1);
  if (!message) throw new Error('one message');
  const everyUse: [string, (queue: Queue) => Promise<unknown>][] = [
    ['write to', async (queue) => queue.send([message])],
    ['read', async (queue) => queue.receive(1)],
    ['read', async (queue) => queue.depth()],
    ['write to', async (queue) => queue.redrive()],
  ];
  const roots = {
    file: 'a part of the path is a file, not a directory',
    'file/below': 'a part of the path is a file, not a directory',
    loop: 'too many symbolic links',
  };
  for (const [name, reason] of Object.entries(roots)) {
    const queue = dirQueue(join(here, name), './data/queue');
    for (const [verb, use] of everyUse) {
      const error = await use(queue).catch((error: unknown) => error);
      t.ok(error instanceof PipelineError, `${verb} ${name}`);
      t.match(error, {
        verdict: 'stop',
        message: `cannot ${verb} the queue ./data/queue: ${reason}`,
        hint: 'check the path and its rights',
        cause: Error,
      });
    }
  }
  t.equal(await readFile(join(here, 'file'), 'utf8'), 'in the way');
});

t.test('a dead letter directory that is a file does not lose the message', async (t) => {
  const root = join(t.testdir(), 'queue');
  const queue = dirQueue(root, './data/queue');
  await queue.send(numbered(1));
  await writeFile(join(root, 'dead'), 'in the way');
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    await receiveAll(queue);
    await queue.close();
  }
  await t.rejects(queue.receive(1), {
    verdict: 'stop',
    message: /^cannot read the queue .*file, not a directory/,
  });
  t.match(await queue.depth().catch((error: Error) => error), { message: /^cannot read the queue/ });
  t.equal((await readdir(root)).filter((name) => name.endsWith('.json')).length, 1);
});

t.test('a queue is opened by path or by file URI', async (t) => {
  const root = join(t.testdir(), 'with space é');
  const uri = pathToFileURL(root).href;
  const [byPath, byUri] = [await openQueue(root), await openQueue(uri)];
  t.same([byPath.uri, byUri.uri], [root, uri]);
  await byPath.send(numbered(2));
  t.same(bodiesOf(await byUri.receive(10)), ['message 0', 'message 1']);
});
