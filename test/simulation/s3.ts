import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { s3Store } from '../../src/stores/s3.js';
import type { Store } from '../../src/stores/store.js';
import type { Actor } from './actor.js';
import type { Bucket } from './bucket.js';
import type { World } from './world.js';

/** The SDK's attempts at one call. Ours are more patient; few make its errors seen. */
const ATTEMPTS = 3;

/** A layer in the bucket, behind the S3 driver itself, as one process sees it. */
export function s3Layer(world: World, bucket: Bucket, actor: Actor, layer: string): Store {
  const client: S3Client = Object.create(S3Client.prototype);
  Object.assign(client, { send: (command: unknown) => send(world, bucket, actor, command) });
  return s3Store(client, { bucket: 'simulated', prefix: layer }, `s3://simulated/${layer}`);
}

/** One call of the SDK: it repeats what was throttled, and what got no answer. */
async function send(world: World, bucket: Bucket, actor: Actor, command: unknown): Promise<unknown> {
  const { faults, network, dice } = world;
  const effect = effectOf(world, bucket, actor, command);
  const isWrite = command instanceof PutObjectCommand;
  for (let attempt = 1; ; attempt++) {
    let failure: Error | undefined;
    if (faults.strikes('throttling')) {
      failure = await network.call(actor, () => serviceError('SlowDown', 503));
    } else if (faults.strikes('timeout')) {
      await network.lose(actor, undefined, false);
      failure = timeout();
    } else if (isWrite && faults.strikes('lost acknowledgement')) {
      await network.lose(actor, effect, false);
      failure = timeout();
    } else if (isWrite && faults.strikes('late effect')) {
      await network.lose(actor, effect, true);
      failure = timeout();
    } else if (isWrite && isConditional(command) && faults.strikes('conflict 409')) {
      throw await network.call(actor, () => serviceError('ConditionalRequestConflict', 409));
    }
    if (!failure) {
      const answer = await network.call(actor, effect);
      if (command instanceof GetObjectCommand) world.clock.streams();
      return answer;
    }
    if (attempt === ATTEMPTS) throw failure;
    await network.pause(actor, dice.between(100, 5_000));
  }
}

function effectOf(world: World, bucket: Bucket, actor: Actor, command: unknown): () => unknown {
  if (command instanceof PutObjectCommand) {
    const {
      Key: key = '',
      Body: body,
      Metadata: metadata = {},
      IfNoneMatch: absent,
      IfMatch: match,
    } = command.input;
    return () => {
      const standing = bucket.objects.get(key);
      if (match && !standing) throw serviceError('NoSuchKey', 404);
      if ((absent && standing) || (match && `"${standing?.etag}"` !== match)) {
        world.faults.count('precondition 412');
        throw serviceError('PreconditionFailed', 412);
      }
      const put = bucket.put(key, body as Buffer, metadata);
      actor.written.push(put);
      return { ETag: `"${put.etag}"` };
    };
  }
  if (command instanceof GetObjectCommand || command instanceof HeadObjectCommand) {
    const { Key: key = '' } = command.input;
    const isHead = command instanceof HeadObjectCommand;
    return () => {
      const standing = bucket.objects.get(key);
      if (!standing) throw serviceError(isHead ? 'NotFound' : 'NoSuchKey', 404);
      const headers = { ETag: `"${standing.etag}"`, Metadata: standing.metadata };
      if (isHead) return headers;
      return { ...headers, ContentLength: standing.body.length, Body: Readable.from([standing.body]) };
    };
  }
  if (command instanceof ListObjectsV2Command) {
    const { Prefix: prefix = '', Delimiter: delimiter, ContinuationToken: after } = command.input;
    return () => {
      const { names, isLast } = bucket.page({ prefix, delimiter, after, most: world.scenario.page });
      return {
        Contents: names.filter((name) => !name.endsWith('/')).map((Key) => ({ Key })),
        CommonPrefixes: names.filter((name) => name.endsWith('/')).map((Prefix) => ({ Prefix })),
        ...(isLast ? {} : { NextContinuationToken: names.at(-1) }),
      };
    };
  }
  throw new Error('the simulated S3 does not know this command');
}

function isConditional({ input }: PutObjectCommand): boolean {
  return input.IfMatch !== undefined || input.IfNoneMatch !== undefined;
}

function serviceError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}

function timeout(): Error {
  return Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
}
