import { buildApp } from 'fauxqs';
import { type AwsCall, REGION, s3Location, understand } from './calls.js';
import { addConditionalPuts } from './conditional-put.js';
import { addListings } from './listing.js';
import { allowAllCharacters } from './message-characters.js';
import { addMoveTasks } from './move-tasks.js';
import { addQueueDepth } from './queue-depth.js';
import { addQueueUrls } from './queue-urls.js';
import { addReceiveAttempts } from './receive-attempts.js';
import { addSecrets } from './secrets.js';
import { callSqs, hostOf } from './sqs-call.js';

export type App = ReturnType<typeof buildApp>;

export interface RecordedCall extends AwsCall {
  /** Of the answer, also of one that got lost; 0 when the connection broke before anything was done. */
  status: number;
}

/** What goes wrong with one call. */
export type Fault =
  /** Nothing is done; this is the answer. `code` is the error's name, such as `SlowDown`. */
  | { status: number; code: string; message?: string; headers?: Record<string, string> }
  /** Nothing is done; this JSON is the answer of a success, such as one with `Failed` entries. */
  | { answer: unknown }
  /** It is done, and the connection breaks before the answer. */
  | { lostAnswer: true }
  /** Nothing is done, and the connection breaks. */
  | { reset: true };

export type FaultScript = (call: AwsCall) => Fault | undefined;

export interface CreatedObject {
  bucket: string;
  key: string;
  size: number;
  /** Without quotes, as in a notification. */
  etag: string;
  eventName: 'ObjectCreated:Put' | 'ObjectCreated:CompleteMultipartUpload';
}

export interface Emulator {
  /** For `--endpoint-url` and `AWS_ENDPOINT_URL`. */
  url: string;
  /** Every call that came, in order. */
  calls: RecordedCall[];
  /** Set it to let calls fail. */
  faults: FaultScript;
  createBucket(name: string): Promise<void>;
  /** @returns the queue's URL */
  createQueue(name: string, attributes?: Record<string, string>): Promise<string>;
  putSecret(name: string, value: string): void;
  /** Called with the address and the body of every request, before anything else is done about it. */
  onRequest(listener: (url: string, body: string) => void): void;
  /** Called after every object that is put, whoever puts it. */
  onObjectCreated(listener: (object: CreatedObject) => void): void;
  /** Resolves when every object that was put before has been told to the listeners. */
  announced(): Promise<void>;
  close(): Promise<void>;
}

/** Requests that the emulator makes to itself are neither recorded nor disturbed. */
export const INTERNAL = 'x-emulator-internal';

/** S3, SQS and Secrets Manager over HTTP on loopback: fauxqs, and in this folder what it lacks. */
export async function startEmulator(): Promise<Emulator> {
  await allowAllCharacters();
  const app = buildApp({ logger: false, defaultRegion: REGION });
  const calls: RecordedCall[] = [];
  const requestListeners: ((url: string, body: string) => void)[] = [];
  const listeners: ((object: CreatedObject) => void)[] = [];
  const secrets = new Map<string, string>();
  let faults: FaultScript = () => undefined;

  const callOf = new WeakMap<object, AwsCall>();
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers[INTERNAL]) return;
    const { method, url, headers, body } = request;
    const call = understand({ method, url, headers, body });
    if (!call) return;
    callOf.set(request, call);
    for (const listener of requestListeners) listener(url, textOf(body));
    const fault = faults(call);
    if (!fault) return;
    if ('lostAnswer' in fault) losesAnswer.add(request);
    else if ('reset' in fault) {
      calls.push({ ...call, status: 0 });
      request.raw.socket.destroy();
      return reply.hijack();
    } else if ('answer' in fault) {
      return reply.type('application/x-amz-json-1.0').send(JSON.stringify(fault.answer));
    } else return reply.code(fault.status).headers(headersOf(call, fault)).send(errorBody(call, fault));
  });
  const losesAnswer = new WeakSet<object>();
  // A callback: an asynchronous hook lets fauxqs's routes answer twice.
  app.addHook('onSend', (request, reply, payload, done) => {
    const call = callOf.get(request);
    callOf.delete(request);
    if (call) {
      calls.push({ ...call, status: reply.statusCode });
      const isPut = call.operation === 'PutObject' || call.operation === 'CompleteMultipartUpload';
      if (isPut && reply.statusCode === 200) {
        const told = announce(request.url, call.operation === 'PutObject').finally(() =>
          underWay.delete(told),
        );
        underWay.add(told);
      }
      if (losesAnswer.has(request)) request.raw.socket.destroy();
    }
    done(null, payload);
  });
  const underWay = new Set<Promise<void>>();
  const announce = async (url: string, isPut: boolean) => {
    const object = await describe(app, url, isPut);
    for (const listener of listeners) listener(object);
  };
  addConditionalPuts(app);
  addListings(app);
  addMoveTasks(app);
  addQueueDepth(app);
  addReceiveAttempts(app);
  addQueueUrls(app);
  addSecrets(app, secrets);

  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url: `http://${hostOf(app)}`,
    calls,
    get faults() {
      return faults;
    },
    set faults(script) {
      faults = script;
    },
    createBucket: async (name) => {
      await app.inject({ method: 'PUT', url: `/${name}`, headers: { [INTERNAL]: '1' } });
    },
    createQueue: async (name, attributes = {}) => {
      const queue = { QueueName: name, Attributes: attributes };
      return (await callSqs<{ QueueUrl: string }>(app, 'CreateQueue', queue)).QueueUrl;
    },
    putSecret: (name, value) => {
      secrets.set(name, value);
    },
    onRequest: (listener) => {
      requestListeners.push(listener);
    },
    onObjectCreated: (listener) => {
      listeners.push(listener);
    },
    announced: async () => {
      await Promise.all(underWay);
    },
    close: async () => {
      await app.close();
    },
  };
}

/** A body as fauxqs has it: bytes, a text, or JSON that it has read already. */
function textOf(body: unknown): string {
  if (body === undefined || body === null) return '';
  return typeof body === 'string' || Buffer.isBuffer(body) ? String(body) : JSON.stringify(body);
}

async function describe(app: App, url: string, isPut: boolean): Promise<CreatedObject> {
  const { bucket, key } = s3Location(url);
  const path = new URL(url, 'http://localhost').pathname;
  const { headers } = await app.inject({ method: 'HEAD', url: path, headers: { [INTERNAL]: '1' } });
  return {
    bucket,
    key,
    size: Number(headers['content-length']),
    etag: String(headers.etag).replaceAll('"', ''),
    eventName: isPut ? 'ObjectCreated:Put' : 'ObjectCreated:CompleteMultipartUpload',
  };
}

type Refusal = Extract<Fault, { status: number }>;

function headersOf({ service }: AwsCall, { headers }: Refusal): Record<string, string> {
  const type = service === 's3' ? 'application/xml' : 'application/x-amz-json-1.0';
  return { 'content-type': type, ...headers };
}

function errorBody({ service, operation }: AwsCall, { code, message = code }: Refusal): string {
  if (service !== 's3') return JSON.stringify({ __type: code, message });
  if (operation.startsWith('Head')) return '';
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}
