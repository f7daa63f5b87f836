import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RecordedCall, startEmulator } from '../../chain/emulator/emulator.js';
import { PRICES, queuePrice, storePrice } from '../../src/operations/prices.js';
import { noCalls } from '../../src/operations/rehearsal/calls.js';
import type { Case } from '../case.js';
import type { Row } from '../figures.js';
import { DATE } from '../inputs/bronze.js';
import { movieList } from '../inputs/movies.js';
import { emptied, prepared } from '../inputs/prepared.js';
import { movieEtl, run, serve } from '../programs.js';

const MOVIES = 250;
const BATCHES = 25;
const SECRET = 'bench-omdb-key';
/** US dollars for a request (https://aws.amazon.com/secrets-manager/pricing/). */
const SECRET_READ = 0.05 / 10_000;

interface Requests {
  writesAndLists: number;
  reads: number;
  sqs: number;
  secrets: number;
}

/** A message for each movie, and a read of the secret for each message. */
const PANDAS_WAY: Requests = { writesAndLists: 252, reads: 250, sqs: 250 + 251 + 250, secrets: 250 };
const TARGETS: Requests = {
  writesAndLists: MOVIES + 3 * BATCHES + 40,
  reads: 2 * MOVIES + 40,
  sqs: 3 * Math.ceil(BATCHES / 10) + 2,
  secrets: 1,
};

export const requests: Case = {
  name: 'requests',
  notes: [
    `\`movie-etl run-all\` of ${MOVIES} movies in ${BATCHES} batches, from an empty bucket, an SQS queue and a secret on the
emulator of the chain, which records the calls. Of N movies in B batches at most N + 3B + 40 S3 writes and lists, 2N + 40 reads,
3⌈B/10⌉ + 2 SQS calls from a terminal, and one secret read. The pandas way is what a pipeline with a message per movie does.`,
    `Dollars are list prices of ${PRICES.region} on ${PRICES.date}, for requests only: S3 Standard, a standard queue, Secrets Manager.`,
  ],
  async *measure() {
    const ours = await requestsOfRun();
    const row = (name: string, figure: keyof Requests): Row => ({
      name: `${name} for ${MOVIES} movies in ${BATCHES} batches`,
      ours: { unit: 'requests', values: [ours[figure]] },
      peer: { name: 'pandas way', unit: 'requests', values: [PANDAS_WAY[figure]] },
      target: { atMost: TARGETS[figure] },
    });
    yield row('S3 writes and lists', 'writesAndLists');
    yield row('S3 reads', 'reads');
    yield row('SQS calls', 'sqs');
    yield row('secret reads', 'secrets');
    yield {
      name: 'all of them in dollars',
      ours: { unit: 'USD', values: [dollarsOf(ours)] },
      peer: { name: 'pandas way', unit: 'USD', values: [dollarsOf(PANDAS_WAY)] },
    };
  },
};

async function requestsOfRun(): Promise<Requests> {
  const inputs = await prepared('movies-250', (into) =>
    writeFile(join(into, 'movies.json'), movieList(MOVIES)),
  );
  const emulator = await startEmulator();
  const omdb = await serve('omdb.ts', ['0', String(MOVIES)]);
  try {
    await emulator.createBucket('bench');
    const queue = await emulator.createQueue('bench');
    emulator.putSecret(SECRET, JSON.stringify({ omdbapi_key: 'bench' }));
    emulator.calls.length = 0;
    const what = [
      '--movies',
      join(inputs, 'movies.json'),
      '--top-n',
      String(MOVIES),
      '--batch-size',
      String(MOVIES / BATCHES),
    ];
    const layers = ['bronze', 'silver', 'gold'].flatMap((layer) => [`--${layer}`, `s3://bench/${layer}`]);
    const where = [...layers, '--queue', queue, '--endpoint-url', emulator.url, '--omdb-url', omdb.url];
    const settings = {
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_REGION: 'us-east-1',
      OMDB_API_KEY_SECRET: SECRET,
    };
    const folder = await emptied('requests');
    await run(movieEtl(['run-all', '--date', DATE, ...what, ...where, '--data-dir', folder], settings));
    return counted(emulator.calls);
  } finally {
    await omdb.close();
    await emulator.close();
  }
}

function counted(calls: readonly RecordedCall[]): Requests {
  const isRead = ({ operation }: RecordedCall) => operation === 'GetObject' || operation === 'HeadObject';
  const s3 = calls.filter(({ service }) => service === 's3');
  return {
    writesAndLists: s3.filter((call) => !isRead(call)).length,
    reads: s3.filter(isRead).length,
    sqs: calls.filter(({ service }) => service === 'sqs').length,
    secrets: calls.filter(({ service }) => service === 'secretsmanager').length,
  };
}

/** Writes and lists have one price. No message here has more than the 64 KiB that are billed as one request. */
function dollarsOf({ writesAndLists, reads, sqs, secrets }: Requests): number {
  const { queue } = noCalls();
  const ofS3 = storePrice({ writes: writesAndLists, reads }, 's3');
  return ofS3 + queuePrice({ ...queue, billed: sqs }, 'standard') + secrets * SECRET_READ;
}
