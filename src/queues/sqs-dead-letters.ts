import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { InterruptedError, PipelineError, throwIfInterrupted } from '../errors.js';
import { decodeJson, RawObject } from '../records/decode.js';
import type { DepthOptions, QueueDepth, RedriveOptions } from './queue.js';

/** A large move takes long; it goes on without us. */
const LONGEST_WAIT_MS = 30_000;
const POLL_MS = 1_000;

/** Counts the queue and, if it has one, its dead-letter queue. SQS's counts are estimates. */
export async function depthOf(
  client: SQSClient,
  url: string,
  { withoutDead = false }: DepthOptions = {},
): Promise<QueueDepth> {
  const { ready, hidden, deadLetterArn } = await countsOf(client, url);
  if (withoutDead || deadLetterArn === undefined) return { ready, hidden, dead: 0 };
  const letters = await countsOfArn(client, deadLetterArn);
  return { ready, hidden, dead: letters.ready + letters.hidden };
}

/** Of a queue with a dead-letter queue, that one is looked up and counted as well. */
export async function requestsPerDepth(client: SQSClient, url: string): Promise<number> {
  return (await countsOf(client, url)).deadLetterArn === undefined ? 1 : 3;
}

/**
 * Lets SQS move the dead letters back to where they came from
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html) and waits until
 * they are there, but no longer than half a minute: then the move goes on by itself.
 * @returns how many dead letters are moved
 */
export async function moveDeadLetters(
  client: SQSClient,
  url: string,
  { signal, onMoved }: RedriveOptions = {},
): Promise<number> {
  const { deadLetterArn } = await countsOf(client, url);
  if (deadLetterArn === undefined) return 0;
  const { ready } = await countsOfArn(client, deadLetterArn);
  if (ready === 0) return 0;
  throwIfInterrupted(signal);
  await startMove(client, deadLetterArn);
  for (const end = Date.now() + LONGEST_WAIT_MS; Date.now() < end; await pause(signal)) {
    const move = await newestMove(client, deadLetterArn);
    const { ApproximateNumberOfMessagesMoved: moved = 0, ApproximateNumberOfMessagesToMove: total = ready } =
      move ?? {};
    onMoved?.(moved, total);
    if (move?.Status === 'FAILED') {
      throw new PipelineError(
        'retry',
        `cannot redrive the dead letters of the queue ${url}: ${move.FailureReason}`,
      );
    }
    if (!isRunning(move)) return move?.ApproximateNumberOfMessagesMoved ?? ready;
  }
  return ready;
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  // An abort ends the sleep; what it means is said below.
  await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  if (signal?.aborted) throw new InterruptedError({ hint: 'SQS goes on moving the dead letters by itself' });
}

/** SQS allows one move at a time: one that runs already does the same. */
async function startMove(client: SQSClient, deadLetterArn: string): Promise<void> {
  try {
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterArn }));
  } catch (error) {
    if (!isRunning(await newestMove(client, deadLetterArn))) throw error;
  }
}

/** Undefined where nobody may tell: a move can be allowed without its list. */
async function newestMove(
  client: SQSClient,
  deadLetterArn: string,
): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const command = new ListMessageMoveTasksCommand({ SourceArn: deadLetterArn, MaxResults: 1 });
  return (await client.send(command).catch(() => undefined))?.Results?.[0];
}

function isRunning(move: ListMessageMoveTasksResultEntry | undefined): boolean {
  return move?.Status === 'RUNNING' || move?.Status === 'CANCELLING';
}

/** ARN: `arn:aws:sqs:region:account:name`. */
async function countsOfArn(client: SQSClient, arn: string) {
  const [account, name] = arn.split(':').slice(-2);
  const command = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
  const { QueueUrl: url = '' } = await client.send(command);
  return countsOf(client, url);
}

async function countsOf(client: SQSClient, url: string) {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
      'RedrivePolicy',
    ],
  });
  const { Attributes: attributes = {} } = await client.send(command);
  const policy = decodeJson(RawObject, attributes.RedrivePolicy ?? '{}', `the redrive policy of ${url}`);
  const arn = policy.deadLetterTargetArn;
  return {
    ready: Number(attributes.ApproximateNumberOfMessages ?? 0),
    hidden:
      Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0) +
      Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    deadLetterArn: typeof arn === 'string' ? arn : undefined,
  };
}
