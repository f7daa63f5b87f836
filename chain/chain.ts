import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type AsynchronousServices, invokeAsynchronously, retryRulesOf } from './asynchronous.js';
import { clientsOf } from './clients.js';
import { ACCOUNT_ID, REGION } from './emulator/calls.js';
import { type CreatedObject, type Emulator, startEmulator } from './emulator/emulator.js';
import { EventSource, eventSourcesOf } from './event-source.js';
import type { Invocation, OnEvent } from './events.js';
import { LambdaFunction } from './function.js';
import { createdEvent, notifiedOf } from './notifications.js';
import { createResources } from './resources.js';
import { scheduledInput } from './schedule.js';
import type { ParameterValue } from './template/parameters.js';
import { type ResolvedTemplate, readTemplate, resolveTemplate, resourcesOf } from './template.js';

const PROJECT = new URL('../', import.meta.url);
const RETRY_PAUSE_MS = 100;
const TIME_LIMIT_MS = 60_000;
const LOOK_AGAIN_MS = 10;

export interface ChainOptions {
  /** The folder of `template.yaml`, with a slash at its end. */
  root?: URL;
  parameters?: Readonly<Record<string, ParameterValue>>;
  onEvent?: OnEvent;
  /** How long an asynchronous invocation waits before it is tried again. */
  retryPauseMs?: number;
}

/**
 * What a template deploys, on this machine: the emulator stands for S3, SQS and Secrets Manager, threads stand for
 * Lambda, and every trigger is made from what the template says of it. Different from AWS: who calls is recorded and
 * not checked against the policies, logs are handed to `onEvent`, no alarm watches, and nothing has a clock: a
 * schedule fires when it is told to, whatever its expression and state.
 */
export class Chain {
  readonly emulator: Emulator;
  readonly template: ResolvedTemplate;
  /** Every run of every function, in the order in which they started. */
  readonly invocations: Invocation[] = [];
  readonly #functions: LambdaFunction[];
  readonly #sources: EventSource[];
  readonly #sqs: SQSClient;
  readonly #services: AsynchronousServices;
  readonly #onEvent: OnEvent;
  readonly #stopping = new AbortController();
  /** Asynchronous invocations, with their retries. */
  readonly #underWay = new Set<Promise<unknown>>();
  #fault: { error: unknown } | undefined;
  #objects = 0;

  /** @param sqs speaks as Lambda */
  constructor(emulator: Emulator, template: ResolvedTemplate, sqs: SQSClient, options: ChainOptions) {
    const { root = PROJECT, onEvent = () => {}, retryPauseMs = RETRY_PAUSE_MS } = options;
    this.emulator = emulator;
    this.template = template;
    this.#onEvent = onEvent;
    this.#sqs = sqs;
    this.#services = { sqs, onEvent, retryPauseMs, signal: this.#stopping.signal };
    const host = { root, endpointUrl: emulator.url, region: REGION, onEvent, invocations: this.invocations };
    this.#functions = resourcesOf(template, 'AWS::Lambda::Function').map(
      (declared) => new LambdaFunction(declared, host),
    );
    const onFault = (error: unknown) => {
      this.#fault ??= { error };
    };
    this.#sources = eventSourcesOf(template).map((settings) => {
      const target = this.#functionCalled(settings.functionName);
      return new EventSource(settings, { target, sqs, onEvent, onFault });
    });
    emulator.onObjectCreated((object) => this.#created(object));
    this.enable();
  }

  /** Fires every schedule. */
  fire(scheduledTime: Date): void {
    for (const schedule of resourcesOf(this.template, 'AWS::Scheduler::Schedule')) {
      const target = this.#functionCalled(schedule.properties.Target.Arn);
      const input = scheduledInput(schedule, this.template, scheduledTime);
      this.#onEvent({ kind: 'fired', schedule: schedule.id, function: target.id, input });
      this.#hand(target, JSON.parse(input));
    }
  }

  /** Invokes a function and waits for its answer, as `aws lambda invoke` does. @param id its logical id */
  async invoke(id: string, event: unknown, requestId?: string): Promise<Invocation> {
    return this.#functionCalled(id).invoke(event, requestId);
  }

  /** Invokes a function as an event does, with `--invocation-type Event`. @param id its logical id */
  send(id: string, event: unknown): void {
    this.#hand(this.#functionCalled(id), event);
  }

  /** Lets the functions take messages from their queues; so it is from the start. */
  enable(): void {
    for (const source of this.#sources) source.enable();
  }

  /** Messages stay in their queues. Resolves when what is under way is finished. */
  async disable(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.disable()));
  }

  /**
   * Resolves when nothing is left to do: no function runs, no event waits, and the queues of functions are empty.
   * @throws Error that says what is left after so many milliseconds
   */
  async settled(limitMs = TIME_LIMIT_MS): Promise<void> {
    const end = performance.now() + limitMs;
    for (;;) {
      const left = await this.#left();
      if (this.#fault) throw this.#fault.error;
      if (left === undefined) return;
      if (performance.now() > end) throw new Error(`the chain is not done after ${limitMs} ms: ${left}`);
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** Messages that a queue holds, whether they are in somebody's hands or not. @param url as the template gives it */
  async depth(url: string): Promise<number> {
    const names = ['', 'NotVisible', 'Delayed'].map(
      (state) => `ApproximateNumberOfMessages${state}` as const,
    );
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names as [] }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const disabled = this.disable();
    await Promise.all(this.#functions.map((each) => each.stop()));
    await Promise.all([disabled, ...this.#underWay]);
    this.#sqs.destroy();
    await this.emulator.close();
  }

  /** What is left to do, in words. */
  async #left(): Promise<string | undefined> {
    await this.emulator.announced();
    const running = this.invocations.filter(({ outcome }) => outcome === undefined);
    if (running.length > 0) return `${running.map((each) => each.function).join(', ')} running`;
    if (this.#underWay.size > 0) return `${this.#underWay.size} events to be tried again`;
    for (const { queueUrl } of this.#sources) {
      const depth = await this.depth(queueUrl);
      if (depth > 0) return `${depth} messages in ${queueUrl}`;
    }
    // What was going on when the queues were looked at may have put objects or messages since.
    await this.emulator.announced();
    const isIdle = this.#underWay.size === 0 && this.invocations.every(({ outcome }) => outcome);
    return isIdle ? undefined : 'events on their way';
  }

  #created(object: CreatedObject): void {
    const uri = `s3://${object.bucket}/${object.key}`;
    const notified = notifiedOf(this.template, object);
    if (notified.length === 0) this.#onEvent({ kind: 'stored', uri });
    for (const arn of notified) {
      const target = this.#functionCalled(arn);
      this.#onEvent({ kind: 'notified', uri, function: target.id });
      this.#hand(target, createdEvent(object, this.template.where, ++this.#objects));
    }
  }

  #hand(target: LambdaFunction, event: unknown): void {
    const rules = retryRulesOf(this.template, target.name);
    const handed = invokeAsynchronously(target, event, rules, this.#services)
      .catch((error: unknown) => {
        this.#fault ??= { error };
      })
      .finally(() => this.#underWay.delete(handed));
    this.#underWay.add(handed);
  }

  /** By logical id, name or ARN. */
  #functionCalled(name: string): LambdaFunction {
    const found = this.#functions.find((each) => [each.id, each.name, each.arn].includes(name));
    if (!found) throw new Error(`the template has no function ${name}`);
    return found;
  }
}

/**
 * Starts what the template deploys; the caller stops it.
 * @throws Error when the template or a bundle is not there
 */
export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const { root = PROJECT, parameters = {} } = options;
  const template = resolveTemplate(readTemplate(new URL('template.yaml', root)), {
    parameters,
    accountId: ACCOUNT_ID,
    region: REGION,
  });
  const emulator = await startEmulator();
  try {
    await createResources(template, emulator);
    const sqs = await clientsOf(emulator.url, 'lambda.amazonaws.com').sqs();
    return new Chain(emulator, template, sqs, options);
  } catch (error) {
    await emulator.close();
    throw error;
  }
}
