import { DecodeError } from '../../errors.js';
import type { Queue, QueueDepth } from '../../queues/queue.js';
import { decodeJson } from '../../records/decode.js';
import { deduplicationId, Message } from '../../records/message.js';

/** So many dead letters are looked at. */
const MOST_LETTERS = 100_000;

/** What the queue can tell of batches that are not done. */
export interface QueueFacts {
  depth: QueueDepth;
  /** The batches among the dead letters, as `deduplicationId` names them; undefined where there are some that nobody can look at. */
  dead: ReadonlySet<string> | undefined;
}

export async function queueFacts(queue: Pick<Queue, 'depth' | 'deadLetters'>): Promise<QueueFacts> {
  const depth = await queue.depth();
  const letters = depth.dead === 0 ? [] : await queue.deadLetters?.(MOST_LETTERS);
  return { depth, dead: letters && new Set(letters.flatMap(({ id, body }) => batchOf(id, body))) };
}

/** None for a letter that cannot be read: it is of no batch that we know. */
function batchOf(id: string, body: string): string[] {
  try {
    return [deduplicationId(decodeJson(Message, body, `message ${id}`))];
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
