import { messageOf } from '../../errors.js';
import type { QueueReceiver, ReceivedMessage } from '../../queues/queue.js';
import { decodeJson } from '../../records/decode.js';
import { Message } from '../../records/message.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { type BatchSummary, type EnrichServices, enrichBatch } from './batch.js';
import { delayOf } from './delay.js';

export interface MessageSummary extends BatchSummary {
  date: PartitionDate;
  runId: RunId;
  batch: number;
}

/**
 * Enriches the batch of one message that somebody else received and will acknowledge. A message that fails is put
 * off first, so that it comes back when it has a chance, and then the failure is thrown.
 * @throws PipelineError
 */
export async function enrichMessage(
  received: ReceivedMessage,
  services: EnrichServices & { queue: Pick<QueueReceiver, 'defer'> },
): Promise<MessageSummary> {
  try {
    const message = decodeJson(Message, received.body, `message ${received.id}`);
    const summary = await enrichBatch(message, services, received.attempt);
    return { date: message.run.date, runId: message.run.id, batch: message.batch, ...summary };
  } catch (error) {
    await putOff(received, delayOf(error, received.attempt, services.now()), services);
    throw error;
  }
}

/** Best effort: where it fails, the message comes back after the queue's own visibility timeout. */
async function putOff(
  received: ReceivedMessage,
  seconds: number,
  { queue, log }: Parameters<typeof enrichMessage>[1],
): Promise<void> {
  try {
    await queue.defer(received, seconds);
  } catch (error) {
    log.warn(`message ${received.id} could not be put off: ${messageOf(error)}`);
  }
}
