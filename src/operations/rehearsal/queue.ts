import { PipelineError } from '../../errors.js';
import {
  loadsOf,
  MAX_MESSAGES,
  oversizeOf,
  type PeekedMessage,
  type Queue,
  SMALLER_BATCHES,
  wireText,
} from '../../queues/queue.js';
import type { QueueCalls } from './calls.js';

/** So much of a call's messages is billed as one request (https://aws.amazon.com/sqs/pricing/). */
const BILLED_BYTES = 64 * 1024;

export interface RehearsalQueueOptions {
  /** The messages that a receiver would get from the real queue now; asked for when there is a receiver. */
  standing: () => Promise<readonly PeekedMessage[]>;
  /** How many requests it takes to count the messages. */
  requestsPerCount: () => Promise<number>;
}

/**
 * A queue on which work is tried: it hands out what the real one has and what was sent to it, while the real one keeps
 * its messages and gets none. Nothing is sent twice in one rehearsal, so no message is dropped for its id.
 * @param calls are counted up as SQS would count them
 */
export function rehearsalQueue(queue: Queue, calls: QueueCalls, options: RehearsalQueueOptions): Queue {
  const sent: PeekedMessage[] = [];
  const held = new Map<string, PeekedMessage>();
  let standing: Promise<PeekedMessage[]> | undefined;
  let perCount: Promise<number> | undefined;
  let putOff = 0;
  let receipts = 0;
  const found = () => {
    standing ??= options.standing().then((messages) => [...messages]);
    return standing;
  };

  return {
    uri: queue.uri,
    send: async (messages) => {
      const oversize = oversizeOf(messages);
      if (oversize)
        throw new PipelineError(
          'stop',
          `cannot write to the queue ${queue.uri}: ${oversize}`,
          SMALLER_BATCHES,
        );
      for (const load of loadsOf(messages)) {
        calls.sends++;
        calls.billed += billed(load);
      }
      for (const { body, deduplicationId } of messages)
        sent.push({ id: deduplicationId, body: wireText(body), attempt: 1 });
    },
    receive: async (most) => {
      const wanted = Math.min(most, MAX_MESSAGES);
      const first = (await found()).splice(0, wanted);
      const messages = [...first, ...sent.splice(0, wanted - first.length)];
      calls.receives++;
      calls.billed += billed(messages);
      return messages.map((message) => {
        const receipt = String(++receipts);
        held.set(receipt, message);
        return { ...message, receipt };
      });
    },
    acknowledge: async (messages) => {
      const loads = Math.ceil(messages.length / MAX_MESSAGES);
      calls.deletes += loads;
      calls.billed += loads;
      for (const { receipt } of messages) held.delete(receipt);
    },
    defer: async ({ receipt }, seconds) => {
      calls.deferrals++;
      calls.billed++;
      const message = held.get(receipt);
      held.delete(receipt);
      if (message && seconds === 0) sent.push({ ...message, attempt: message.attempt + 1 });
      else putOff++;
    },
    depth: async ({ withoutDead = false } = {}) => {
      perCount ??= options.requestsPerCount();
      calls.counts += withoutDead ? 1 : await perCount;
      const { hidden, dead } = await queue.depth({ withoutDead });
      return { ready: (await found()).length + sent.length, hidden: hidden + held.size + putOff, dead };
    },
    redrive: async () => {
      throw new PipelineError('stop', `the dead letters of ${queue.uri} stay where they are in a dry run`);
    },
    ...(queue.deadLetters && { deadLetters: queue.deadLetters }),
    close: async () => {},
  };
}

function billed(messages: readonly { body: string }[]): number {
  const bytes = messages.reduce((sum, { body }) => sum + Buffer.byteLength(wireText(body)), 0);
  return Math.max(1, Math.ceil(bytes / BILLED_BYTES));
}
