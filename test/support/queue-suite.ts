import type { Test } from 'tap';
import {
  MAX_RECEIVES,
  type OutgoingMessage,
  type Queue,
  type ReceivedMessage,
} from '../../src/queues/queue.js';

/** An empty queue, a way to open the same one a second time, and a way to let time pass. */
export interface OpenedQueue {
  queue: Queue;
  /** As another process would open it. */
  again(): Promise<Queue>;
  /** Returns when so many seconds have passed for the queue: by its clock, or by waiting. */
  elapse(seconds: number): Promise<void>;
}

/** Opens a fresh queue for one test; `t` is there for temporary directories and teardown. */
export type OpenQueue = (t: Test) => Promise<OpenedQueue>;

/** A standard SQS queue hands messages out in any order and takes every send as a new message. */
export interface QueueTraits {
  keepsOrder: boolean;
  dropsRepeats: boolean;
}

/** Holds a driver to every promise in src/queues/queue.ts, through that port alone. */
export async function queueSuite(
  t: Test,
  open: OpenQueue,
  { keepsOrder, dropsRepeats }: QueueTraits = { keepsOrder: true, dropsRepeats: true },
): Promise<void> {
  await t.test('an empty queue has nothing to receive', async (t) => {
    const { queue } = await open(t);
    t.same(await queue.receive(10), []);
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
    await queue.send([]);
    await queue.acknowledge([]);
    t.same(await queue.receive(1), []);
    await queue.close();
  });

  await t.test('what is sent arrives as it was sent, each message once', async (t) => {
    const { queue, again } = await open(t);
    const bodies = [
      '{"title":"Le Fabuleux Destin d’Amélie 🎬","crew":"千と千尋"}',
      'text with "quotes", \\ and\n two\tlines\n',
      ' ',
      'é'.repeat(100_000),
      'x'.repeat(200_000),
      ...Array.from({ length: 20 }, (_, number) => `message ${number}`),
    ];
    await queue.send(bodies.map((body, number) => outgoing(number, body)));
    const received = await receiveAll(await again());
    t.ok(sameTexts(bodiesOf(received), bodies), 'every body, byte for byte');
    t.ok(received.every(({ attempt }) => attempt === 1));
    t.ok(received.every(({ id, receipt }) => id !== '' && receipt !== ''));
    t.equal(new Set(received.map(({ id }) => id)).size, bodies.length, 'ids tell them apart');
  });

  await t.test('a receive gives no more than was asked for', async (t) => {
    const { queue } = await open(t);
    await queue.send(numbered(14));
    const three = await queue.receive(3);
    const one = await queue.receive(1);
    const ten = await queue.receive(10);
    t.ok(three.length >= 1 && three.length <= 3);
    t.equal(one.length, 1);
    t.ok(ten.length >= 1 && ten.length <= 10);
    const rest = await receiveAll(queue);
    t.ok(sameTexts(bodiesOf([...three, ...one, ...ten, ...rest]), bodiesOf(numbered(14))));
  });

  await t.test('a message that is held is given to nobody else', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(1));
    t.equal((await queue.receive(10)).length, 1);
    t.same(await other.receive(10), []);
    t.same(await queue.receive(10), []);
    t.same(await other.depth(), { ready: 0, hidden: 1, dead: 0 });
  });

  await t.test('a message that is acknowledged never comes back', async (t) => {
    const { queue, again, elapse } = await open(t);
    const other = await again();
    await queue.send(numbered(12));
    const received = await receiveAll(queue);
    await queue.acknowledge(received.slice(0, 5));
    await queue.acknowledge(received.slice(5, 6));
    await queue.acknowledge(received.slice(6));
    await queue.acknowledge(received.slice(0, 1));
    await queue.close();
    await elapse(1);
    t.same(await other.receive(10), []);
    t.same(await other.depth(), { ready: 0, hidden: 0, dead: 0 });
  });

  await t.test('a message that is not acknowledged comes back when its receiver closes', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(12));
    const first = await receiveAll(queue);
    await queue.acknowledge(first.slice(0, 4));
    await queue.close();
    const second = await receiveAll(other);
    t.ok(sameTexts(bodiesOf(second), bodiesOf(first.slice(4))));
    t.same(new Set(second.map(({ attempt }) => attempt)), new Set([2]));
    t.ok(sameTexts(idsOf(second), idsOf(first.slice(4))), 'under the same id');
    await other.close();
    t.same(new Set((await receiveAll(queue)).map(({ attempt }) => attempt)), new Set([3]));
  });

  await t.test('a deferred message comes back when it is due, not before', async (t) => {
    const { queue, again, elapse } = await open(t);
    const other = await again();
    await queue.send(numbered(2));
    const [deferred, held] = await receiveAll(queue);
    if (!deferred || !held) throw new Error('two messages were sent');
    await queue.defer(deferred, 2);
    t.same(await queue.receive(10), []);
    t.same(await other.receive(10), []);
    t.same(await other.depth(), { ready: 0, hidden: 2, dead: 0 });
    await elapse(2);
    t.same(await other.depth(), { ready: 1, hidden: 1, dead: 0 });
    const back = await other.receive(10);
    t.same(bodiesOf(back), [deferred.body]);
    t.equal(back[0]?.attempt, 2);
    await other.acknowledge(back);
    await queue.acknowledge([held]);
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
  });

  await t.test(
    'a message deferred by nothing comes back at once, one deferred stays so after close',
    async (t) => {
      const { queue, again } = await open(t);
      const other = await again();
      await queue.send(numbered(2));
      const [now, later] = await receiveAll(queue);
      if (!now || !later) throw new Error('two messages were sent');
      await queue.defer(later, 600);
      await queue.defer(now, 0);
      t.same(bodiesOf(await other.receive(10)), [now.body]);
      await other.close();
      await queue.close();
      t.same(bodiesOf(await other.receive(10)), [now.body]);
    },
  );

  await t.test('after ten receives a message is a dead letter', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(1));
    for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
      const receiver = attempt % 2 ? queue : other;
      const [message] = await receiver.receive(1);
      t.equal(message?.attempt, attempt);
      t.equal((await queue.depth()).dead, 0);
      if (message) await receiver.defer(message, 0);
    }
    t.same(await queue.receive(10), []);
    t.same(await other.receive(10), []);
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 1 });
    await queue.send([outgoing(1, 'another')]);
    t.same(bodiesOf(await other.receive(10)), ['another'], 'the others go on');
  });

  await t.test('a dead letter does not stop those behind it', async (t) => {
    const { queue } = await open(t);
    await queue.send(numbered(1));
    for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
      for (const message of await queue.receive(1)) await queue.defer(message, 0);
    }
    await queue.send([outgoing(1, 'behind')]);
    t.same(bodiesOf(await receiveAll(queue)), ['behind']);
    t.equal((await queue.depth()).dead, 1);
  });

  await t.test('dead letters go back by a redrive, as if they were sent anew', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    t.equal(await queue.redrive(), 0, 'nothing to bring back');
    await queue.send(numbered(3));
    for (const time of ['the first time', 'once more']) {
      await bury(queue);
      t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 3 }, time);
      t.equal(await other.redrive(), 3);
      t.same(await queue.depth(), { ready: 3, hidden: 0, dead: 0 });
      const back = await receiveAll(queue);
      t.ok(sameTexts(bodiesOf(back), bodiesOf(numbered(3))));
      t.same(new Set(back.map(({ attempt }) => attempt)), new Set([1]));
      await queue.close();
    }
    await queue.acknowledge(await receiveAll(queue));
    t.equal(await other.redrive(), 0);
    t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 });
  });

  await t.test('a redrive leaves what is in the queue as it is', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(2));
    await bury(queue);
    await queue.send([outgoing(2), outgoing(3)]);
    const [held] = await queue.receive(1);
    if (!held) throw new Error('two messages were sent');
    t.equal(await other.redrive(), 2);
    t.same(await queue.depth(), { ready: 3, hidden: 1, dead: 0 });
    const rest = bodiesOf(await receiveAll(other));
    t.ok(sameTexts([held.body, ...rest], bodiesOf(numbered(4))));
  });

  await t.test('depth counts what is ready, hidden and dead', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(5));
    t.same(await other.depth(), { ready: 5, hidden: 0, dead: 0 });
    const [first] = await queue.receive(1);
    const [second] = await queue.receive(1);
    if (!first || !second) throw new Error('five messages were sent');
    t.same(await other.depth(), { ready: 3, hidden: 2, dead: 0 });
    await queue.acknowledge([first]);
    t.same(await other.depth(), { ready: 3, hidden: 1, dead: 0 });
    await queue.defer(second, 600);
    t.same(await other.depth(), { ready: 3, hidden: 1, dead: 0 });
    await receiveAll(other);
    t.same(await queue.depth(), { ready: 0, hidden: 4, dead: 0 });
    await other.close();
    t.same(await queue.depth(), { ready: 3, hidden: 1, dead: 0 });
  });

  await t.test('what somebody else got meanwhile is left alone', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(2));
    const late = await receiveAll(queue);
    await queue.close();
    const held = await receiveAll(other);
    t.equal(held.length, 2);
    await queue.acknowledge(late);
    await queue.close();
    t.same(await queue.depth(), { ready: 0, hidden: 2, dead: 0 });
    t.same(await queue.receive(10), [], 'its holder still holds it');
    await other.close();
    const back = await receiveAll(queue);
    t.ok(sameTexts(bodiesOf(back), bodiesOf(late)));
    t.same(new Set(back.map(({ attempt }) => attempt)), new Set([3]));
  });

  await t.test('two receivers at once get each message once', async (t) => {
    const { queue, again } = await open(t);
    const other = await again();
    await queue.send(numbered(60));
    const shares = await Promise.all([queue, other, queue].map((receiver) => receiveAll(receiver, 3)));
    t.ok(sameTexts(bodiesOf(shares.flat()), bodiesOf(numbered(60))));
  });

  if (keepsOrder) {
    await t.test('a single receiver gets messages in the order in which they were sent', async (t) => {
      const { queue, again, elapse } = await open(t);
      const sent = Array.from({ length: 30 }, (_, number) => ({ ...outgoing(number), group: 'one' }));
      await queue.send(sent.slice(0, 25));
      await elapse(0.01);
      for (const message of sent.slice(25)) {
        await queue.send([message]);
        await elapse(0.01);
      }
      const receiver = await again();
      const bodies: string[] = [];
      for (;;) {
        const received = await receiver.receive(4);
        if (received.length === 0) break;
        bodies.push(...bodiesOf(received));
        await receiver.acknowledge(received);
      }
      t.same(bodies, bodiesOf(sent));
    });
  }

  if (dropsRepeats) {
    await t.test('a repeated send of what is under way is one message', async (t) => {
      const { queue, again } = await open(t);
      const other = await again();
      const [repeated] = numbered(1);
      if (!repeated) throw new Error('one message');
      await queue.send([repeated, { ...repeated, body: 'in the same call' }]);
      await queue.send([{ ...repeated, body: 'while it waits' }]);
      await other.send([{ ...repeated, body: 'from elsewhere' }, outgoing(1)]);
      t.same(await queue.depth(), { ready: 2, hidden: 0, dead: 0 });
      const received = await receiveAll(queue);
      t.ok(sameTexts(bodiesOf(received), [repeated.body, outgoing(1).body]));
      await other.send([{ ...repeated, body: 'while it is held' }]);
      for (const message of received) await queue.defer(message, 2);
      await other.send([{ ...repeated, body: 'while it is deferred' }]);
      t.same(await other.receive(10), []);
      t.same(await queue.depth(), { ready: 0, hidden: 2, dead: 0 });
    });

    await t.test('of two that send the same at once, each message is there once', async (t) => {
      const { queue, again } = await open(t);
      const other = await again();
      for (let round = 0; round < 10; round++) {
        const messages = [outgoing(2 * round), outgoing(2 * round + 1)];
        await Promise.all([queue.send(messages), other.send(messages)]);
      }
      t.same(await queue.depth(), { ready: 20, hidden: 0, dead: 0 });
    });
  }
}

export function outgoing(number: number, body = `message ${number}`): OutgoingMessage {
  const name = `2026-11-23/20261123T030000Z/${number}`;
  return { body, group: name, deduplicationId: name };
}

export function numbered(count: number): OutgoingMessage[] {
  return Array.from({ length: count }, (_, number) => outgoing(number));
}

/** Receives, and settles nothing, until nothing is left to receive. */
export async function receiveAll(queue: Queue, most = 10): Promise<ReceivedMessage[]> {
  const all: ReceivedMessage[] = [];
  for (;;) {
    const received = await queue.receive(most);
    if (received.length === 0) return all;
    all.push(...received);
  }
}

/** Makes dead letters of everything that can be received. */
async function bury(queue: Queue): Promise<void> {
  for (let attempt = 1; attempt <= MAX_RECEIVES; attempt++) {
    await receiveAll(queue);
    await queue.close();
  }
  await receiveAll(queue);
}

export function bodiesOf(messages: readonly { body: string }[]): string[] {
  return messages.map(({ body }) => body);
}

function idsOf(messages: readonly ReceivedMessage[]): string[] {
  return messages.map(({ id }) => id);
}

/** The same texts, each as often, in any order. */
function sameTexts(left: string[], right: string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}
