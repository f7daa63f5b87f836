import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { failedMessages } from './batch-response.js';
import type { OnEvent } from './events.js';
import type { LambdaFunction } from './function.js';
import { queueUrlOf } from './resources.js';
import { type ResolvedTemplate, resourcesOf } from './template.js';

export interface EventSourceSettings {
  /** Of the function that gets the messages. */
  functionName: string;
  queueUrl: string;
  queueArn: string;
  region: string;
  /** The most messages that one invocation gets, up to ten. */
  batchSize: number;
  /** How many invocations there are at once. */
  maximumConcurrency: number;
  /** `ReportBatchItemFailures` is among the function's response types. */
  reportsFailures: boolean;
}

export function eventSourcesOf(template: ResolvedTemplate): EventSourceSettings[] {
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => ({
    functionName: properties.FunctionName,
    queueUrl: queueUrlOf(template, properties.EventSourceArn),
    queueArn: properties.EventSourceArn,
    region: template.where.region,
    batchSize: properties.BatchSize,
    maximumConcurrency: properties.ScalingConfig.MaximumConcurrency,
    reportsFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
  }));
}

export interface EventSourceServices {
  target: LambdaFunction;
  /** Speaks as Lambda. */
  sqs: SQSClient;
  onEvent: OnEvent;
  /** Told when polling cannot go on. */
  onFault: (error: unknown) => void;
}

/**
 * An event source mapping: takes messages from a queue, gives them to a function in batches, and removes those that
 * are done. What failed is left to the visibility timeout, so it comes back, and at last goes to the dead-letter queue.
 * Different from Lambda: as many pollers as there may be invocations poll from the start, where Lambda adds some with
 * the length of the queue.
 */
export class EventSource {
  readonly #settings: EventSourceSettings;
  readonly #services: EventSourceServices;
  readonly #pollers: Promise<void>[] = [];
  #enabled = false;

  get queueUrl(): string {
    return this.#settings.queueUrl;
  }

  constructor(settings: EventSourceSettings, services: EventSourceServices) {
    this.#settings = settings;
    this.#services = services;
  }

  enable(): void {
    if (this.#enabled) return;
    this.#enabled = true;
    const { maximumConcurrency } = this.#settings;
    for (let each = 0; each < maximumConcurrency; each++)
      this.#pollers.push(this.#poll().catch(this.#services.onFault));
  }

  /** Resolves when what is under way is finished. */
  async disable(): Promise<void> {
    this.#enabled = false;
    await Promise.all(this.#pollers.splice(0));
  }

  async #poll(): Promise<void> {
    const { queueUrl, batchSize } = this.#settings;
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(batchSize, 10),
      MessageSystemAttributeNames: ['All'],
      // Short, and never broken off: the emulator hands messages also to those who have gone.
      WaitTimeSeconds: 1,
    });
    while (this.#enabled) {
      const { Messages = [] } = await this.#services.sqs.send(receive);
      if (Messages.length > 0) await this.#hand(Messages);
    }
  }

  async #hand(messages: Message[]): Promise<void> {
    const { queueUrl, reportsFailures } = this.#settings;
    const { target, sqs, onEvent } = this.#services;
    const about = { queue: queueUrl.split('/').at(-1) ?? '', function: target.id };
    onEvent({ kind: 'received', ...about, messages: messages.length });
    const { outcome } = await target.invoke(this.#event(messages));
    if (!outcome) return;
    const ids = messages.map(({ MessageId = '' }) => MessageId);
    const failures = failedMessages(outcome, ids, reportsFailures);
    const done = messages.filter(({ MessageId = '' }) => !failures.ids.has(MessageId));
    if (done.length > 0) {
      const Entries = done.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
    if (failures.ids.size > 0) {
      onEvent({ kind: 'returned', ...about, messages: failures.ids.size, reason: failures.reason });
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
  #event(messages: readonly Message[]): SQSEvent {
    const { queueArn, region } = this.#settings;
    return {
      Records: messages.map(
        ({ MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', Attributes }): SQSRecord => ({
          messageId: MessageId,
          receiptHandle: ReceiptHandle,
          body: Body,
          attributes: Attributes as unknown as SQSRecord['attributes'],
          messageAttributes: {},
          md5OfBody: MD5OfBody,
          eventSource: 'aws:sqs',
          eventSourceARN: queueArn,
          awsRegion: region,
        }),
      ),
    };
  }
}
