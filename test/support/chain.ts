import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import type { Test } from 'tap';
import { type Chain, type ChainOptions, startChain } from '../../chain/chain.js';
import type { ChainEvent, Invocation } from '../../chain/events.js';
import { objectsUnder } from '../../chain/objects.js';
import { openStore } from '../../src/stores/open.js';
import { awsOf, placeOf } from './aws.js';
import { type OmdbServer, startOmdb } from './omdb-server.js';
import { OMDB_KEY, watch, watchRequests } from './secrets.js';

/** No test waits longer. */
const LONGEST_MS = 60_000;

export type Layer = 'bronze' | 'silver' | 'gold';
type EventOf<Kind extends ChainEvent['kind']> = Extract<ChainEvent, { kind: Kind }>;

/** The chain of template.yaml, the two sources on loopback, and the test's own hands in S3 and SQS. */
export interface TestChain {
  chain: Chain;
  omdb: OmdbServer;
  sqs: SQSClient;
  /** Everything that happened, in order. */
  events: ChainEvent[];
  eventsOf<Kind extends ChainEvent['kind']>(kind: Kind): EventOf<Kind>[];
  invocationsOf(id: string): Invocation[];
  /** Resolves when the condition holds; it is looked at whenever something happens. */
  until(condition: () => boolean): Promise<void>;
  /** URI of a layer, or URL of a queue: an output of the template. */
  output(name: string): string;
  /** Text of every object of a layer, by its key in the layer. */
  objects(layer: Layer): Promise<Record<string, string>>;
  put(layer: Layer, key: string, body: string): Promise<void>;
  remove(layer: Layer, key: string): Promise<void>;
  /** Bodies of the messages that can be received from a queue now. */
  bodies(queueUrl: string): Promise<string[]>;
}

/** Starts a chain that ends with the test. */
export async function startTestChain(t: Test, options: ChainOptions = {}): Promise<TestChain> {
  const omdb = await startOmdb();
  t.teardown(omdb.close);
  const events: ChainEvent[] = [];
  const waiting = new Set<() => void>();
  const chain = await startChain({
    retryPauseMs: 10,
    ...options,
    parameters: { MoviesUrl: omdb.moviesUrl, OmdbUrl: omdb.url, ...options.parameters },
    onEvent: (event) => {
      events.push(event);
      watch(`the chain's event '${event.kind}'`, JSON.stringify(event));
      for (const look of waiting) look();
    },
  });
  watchRequests(chain.emulator);
  const { OmdbKeyName } = chain.template.parameters;
  chain.emulator.putSecret(String(OmdbKeyName), JSON.stringify({ omdbapi_key: OMDB_KEY }));
  const aws = awsOf(t, chain.emulator);
  const sqs = await aws.sqs();
  t.teardown(() => chain.stop());

  const output = (name: string) => String(chain.template.outputs[name]);
  const uriOf = (layer: Layer) =>
    output({ bronze: 'BronzeUri', silver: 'SilverUri', gold: 'GoldUri' }[layer]);
  return {
    chain,
    omdb,
    sqs,
    events,
    output,
    eventsOf: <Kind extends ChainEvent['kind']>(kind: Kind) =>
      events.filter((event): event is EventOf<Kind> => event.kind === kind),
    invocationsOf: (id) => chain.invocations.filter((invocation) => invocation.function === id),
    until: (condition) =>
      new Promise((resolve, reject) => {
        const tooLong = setTimeout(() => reject(new Error(`waited in vain for ${condition}`)), LONGEST_MS);
        const look = () => {
          if (!condition()) return;
          clearTimeout(tooLong);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    objects: async (layer) => Object.fromEntries(await objectsUnder(uriOf(layer), aws)),
    put: async (layer, key, body) => {
      await (await openStore(uriOf(layer), aws)).put(key, body);
    },
    remove: async (layer, key) => {
      await (await aws.s3()).send(new DeleteObjectCommand(placeOf(uriOf(layer), key)));
    },
    bodies: async (QueueUrl) => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body = '' }) => Body);
    },
  };
}

/** Ends the pause of a message that a function has put off: it can be received again at once. */
export async function bringBack({ sqs, output }: TestChain, invocation: Invocation, messageId: string) {
  const { Records } = invocation.event as SQSEvent;
  const record = Records.find((each) => each.messageId === messageId);
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: output('QueueUrl'),
      ReceiptHandle: record?.receiptHandle,
      VisibilityTimeout: 0,
    }),
  );
}
