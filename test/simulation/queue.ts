import { PipelineError } from '../../src/errors.js';
import {
  MAX_MESSAGES,
  MAX_RECEIVES,
  type OutgoingMessage,
  type Queue,
  type ReceivedMessage,
} from '../../src/queues/queue.js';
import type { Actor } from './actor.js';
import { SECOND_MS } from './clock.js';
import type { World } from './world.js';

/** For so long SQS drops a message whose deduplication id it has seen. */
const DEDUPLICATION_MS = 5 * 60 * SECOND_MS;
const VISIBILITY_MS = 120 * SECOND_MS;

interface Stored {
  id: number;
  body: string;
  group: string;
  deduplicationId: string;
  visibleAt: number;
  receives: number;
  /** Of the latest receive. */
  receipt: string;
  /** Who holds it: a living holder in a terminal keeps it hidden. */
  holder: Actor | undefined;
}

/** The messages themselves, and the dead letters. Each method is one moment. */
export class Messages {
  standing: Stored[] = [];
  dead: Stored[] = [];
  readonly #seen = new Map<string, number>();
  readonly #sleepers: (() => void)[] = [];

  constructor(private readonly world: World) {}

  get isEmpty(): boolean {
    return this.standing.length === 0;
  }

  /** Resolves when a message may be there to be received, or when somebody wakes those who wait. */
  async untilReceivable(): Promise<void> {
    const { clock } = this.world;
    if (!this.isEmpty) {
      const blocked = this.#blocked();
      const waits = this.standing
        .filter((message) => !blocked.has(message))
        .map(({ visibleAt }) => visibleAt);
      const next = Math.min(...waits);
      if (next <= clock.now) return;
      clock.after(next - clock.now, () => this.wake());
    }
    await new Promise<void>((resolve) => this.#sleepers.push(resolve));
  }

  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  send(messages: readonly OutgoingMessage[]): void {
    for (const { body, group, deduplicationId } of messages) {
      if (this.#isKnown(deduplicationId)) continue;
      const visibleAt = this.world.clock.now;
      const id = this.world.nextNumber();
      const fresh = {
        id,
        body,
        group,
        deduplicationId,
        visibleAt,
        receives: 0,
        receipt: '',
        holder: undefined,
      };
      this.standing.push(fresh);
    }
    this.wake();
  }

  receive(most: number, holder: Actor, renewed: boolean): ReceivedMessage[] {
    const { clock, scenario, faults } = this.world;
    const received: ReceivedMessage[] = [];
    const blocked = this.#blocked();
    for (const message of this.#inSomeOrder()) {
      if (received.length >= Math.min(most, MAX_MESSAGES)) break;
      const isHidden = message.visibleAt > clock.now;
      if (isHidden && !(scenario.queue === 'standard' && faults.strikes('duplicate delivery'))) continue;
      if (blocked.has(message)) continue;
      if (message.receives >= MAX_RECEIVES) {
        this.#bury(message);
        continue;
      }
      message.receives++;
      message.receipt = `${message.id}.${message.receives}`;
      message.holder = renewed ? holder : undefined;
      message.visibleAt = clock.now + VISIBILITY_MS;
      const { id, body, receives, receipt } = message;
      received.push({ id: String(id), body, attempt: receives, receipt });
    }
    return received;
  }

  acknowledge(receipts: readonly string[]): void {
    this.standing = this.standing.filter(({ receipt }) => receipt === '' || !receipts.includes(receipt));
  }

  /** The receipt of an earlier receive changes nothing. */
  defer(receipt: string, seconds: number): void {
    const message = this.standing.find((each) => each.receipt === receipt);
    if (!message) return;
    message.visibleAt = this.world.clock.now + seconds * SECOND_MS;
    message.holder = undefined;
    this.wake();
  }

  redrive(): number {
    const letters = this.dead;
    this.dead = [];
    for (const letter of letters) {
      const fresh = { id: this.world.nextNumber(), receives: 0, receipt: '', holder: undefined };
      this.standing.push({ ...letter, ...fresh, visibleAt: this.world.clock.now });
    }
    this.wake();
    return letters.length;
  }

  #bury(message: Stored): void {
    this.world.faults.count('dead letter');
    this.standing = this.standing.filter((each) => each !== message);
    this.dead.push(message);
  }

  #isKnown(deduplicationId: string): boolean {
    const { scenario, clock } = this.world;
    if (scenario.queue === 'directory')
      return this.standing.some((each) => each.deduplicationId === deduplicationId);
    if (scenario.queue === 'standard') return false;
    const seen = this.#seen.get(deduplicationId);
    if (seen !== undefined && clock.now - seen < DEDUPLICATION_MS) return true;
    this.#seen.set(deduplicationId, clock.now);
    return false;
  }

  /** Of the messages of a FIFO group, only the first may be received, and only while none of the others is hidden. */
  #blocked(): Set<Stored> {
    const blocked = new Set<Stored>();
    if (this.world.scenario.queue !== 'fifo') return blocked;
    const groups = new Map<string, Stored[]>();
    for (const message of this.standing) {
      const group = groups.get(message.group);
      if (group) group.push(message);
      else groups.set(message.group, [message]);
    }
    for (const group of groups.values()) {
      if (group.length === 1) continue;
      const hidden = group.find(({ visibleAt }) => visibleAt > this.world.clock.now);
      for (const message of group) if (message !== (hidden ?? group[0])) blocked.add(message);
    }
    return blocked;
  }

  /** A message of a living holder stays hidden where that holder renews it. */
  #inSomeOrder(): Stored[] {
    const { dice, clock, scenario } = this.world;
    for (const message of this.standing) {
      if (message.holder && !message.holder.dead && message.visibleAt <= clock.now) {
        message.visibleAt = clock.now + VISIBILITY_MS;
      }
    }
    const messages = [...this.standing];
    if (scenario.queue === 'directory')
      return messages.sort((a, b) => a.visibleAt - b.visibleAt || a.id - b.id);
    for (let last = messages.length - 1; last > 0; last--) {
      const other = dice.between(0, last);
      [messages[last], messages[other]] = [messages[other] as Stored, messages[last] as Stored];
    }
    return messages;
  }
}

/** The queue as one process sees it. @param renewed it keeps what it holds hidden, as the drivers do */
export function queueOf(world: World, messages: Messages, actor: Actor, renewed: boolean): Queue {
  const { network, faults } = world;
  /** Throttled and lost calls are repeated by the driver, until it gives up. */
  async function call<Answer>(effect: () => Answer, lost: () => unknown = effect): Promise<Answer> {
    for (let attempt = 1; attempt <= 3; attempt++) {
      if (faults.strikes('throttling')) await network.call(actor, () => undefined);
      else if (faults.strikes('timeout')) await network.lose(actor, undefined, false);
      else if (faults.strikes('lost acknowledgement')) await network.lose(actor, lost, false);
      else return network.call(actor, effect);
    }
    throw new PipelineError('retry', 'cannot use the queue: it takes too long');
  }
  return {
    uri: 'simulated queue',
    send: async (sent) => {
      for (let first = 0; first < sent.length; first += MAX_MESSAGES) {
        await call(() => messages.send(sent.slice(first, first + MAX_MESSAGES)));
      }
    },
    receive: async (most) => {
      // The answer is lost: the messages are hidden, and nobody has them.
      const lost = () => messages.receive(most, actor, false);
      if (faults.strikes('lost delivery')) await network.call(actor, lost);
      return call(
        () => messages.receive(most, actor, renewed && !faults.strikes('visibility timeout')),
        lost,
      );
    },
    acknowledge: (done) => call(() => messages.acknowledge(done.map(({ receipt }) => receipt))),
    defer: ({ receipt }, seconds) => call(() => messages.defer(receipt, seconds)),
    depth: () => call(() => ({ ready: messages.standing.length, hidden: 0, dead: messages.dead.length })),
    redrive: () => call(() => messages.redrive()),
    close: async () => {},
  };
}
