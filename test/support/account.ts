import type { Test } from 'tap';
import { type Emulator, type RecordedCall, startEmulator } from '../../chain/emulator/emulator.js';
import type { Flags } from '../../src/config.js';
import { type Calls, LAYERS, noCalls } from '../../src/operations/rehearsal/calls.js';
import { movies } from './movies.js';
import { type OmdbServer, startOmdb } from './omdb-server.js';
import { SECRET_ACCESS_KEY, watchRequests } from './secrets.js';

Object.assign(process.env, {
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'operator',
  AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Prices are linear, so the calls are what has to agree. */
export type Counted = Omit<Calls, 'queue'> & { queue: Omit<Calls['queue'], 'billed'> };

/** An AWS account with a bucket per layer and a queue, and an OMDb. */
export interface Account {
  emulator: Emulator;
  omdb: OmdbServer;
  flags: Flags;
  fifo: boolean;
}

/** One of its own for the test, with so many movies, each a batch. */
export async function account(t: Test, count: number, fifo = true): Promise<Account> {
  const emulator = await startEmulator();
  t.teardown(emulator.close);
  watchRequests(emulator);
  const omdb = await startOmdb();
  t.teardown(omdb.close);
  omdb.list = { items: movies(count), errorMessage: '' };
  omdb.script = ({ path, id }) => (path === '/' ? { body: answer(id) } : undefined);
  for (const layer of LAYERS) await emulator.createBucket(`etl-${layer}`);
  const suffix = fifo ? '.fifo' : '';
  const attributes = fifo ? { FifoQueue: 'true' } : {};
  await emulator.createQueue(`dead${suffix}`, attributes);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:dead${suffix}`,
    maxReceiveCount: '10',
  });
  const queue = await emulator.createQueue(`movies${suffix}`, { ...attributes, RedrivePolicy });
  const places = Object.fromEntries(LAYERS.map((layer) => [layer, `s3://etl-${layer}/lake/${layer}`]));
  const sources = { movies: omdb.moviesUrl, omdbUrl: omdb.url };
  const aws = { endpointUrl: emulator.url, region: 'us-east-1' };
  const what = { topN: String(count), batchSize: '1', concurrency: '8', reprocess: 'failed' };
  return { emulator, omdb, fifo, flags: { ...places, queue, ...sources, ...aws, ...what } };
}

const answer = (imdbID: string) => ({
  Title: `Title of ${imdbID}`,
  Year: '1999',
  Genre: 'Drama, Crime',
  imdbID,
  Response: 'True',
});

/** What somebody asked of the services, as they counted it. */
export async function countedBy({ emulator, omdb }: Account, work: () => Promise<void>): Promise<Counted> {
  const before = emulator.calls.length;
  omdb.forget();
  await work();
  const counts = noCalls();
  counts.omdb = omdb.ids.length;
  for (const call of emulator.calls.slice(before)) count(call, counts);
  return comparable(counts);
}

const OF_THE_QUEUE: Record<string, keyof Calls['queue']> = {
  SendMessageBatch: 'sends',
  ReceiveMessage: 'receives',
  DeleteMessageBatch: 'deletes',
  ChangeMessageVisibility: 'deferrals',
  GetQueueAttributes: 'counts',
  GetQueueUrl: 'counts',
};
const OF_A_STORE: Record<string, keyof Calls['bronze']> = {
  PutObject: 'writes',
  CreateMultipartUpload: 'writes',
  UploadPart: 'writes',
  CompleteMultipartUpload: 'writes',
  ListObjectsV2: 'lists',
  GetObject: 'reads',
  HeadObject: 'reads',
};

function count({ service, operation, resource }: RecordedCall, counts: Calls): void {
  if (service === 'sqs') {
    const kind = OF_THE_QUEUE[operation];
    if (!kind) throw new Error(`nobody counts ${operation}`);
    counts.queue[kind]++;
    return;
  }
  const layer = LAYERS.find((each) => resource.startsWith(`arn:aws:s3:::etl-${each}`));
  const kind = OF_A_STORE[operation];
  if (!layer || !kind) throw new Error(`nobody counts ${operation} of ${resource}`);
  counts[layer][kind]++;
}

export function comparable({ queue: { billed: _, ...queue }, ...others }: Calls): Counted {
  return { ...others, queue };
}
