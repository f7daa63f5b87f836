import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Container, type ContainerSettings } from './container.js';
import { SECRET_ACCESS_KEY, SESSION_TOKEN } from './emulator/calls.js';
import type { Invocation, OnEvent, Outcome } from './events.js';
import type { ResourceOf } from './template.js';

type Declared = ResourceOf<'AWS::Lambda::Function'>;

export interface FunctionHost {
  /** The folder that `Code` starts from, with a slash at its end. */
  root: URL;
  /** Of the emulator. */
  endpointUrl: string;
  region: string;
  onEvent: OnEvent;
  /** Every invocation of every function is noted here when it starts. */
  invocations: Invocation[];
}

/** A function of the template: runs its bundle in as many containers as invocations come at once. */
export class LambdaFunction {
  /** The logical id. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly #declared: Declared['properties'];
  readonly #host: FunctionHost;
  readonly #settings: ContainerSettings;
  readonly #containers = new Set<Container>();
  readonly #idle: Container[] = [];

  /** @throws Error when the bundle is not there */
  constructor({ id, properties, arn = '' }: Declared, host: FunctionHost) {
    this.id = id;
    this.name = properties.FunctionName;
    this.arn = arn;
    this.#declared = properties;
    this.#host = host;
    const [, exportName = 'handler'] = properties.Handler.split('.');
    this.#settings = { file: this.#bundle(), exportName, environment: this.#environment() };
  }

  /** Never rejects: a failure is an outcome. */
  async invoke(event: unknown, requestId: string = randomUUID(), attempt = 1): Promise<Invocation> {
    const { onEvent, invocations } = this.#host;
    const invocation: Invocation = {
      function: this.id,
      requestId,
      attempt,
      // A copy: what was given stays as it was, whoever goes on with the original.
      event: structuredClone(event),
      outcome: undefined,
      milliseconds: 0,
    };
    invocations.push(invocation);
    onEvent({ kind: 'started', invocation });
    const begun = performance.now();
    invocation.outcome = await this.#run(event, requestId);
    invocation.milliseconds = performance.now() - begun;
    onEvent({ kind: 'ended', invocation });
    return invocation;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#containers].map((container) => container.stop()));
  }

  async #run(event: unknown, requestId: string): Promise<Outcome> {
    const container = this.#idle.pop() ?? this.#start();
    const { FunctionName, MemorySize, LoggingConfig, Timeout } = this.#declared;
    const context = {
      awsRequestId: requestId,
      functionName: FunctionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: this.arn,
      memoryLimitInMB: String(MemorySize),
      logGroupName: LoggingConfig.LogGroup,
      logStreamName: LOG_STREAM,
      callbackWaitsForEmptyEventLoop: true,
    };
    const outcome = await container.invoke({ event, context, timeoutSeconds: Timeout });
    if (container.usable) this.#idle.push(container);
    else {
      this.#containers.delete(container);
      await container.stop();
    }
    return outcome;
  }

  #start(): Container {
    const container = new Container(this.#settings, (line, requestId) =>
      this.#host.onEvent({ kind: 'logged', function: this.id, requestId, line }),
    );
    this.#containers.add(container);
    return container;
  }

  /** The file of `Handler` in the folder of `Code`. */
  #bundle(): string {
    const { Code, Handler } = this.#declared;
    const [file = ''] = Handler.split('.');
    const candidates = ['mjs', 'js', 'cjs'].map((ending) =>
      fileURLToPath(new URL(`${Code}/${file}.${ending}`, this.#host.root)),
    );
    const found = candidates.find((path) => existsSync(path));
    if (!found) throw new Error(`${Code}/${file}.mjs is not there: npm run build`);
    return found;
  }

  /**
   * The template's variables and those that Lambda sets
   * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). The access key is the logical id, so that
   * whoever gets a call knows who made it.
   */
  #environment(): Record<string, string> {
    const { Environment, FunctionName, Handler, LoggingConfig, MemorySize, Runtime } = this.#declared;
    const { region, endpointUrl } = this.#host;
    return {
      ...Environment.Variables,
      _HANDLER: Handler,
      AWS_ACCESS_KEY_ID: this.id,
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_SESSION_TOKEN: SESSION_TOKEN,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: LoggingConfig.LogFormat,
      AWS_LAMBDA_LOG_GROUP_NAME: LoggingConfig.LogGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: LOG_STREAM,
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      // Not of Lambda: where AWS is here, and that the files in this person's home say nothing about it.
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
    };
  }
}

const LOG_STREAM = '2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef';
