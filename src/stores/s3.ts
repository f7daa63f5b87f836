import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type ListObjectsV2Output,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import pRetry from 'p-retry';
import { awsError } from '../aws-errors.js';
import { messageOf, PipelineError } from '../errors.js';
import { compareText } from '../records/text.js';
import { baseOf, type S3Location } from '../uri.js';
import { etagOf, headObject, ifThere, quoted } from './s3-answers.js';
import { SourceError } from './s3-body.js';
import { PlainGets } from './s3-get.js';
import { putObject } from './s3-put.js';
import { resumed } from './s3-read.js';
import type { Etag, Store } from './store.js';

/** A body that breaks off is fetched again; the SDK itself retries only until the answer begins. Milliseconds. */
const BROKEN_OFF = { retries: 3, minTimeout: 100, factor: 2, randomize: true };

/** The body of an answer did not come to its end, or not as it was sent. */
class BrokenBodyError extends PipelineError {}

/**
 * A layer in a bucket of S3. The etag is S3's own, without its quotes: a hash of the content, and of the parts of a
 * content that was put in parts.
 * @param client of the bucket's region
 * @param uri how the user named it, for messages
 */
export function s3Store(client: S3Client, location: S3Location, uri: string): Store {
  const base = baseOf(location);
  const placeOf = (key: string) => ({ Bucket: location.bucket, Key: base + key });
  const guarded = async <Result>(verb: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof SourceError ? error.cause : awsError(`${verb} ${uri}`, error);
    }
  };
  const broken = (error: unknown) =>
    new BrokenBodyError('retry', `cannot read ${uri}: the answer broke off (${messageOf(error)})`, {
      cause: error,
      hint: 'check the network, then run the command again',
    });
  const plain = new PlainGets(client);
  const open = async (key: string, part: { Range?: string; IfMatch?: string } = {}) => {
    const command = new GetObjectCommand({ ...placeOf(key), ...part });
    plain.learnFrom(command, placeOf(key));
    const answer = await ifThere(client.send(command));
    if (!answer) return undefined;
    const { Body: body, ContentLength: length = 0, ContentRange: range } = answer;
    return { body: body as Readable, etag: etagOf(answer), length, range };
  };
  const getOnce = async (key: string) => {
    const object = await open(key);
    if (!object) return undefined;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of object.body) chunks.push(chunk);
      return { body: Buffer.concat(chunks), etag: object.etag };
    } catch (error) {
      throw broken(error);
    }
  };

  return {
    uri,
    get: (key) =>
      guarded('read', async () => {
        const got = await plain.get(placeOf(key));
        if (got !== undefined) return got ? { body: got.body, etag: etagOf({ ETag: got.etag }) } : undefined;
        return pRetry(() => getOnce(key), {
          ...BROKEN_OFF,
          shouldRetry: ({ error }) => error instanceof BrokenBodyError,
        });
      }),
    read: (key) =>
      guarded('read', async () => {
        const object = await open(key);
        const from = (start: number, etag: Etag) =>
          open(key, { Range: `bytes=${start}-`, IfMatch: quoted(etag) });
        return object && { body: resumed(object, from, broken) };
      }),
    head: (key) =>
      guarded('read', async () => {
        const answer = await headObject(client, placeOf(key));
        return answer && { etag: etagOf(answer) };
      }),
    list: async function* (prefix, options) {
      const question = { Bucket: location.bucket, Prefix: base + prefix, Delimiter: options?.delimiter };
      try {
        for await (const page of paginateListObjectsV2({ client }, question)) {
          for (const name of namesOf(page)) yield name.slice(base.length);
        }
      } catch (error) {
        throw awsError(`list ${uri}`, error);
      }
    },
    put: (key, body, condition) => guarded('write', () => putObject(client, placeOf(key), body, condition)),
  };
}

/**
 * Objects and common prefixes of a page, which S3 orders together but lists apart. An object whose key ends in `/` is
 * a console's empty folder.
 */
function namesOf({ Contents: objects = [], CommonPrefixes: shared = [] }: ListObjectsV2Output): string[] {
  const keys = objects.map(({ Key: key = '' }) => key).filter((key) => !key.endsWith('/'));
  return [...keys, ...shared.map(({ Prefix: prefix = '' }) => prefix)].sort(compareText);
}
