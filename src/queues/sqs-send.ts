import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { PipelineError } from '../errors.js';
import { MAX_MESSAGE_BYTES, type OutgoingMessage, oversizeOf, SMALLER_BATCHES, wireText } from './queue.js';
import { callBatch, MAX_ENTRIES, reasonOf } from './sqs-batch.js';

/**
 * The most bytes of all messages of one call, the same as of one message
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html).
 */
const MAX_LOAD_BYTES = MAX_MESSAGE_BYTES;

interface SizedEntry {
  entry: SendMessageBatchRequestEntry & { Id: string; MessageBody: string };
  bytes: number;
}

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
  const entries = messages.map((message, index) => entryOf(message, index, url.endsWith('.fifo')));
  for (const load of loadsOf(entries)) {
    await callBatch(
      action,
      load,
      (Entries) => client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })),
      ({ Id }, refusal) => {
        const id = messages[Number(Id)]?.deduplicationId;
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
): SizedEntry {
  const text = wireText(body);
  const fifo = isFifo ? { MessageGroupId: group, MessageDeduplicationId: deduplicationId } : {};
  return { entry: { Id: String(index), MessageBody: text, ...fifo }, bytes: Buffer.byteLength(text) };
}

function* loadsOf(entries: readonly SizedEntry[]): Generator<SizedEntry['entry'][]> {
  let load: SizedEntry['entry'][] = [];
  let size = 0;
  for (const { entry, bytes } of entries) {
    if (load.length === MAX_ENTRIES || (load.length > 0 && size + bytes > MAX_LOAD_BYTES)) {
      yield load;
      load = [];
      size = 0;
    }
    load.push(entry);
    size += bytes;
  }
  if (load.length > 0) yield load;
}
