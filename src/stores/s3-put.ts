import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pRetry from 'p-retry';
import {
  etagOf,
  headObject,
  isBusy,
  isMissing,
  isRefused,
  isUploadGone,
  type Place,
  quoted,
} from './s3-answers.js';
import { gather, SourceError } from './s3-body.js';
import { type Body, type Condition, PART_BYTES, type PutOutcome } from './store.js';

/** Pauses after a 409, in milliseconds: some twenty seconds in all. */
const BUSY = { retries: 8, minTimeout: 100, maxTimeout: 5_000, factor: 2, randomize: true };
/** One goes up while the next is made; each more holds another `PART_BYTES`, and gold writes several objects at once. */
const PARTS_AT_ONCE = 2;
/** Metadata that names one put, so that it is told from another put of equal bytes. */
const TOKEN = 'movie-etl-put';

/**
 * Puts an object whole or not at all, under its condition
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). The SDK sends a request again whose
 * answer got lost, and then finds its own object in the way: whose object stands there is read back.
 */
export async function putObject(
  client: S3Client,
  place: Place,
  body: Body,
  condition: Condition | undefined,
): Promise<PutOutcome> {
  const token = randomUUID();
  const request = { ...place, ...headersOf(condition), Metadata: { [TOKEN]: token } };
  const gathered = await gather(body, PART_BYTES);
  try {
    if ('whole' in gathered) await sendWhole(client, request, gathered.whole);
    else await sendParts(client, request, gathered.stream);
    return 'written';
  } catch (error) {
    // Nothing stands there, so nothing of ours.
    if (condition && 'ifMatch' in condition && isMissing(error)) return 'conflict';
    if (!isRefused(error) && !isUploadGone(error)) throw error;
    if (await stands(client, place, token)) return 'written';
    if (isRefused(error)) return 'conflict';
    throw error;
  }
}

type Request = Place & ReturnType<typeof headersOf> & { Metadata: Record<string, string> };

function headersOf(condition: Condition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (!condition) return {};
  return 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: quoted(condition.ifMatch) };
}

async function sendWhole(client: S3Client, request: Request, whole: Buffer): Promise<void> {
  const send = () => client.send(new PutObjectCommand({ ...request, Body: whole }));
  etagOf(await pRetry(send, { ...BUSY, shouldRetry: ({ error }) => isBusy(error) }));
}

/**
 * The condition is checked when the parts are put together. After a 409 all parts would have to be sent again
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html), which a stream cannot: it is
 * an error to retry.
 */
async function sendParts(client: S3Client, request: Request, stream: AsyncIterable<Buffer>): Promise<void> {
  const body = Readable.from(stream);
  let broken: Error | undefined;
  body.on('error', (error) => {
    broken = error;
  });
  try {
    const params = { ...request, Body: body };
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
  } catch (error) {
    // When throwing the parts away fails too, the upload reports that instead.
    throw broken instanceof SourceError ? broken : error;
  }
}

/** Whether the object that stands is the one of this put. */
async function stands(client: S3Client, place: Place, token: string): Promise<boolean> {
  const answer = await headObject(client, place);
  return answer?.Metadata?.[TOKEN] === token;
}
