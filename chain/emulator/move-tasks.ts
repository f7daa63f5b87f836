import { queueArn } from './calls.js';
import type { App } from './emulator.js';
import { callSqs } from './sqs-call.js';

interface MoveTask {
  SourceArn: string;
  Status: 'COMPLETED';
  ApproximateNumberOfMessagesMoved: number;
  ApproximateNumberOfMessagesToMove: number;
  StartedTimestamp: number;
}

interface QueueMessage {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  Attributes: { MessageGroupId?: string };
}

/**
 * StartMessageMoveTask and ListMessageMoveTasks, which fauxqs does not know
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html). A task is
 * done before its start is answered.
 */
export function addMoveTasks(app: App): void {
  const tasks: MoveTask[] = [];
  app.addHook('preHandler', async (request, reply) => {
    const target = request.headers['x-amz-target'];
    const { SourceArn = '' } = (request.body ?? {}) as { SourceArn?: string };
    if (target === 'AmazonSQS.ListMessageMoveTasks') {
      const Results = tasks.filter((task) => task.SourceArn === SourceArn).slice(0, 1);
      return reply.type('application/x-amz-json-1.0').send(JSON.stringify({ Results }));
    }
    if (target !== 'AmazonSQS.StartMessageMoveTask') return;
    reply.type('application/x-amz-json-1.0');
    const source = await queueThatBuriesIn(app, SourceArn);
    if (source === undefined) {
      const message = 'Source queue must be configured as a Dead Letter Queue.';
      return reply.code(400).send(JSON.stringify({ __type: 'InvalidParameterValue', message }));
    }
    const moved = await move(app, await urlOf(app, SourceArn), source);
    tasks.unshift({
      SourceArn,
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: moved,
      ApproximateNumberOfMessagesToMove: moved,
      StartedTimestamp: Date.now(),
    });
    return reply.send(JSON.stringify({ TaskHandle: `task-${tasks.length}` }));
  });
}

/** The URL of the queue whose redrive policy names the dead-letter queue. */
async function queueThatBuriesIn(app: App, deadLetterArn: string): Promise<string | undefined> {
  const { QueueUrls = [] } = await callSqs<{ QueueUrls?: string[] }>(app, 'ListQueues', {});
  for (const QueueUrl of QueueUrls) {
    const { Attributes: attributes } = await callSqs<{ Attributes: { RedrivePolicy?: string } }>(
      app,
      'GetQueueAttributes',
      { QueueUrl, AttributeNames: ['RedrivePolicy'] },
    );
    const policy = JSON.parse(attributes.RedrivePolicy ?? '{}') as { deadLetterTargetArn?: string };
    if (policy.deadLetterTargetArn === deadLetterArn) return QueueUrl;
  }
  return undefined;
}

async function urlOf(app: App, arn: string): Promise<string> {
  const QueueName = arn.split(':').at(-1) ?? '';
  if (queueArn(QueueName) !== arn) throw new Error(`no queue of this emulator: ${arn}`);
  return (await callSqs<{ QueueUrl: string }>(app, 'GetQueueUrl', { QueueName })).QueueUrl;
}

/** @returns how many were moved: as new messages, with new ids and receives counted from 1, as SQS does it */
async function move(app: App, from: string, to: string): Promise<number> {
  for (let moved = 0; ; ) {
    const { Messages: messages = [] } = await callSqs<{ Messages?: QueueMessage[] }>(app, 'ReceiveMessage', {
      QueueUrl: from,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['MessageGroupId'],
    });
    if (messages.length === 0) return moved;
    for (const { MessageId, ReceiptHandle, Body, Attributes = {} } of messages) {
      // A dead letter's deduplication id is its message's id, so the send of old does not hide it
      // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html).
      const { MessageGroupId } = Attributes;
      const fifo = MessageGroupId ? { MessageGroupId, MessageDeduplicationId: MessageId } : {};
      await callSqs(app, 'SendMessage', { QueueUrl: to, MessageBody: Body, ...fifo });
      await callSqs(app, 'DeleteMessage', { QueueUrl: from, ReceiptHandle });
      moved++;
    }
  }
}
