import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LambdaError, Outcome } from '../../chain/events.js';

/** How an invocation is announced to the function; what is left out is as Lambda would have it. */
export interface Invocation {
  requestId: string;
  /** When Lambda would end the function, in milliseconds since 1970. */
  deadlineMs: number;
  functionArn: string;
}

interface Waiting extends Invocation {
  event: unknown;
  settle(outcome: Outcome): void;
}

const API = '/2018-06-01/runtime';

/**
 * The Runtime API of AWS Lambda on loopback, for one function
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): hands it one invocation at a time.
 */
export class RuntimeApi {
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #queued: Waiting[] = [];
  readonly #running = new Map<string, Waiting>();
  #asker: ServerResponse | undefined;
  #ended: LambdaError | undefined;

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** The value of `AWS_LAMBDA_RUNTIME_API`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the function has answered, or has failed for good: an event that got lost settles too. */
  invoke(event: unknown, invocation: Invocation): Promise<Outcome> {
    return new Promise((settle) => {
      if (this.#ended) settle({ ok: false, error: this.#ended });
      else this.#queued.push({ ...invocation, event, settle });
      this.#handOver();
    });
  }

  /** Nothing will be answered any more: every invocation, now and later, fails with this. The first reason stays. */
  end(error: LambdaError): void {
    this.#ended ??= error;
    for (const { settle } of [...this.#running.values(), ...this.#queued]) {
      settle({ ok: false, error: this.#ended });
    }
    this.#running.clear();
    this.#queued.length = 0;
  }

  close = async (): Promise<void> => {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  };

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const [, id = '', kind] = path.match(/\/invocation\/([^/]+)\/(response|error)$/) ?? [];
    if (path === `${API}/invocation/next`) {
      this.#asker = response;
      this.#handOver();
      return;
    }
    const body: unknown = JSON.parse((await text(request)) || 'null');
    if (path === `${API}/init/error`) this.end(body as LambdaError);
    else if (!this.#settle(decodeURIComponent(id), kind === 'response' ? succeeded(body) : failed(body))) {
      response.writeHead(400).end(JSON.stringify({ errorType: 'InvalidRequestID', errorMessage: path }));
      return;
    }
    response.writeHead(202).end(JSON.stringify({ status: 'OK' }));
  }

  #settle(requestId: string, outcome: Outcome): boolean {
    const invocation = this.#running.get(requestId);
    invocation?.settle(outcome);
    return this.#running.delete(requestId);
  }

  #handOver(): void {
    const asker = this.#asker;
    if (!asker) return;
    const next = this.#queued.shift();
    if (!next) return;
    this.#asker = undefined;
    this.#running.set(next.requestId, next);
    asker
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': next.requestId,
        'lambda-runtime-deadline-ms': next.deadlineMs,
        'lambda-runtime-invoked-function-arn': next.functionArn,
        'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
      })
      .end(JSON.stringify(next.event));
  }
}

/** Starts a server; the caller closes it. */
export function startRuntimeApi(): Promise<RuntimeApi> {
  return new RuntimeApi().listen();
}

function succeeded(response: unknown): Outcome {
  return { ok: true, response };
}

function failed(error: unknown): Outcome {
  return { ok: false, error: error as LambdaError };
}
