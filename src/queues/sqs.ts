import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { awsError } from '../aws-errors.js';
import { PipelineError } from '../errors.js';
import { regionOfQueueUrl } from '../uri.js';
import { MAX_MESSAGES, type Queue, type ReceivedMessage } from './queue.js';
import { callBatch, inTens, reasonOf } from './sqs-batch.js';
import { depthOf, moveDeadLetters, requestsPerDepth } from './sqs-dead-letters.js';
import { HeldMessages } from './sqs-held.js';
import { sendAll } from './sqs-send.js';

export interface SqsQueueOptions {
  /**
   * How long a receive waits for a message. One second is a long poll, which asks all of SQS's servers
   * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html), and
   * does not hold up a terminal at the end of a queue.
   */
  waitSeconds?: number;
  /** For how long nobody else gets a message whose receiver died; of a living one it is renewed in time. */
  visibilitySeconds?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * The longest that a message can be hidden, counted from its receive
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html). More is an
 * error, so what the call may take on its way is left out.
 */
const LONGEST_HIDDEN_SECONDS = 43_200 - 60;

/** A message that this driver did not receive is in the hands of a Lambda function, which runs for so long at most. */
const LONGEST_FUNCTION_SECONDS = 900;

/** The receipt is of an earlier receive: others have the message, or nobody has it any more. */
const STALE_RECEIPT = /MessageNotInflight|ReceiptHandleIsInvalid|InvalidParameterValue/;

/**
 * An SQS queue by its URL: FIFO when the name ends with `.fifo`, else standard. Dead letters go to the queue of its
 * redrive policy; after how many receives is the policy's, too.
 */
export function sqsQueue(client: SQSClient, url: string, options: SqsQueueOptions = {}): Queue {
  const { waitSeconds = 1, visibilitySeconds = 120, now = Date.now } = options;
  const held = new HeldMessages(client, url, visibilitySeconds);
  const isFifo = url.endsWith('.fifo');
  let regionChecked: Promise<void> | undefined;

  const guarded = async <Result>(verb: string, work: () => Promise<Result>): Promise<Result> => {
    const action = `${verb} the queue ${url}`;
    try {
      regionChecked ??= checkRegion(client, url, action);
      await regionChecked;
      return await work();
    } catch (error) {
      throw awsError(action, error);
    }
  };

  async function receive(most: number): Promise<ReceivedMessage[]> {
    const receivedAt = now();
    const { Messages: messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(most, MAX_MESSAGES),
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        // The SDK repeats a receive whose answer got lost; by this id it gets the same messages.
        ...(isFifo ? { ReceiveRequestAttemptId: randomUUID() } : {}),
      }),
    );
    const received = messages.map(asReceived);
    for (const { receipt } of received) held.add(receipt, receivedAt);
    return received;
  }

  async function acknowledge(messages: readonly ReceivedMessage[]): Promise<void> {
    for (const load of inTens(messages)) {
      for (const { receipt } of load) held.remove(receipt);
      await callBatch(
        `write to the queue ${url}`,
        load.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt })),
        (Entries) => client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries })),
        (_, refusal) => {
          if (STALE_RECEIPT.test(refusal.Code ?? '')) return;
          throw new PipelineError('stop', `cannot delete messages of the queue ${url}: ${reasonOf(refusal)}`);
        },
      );
    }
  }

  async function defer({ receipt }: ReceivedMessage, seconds: number): Promise<void> {
    const receivedAt = held.receivedAt(receipt);
    const heldSeconds =
      receivedAt === undefined ? LONGEST_FUNCTION_SECONDS : Math.ceil((now() - receivedAt) / 1000);
    const longest = Math.max(0, LONGEST_HIDDEN_SECONDS - heldSeconds);
    held.remove(receipt);
    await held.settled();
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receipt,
          VisibilityTimeout: Math.min(Math.ceil(seconds), longest),
        }),
      );
    } catch (error) {
      if (!(error instanceof Error && STALE_RECEIPT.test(error.name))) throw error;
    }
  }

  async function release(receipts: readonly string[]): Promise<void> {
    await held.settled();
    for (const load of inTens(receipts)) {
      const entries = load.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await callBatch(
        `write to the queue ${url}`,
        entries,
        (Entries) => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })),
        () => {},
      );
    }
  }

  return {
    uri: url,
    send: (messages) => guarded('write to', () => sendAll(client, url, messages)),
    receive: (most) => guarded('read', () => receive(most)),
    acknowledge: (messages) => guarded('write to', () => acknowledge(messages)),
    defer: (message, seconds) => guarded('write to', () => defer(message, seconds)),
    depth: (options) => guarded('read', () => depthOf(client, url, options)),
    requestsPerDepth: () => guarded('read', () => requestsPerDepth(client, url)),
    redrive: (options) => guarded('redrive the dead letters of', () => moveDeadLetters(client, url, options)),
    close: async () => {
      const receipts = held.removeAll();
      // A queue that could not be used holds nothing, and its error was told.
      if (receipts.length > 0) await guarded('write to', () => release(receipts));
    },
  };
}

function asReceived({ MessageId, Body, Attributes, ReceiptHandle }: Message): ReceivedMessage {
  return {
    id: MessageId ?? '',
    body: Body ?? '',
    attempt: Number(Attributes?.ApproximateReceiveCount ?? 1),
    receipt: ReceiptHandle ?? '',
  };
}

/** SQS of another region answers with a riddle: that the queue does not exist, or that the address is not valid. */
async function checkRegion(client: SQSClient, url: string, action: string): Promise<void> {
  const expected = regionOfQueueUrl(url);
  if (expected === undefined) return;
  const region = await client.config.region().catch(() => 'not set');
  if (region === expected) return;
  throw new PipelineError('stop', `cannot ${action}: it is in ${expected}, but the region is ${region}`, {
    hint: `give --region ${expected} or set AWS_REGION`,
  });
}
