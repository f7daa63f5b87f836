import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { PipelineError } from '../errors.js';
import type { OutgoingMessage } from './queue.js';
import { callBatch, MAX_ENTRIES, reasonOf } from './sqs-batch.js';

/**
 * The most bytes of one message, and of all messages of one call
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html).
 */
export const MAX_BYTES = 1_048_576;

const SMALLER_BATCHES = { hint: 'use a smaller --batch-size' };

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
  const entries = messages.map((message, index) => entryOf(message, index, url.endsWith('.fifo'), action));
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
  action: string,
): SizedEntry {
  const text = withoutNoncharacters(body);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    throw new PipelineError(
      'stop',
      `cannot ${action}: message ${deduplicationId} has ${bytes} bytes; SQS takes at most ${MAX_BYTES}`,
      SMALLER_BATCHES,
    );
  }
  const fifo = isFifo ? { MessageGroupId: group, MessageDeduplicationId: deduplicationId } : {};
  return { entry: { Id: String(index), MessageBody: text, ...fifo }, bytes };
}

/**
 * SQS refuses characters that XML 1.0 does not have
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Of these, JSON text can
 * hold U+FFFE and U+FFFF as they are, and only within strings: the others are escaped there already.
 */
function withoutNoncharacters(json: string): string {
  return json.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}

function* loadsOf(entries: readonly SizedEntry[]): Generator<SizedEntry['entry'][]> {
  let load: SizedEntry['entry'][] = [];
  let size = 0;
  for (const { entry, bytes } of entries) {
    if (load.length === MAX_ENTRIES || (load.length > 0 && size + bytes > MAX_BYTES)) {
      yield load;
      load = [];
      size = 0;
    }
    load.push(entry);
    size += bytes;
  }
  if (load.length > 0) yield load;
}
