import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { PipelineError } from '../errors.js';
import { loadsOf, type OutgoingMessage, oversizeOf, SMALLER_BATCHES, wireText } from './queue.js';
import { callBatch, reasonOf } from './sqs-batch.js';

/**
 * Sends messages in as few calls as SQS allows, one call after the other: messages of one group may be in several
 * calls, and calls that overtake each other would change their order.
 * @throws PipelineError when a message is too large (then nothing is sent), is refused, or still fails after retries
 */
export async function sendAll(
  client: SQSClient,
  url: string,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  const action = `write to the queue ${url}`;
  const oversize = oversizeOf(messages);
  if (oversize) throw new PipelineError('stop', `cannot ${action}: ${oversize}`, SMALLER_BATCHES);
  for (const load of loadsOf(messages)) {
    await callBatch(
      action,
      load.map((message, index) => entryOf(message, index, url.endsWith('.fifo'))),
      (Entries) => client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })),
      ({ Id }, refusal) => {
        const id = load[Number(Id)]?.deduplicationId;
        const details = /shorter than/.test(refusal.Message ?? '') ? SMALLER_BATCHES : {};
        throw new PipelineError(
          'stop',
          `cannot ${action}: message ${id} is refused (${reasonOf(refusal)})`,
          details,
        );
      },
    );
  }
}

function entryOf(
  { body, group, deduplicationId }: OutgoingMessage,
  index: number,
  isFifo: boolean,
): SendMessageBatchRequestEntry & { Id: string } {
  const fifo = isFifo ? { MessageGroupId: group, MessageDeduplicationId: deduplicationId } : {};
  return { Id: String(index), MessageBody: wireText(body), ...fifo };
}
