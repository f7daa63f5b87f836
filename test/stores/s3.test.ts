import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { DeleteBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import t, { type Test } from 'tap';
import { clientsOf } from '../../chain/clients.js';
import type { AwsCall } from '../../chain/emulator/calls.js';
import { type Fault, startEmulator } from '../../chain/emulator/emulator.js';
import { PipelineError } from '../../src/errors.js';
import { openStore } from '../../src/stores/open.js';
import { s3Store } from '../../src/stores/s3.js';
import type { Store } from '../../src/stores/store.js';
import { s3Location } from '../../src/uri.js';
import { serving } from '../support/serving.js';
import { listed, storeSuite } from '../support/store-suite.js';

const MEBIBYTE = 1024 * 1024;
const IF_ABSENT = { ifAbsent: true } as const;
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const emulator = await startEmulator();
const aws = clientsOf(emulator.url, 'tester');
const client = await aws.s3();
let buckets = 0;
t.teardown(async () => {
  await aws.close();
  await emulator.close();
});

for (const [place, prefix] of [
  ['a bucket', ''],
  ['a prefix', '/lake/bronze'],
  ['a prefix that needs escaping', '/a b&c<d>"é+%2F'],
]) {
  t.test(`the store suite holds for ${place}`, async (t) => {
    await storeSuite(t, async () => {
      const uri = `s3://${await freshBucket()}${prefix}`;
      return { store: storeAt(uri), again: async () => storeAt(uri) };
    });
  });
}

t.test('a prefix is a folder of its own', async (t) => {
  const bucket = await freshBucket();
  const root = await openStore(`s3://${bucket}`, aws);
  const slashed = await openStore(`s3://${bucket}/a/b/`, aws);
  const store = await openStore(`s3://${bucket}/a/b`, aws);
  await slashed.put('dt=1/k', 'mine');
  await root.put('a/bc/k', 'a neighbour');
  await root.put('a/b', 'an object of the folder’s name');
  t.equal((await store.get('dt=1/k'))?.body.toString(), 'mine');
  t.same(await listed(store, ''), ['dt=1/k']);
  t.same(await listed(slashed, '', { delimiter: '/' }), ['dt=1/']);
  t.same(await listed(root, ''), ['a/b', 'a/b/dt=1/k', 'a/bc/k']);
  t.equal(slashed.uri, `s3://${bucket}/a/b/`, 'as the user named it');
});

t.test('the empty folders that a console makes are not listed', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}/gold`);
  for (const Key of ['gold/', 'gold/dt=1/']) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '' }));
  }
  await store.put('dt=1/gold.csv', 'rank\n');
  t.same(await listed(store, ''), ['dt=1/gold.csv']);
  t.same(await listed(store, '', { delimiter: '/' }), ['dt=1/']);
  t.same(await listed(store, 'dt=1/', { delimiter: '/' }), ['dt=1/gold.csv']);
});

t.test('a listing with a delimiter does not page through what it folds', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}/bronze`);
  const keys = Array.from({ length: 1200 }, (_, index) => `dt=1/run=A/tt${1_000_000 + index}.json`);
  await pMap([...keys, 'dt=1/_SUCCESS'], (key) => store.put(key, '{}'), { concurrency: 32 });
  const folded = await callsOf(bucket, async () => {
    t.same(await listed(store, 'dt=1/', { delimiter: '/' }), ['dt=1/_SUCCESS', 'dt=1/run=A/']);
  });
  t.same(folded, ['ListObjectsV2 200']);
  const all = await callsOf(bucket, async () => {
    t.same(await listed(store, 'dt=1/run=A/'), keys);
  });
  t.same(all, ['ListObjectsV2 200', 'ListObjectsV2 200']);
  const first = await callsOf(bucket, async () => {
    for await (const _key of store.list('')) break;
  });
  t.same(first, ['ListObjectsV2 200'], 'nor does it ask for a page that nobody reads');
});

t.test('a body of up to 8 MiB is one request, a larger stream goes in parts', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const put = (key: string, chunks: Buffer[], condition?: typeof IF_ABSENT) =>
    callsOf(bucket, async () => t.equal(await store.put(key, streamOf(chunks), condition), 'written'));
  const half = Buffer.alloc(4 * MEBIBYTE, 'half');
  t.same(await put('two halves', [half, half]), ['PutObject 200']);
  t.same(await put('a byte more', [half, half, Buffer.from('.')], IF_ABSENT), [
    'CreateMultipartUpload 200',
    'UploadPart 200',
    'UploadPart 200',
    'CompleteMultipartUpload 200',
  ]);
  t.ok((await store.get('a byte more'))?.body.equals(Buffer.concat([half, half, Buffer.from('.')])));
  t.equal(await store.put('a byte more', streamOf([half, half, half]), IF_ABSENT), 'conflict');
  t.equal((await store.get('a byte more'))?.body.length, 8 * MEBIBYTE + 1);
  const seen = { ifMatch: (await store.head('a byte more'))?.etag ?? '' };
  t.equal(await store.put('a byte more', streamOf([half, half, half]), seen), 'written');
  t.equal(await store.put('a byte more', streamOf([half, half, half]), seen), 'conflict');
  t.equal(await store.put('absent', streamOf([half, half, half]), seen), 'conflict');
  t.same(await store.get('absent'), undefined);
});

t.test('a large body that fails in the middle leaves no parts', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const cause = new PipelineError('retry', 'the source broke off', { hint: 'mend it' });
  const chunk = Buffer.alloc(3 * MEBIBYTE);
  const breaksOff = async function* () {
    for (let chunks = 0; chunks < 6; chunks++) yield chunk;
    throw cause;
  };
  const calls = await callsOf(bucket, async () => {
    await t.rejects(store.put('large', breaksOff(), IF_ABSENT), cause);
  });
  // A bucket in which parts are left cannot be deleted.
  t.same(calls.slice(0, 1), ['CreateMultipartUpload 200']);
  t.same(calls.slice(-1), ['AbortMultipartUpload 204']);
  t.equal(await store.head('large'), undefined);
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  await emulator.createBucket(bucket);
  emulator.faults = onceEach({ AbortMultipartUpload: [{ status: 403, code: 'AccessDenied' }] });
  await t.rejects(store.put('large', breaksOff()), cause, 'also when the parts cannot be thrown away');
  t.equal(await store.head('large'), undefined);
});

t.test('a source is closed when its put fails', async (t) => {
  const store = storeAt('s3://no-such-bucket');
  let closed = false;
  const source = async function* () {
    try {
      for (;;) yield Buffer.alloc(MEBIBYTE);
    } finally {
      closed = true;
    }
  };
  await t.rejects(store.put('large', source()), /the bucket does not exist/);
  t.equal(closed, true);
});

t.test('a lost acknowledgement is no conflict', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const losing = (work: () => Promise<void>) => {
    emulator.faults = onceEach({ PutObject: [LOST], CompleteMultipartUpload: [LOST] });
    return callsOf(bucket, work);
  };
  const absent = await losing(async () => {
    t.equal(await store.put('k', 'first', IF_ABSENT), 'written');
  });
  t.same(absent, ['PutObject 200', 'PutObject 412', 'HeadObject 200']);
  const match = await losing(async () => {
    const seen = { ifMatch: (await store.get('k'))?.etag ?? '' };
    t.equal(await store.put('k', 'second', seen), 'written');
  });
  t.same(match, ['GetObject 200', 'PutObject 200', 'PutObject 412', 'HeadObject 200']);
  t.equal((await store.get('k'))?.body.toString(), 'second');
  const always = await losing(async () => {
    t.equal(await store.put('k', 'third'), 'written');
  });
  t.same(always, ['PutObject 200', 'PutObject 200']);

  const large = () => streamOf([Buffer.alloc(9 * MEBIBYTE, 'large')]);
  const last = (calls: string[]) => calls.slice(calls.indexOf('CompleteMultipartUpload 200'));
  const absentParts = await losing(async () => {
    t.equal(await store.put('large', large(), IF_ABSENT), 'written');
  });
  t.same(last(absentParts), [
    'CompleteMultipartUpload 200',
    'CompleteMultipartUpload 412',
    'AbortMultipartUpload 404',
    'HeadObject 200',
  ]);
  const parts = await losing(async () => {
    t.equal(await store.put('large', large()), 'written');
  });
  t.same(last(parts), [
    'CompleteMultipartUpload 200',
    'CompleteMultipartUpload 404',
    'AbortMultipartUpload 404',
    'HeadObject 200',
  ]);
  t.equal((await store.get('large'))?.body.length, 9 * MEBIBYTE);
});

t.test('another writer’s object is a conflict, also when its bytes are the same', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  t.equal(await store.put('k', 'same', IF_ABSENT), 'written');
  const calls = await callsOf(bucket, async () => {
    t.equal(await store.put('k', 'same', IF_ABSENT), 'conflict');
    t.equal(await store.put('k', 'same', { ifMatch: 'another' }), 'conflict');
    t.equal(await store.put('missing', 'same', { ifMatch: 'another' }), 'conflict');
  });
  t.same(calls, ['PutObject 412', 'HeadObject 200', 'PutObject 412', 'HeadObject 200', 'PutObject 404']);
  const outcomes = await pMap([...Array(20).keys()], () => store.put('race', 'same', IF_ABSENT));
  t.equal(outcomes.filter((outcome) => outcome === 'written').length, 1);
});

t.test('an answer that got lost, and another writer since: a conflict', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  await store.put('k', 'before');
  const seen = { ifMatch: (await store.head('k'))?.etag ?? '' };
  const theirs = await clientsOf(emulator.url, 'other').s3();
  let isOurs = false;
  let isTheirs = false;
  emulator.onObjectCreated((object) => {
    if (object.bucket !== bucket || isOurs) return;
    isOurs = true;
    void theirs.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'theirs' })).then(() => {
      isTheirs = true;
    });
  });
  emulator.faults = ({ operation, principal }) => {
    if (operation !== 'PutObject' || principal !== 'tester' || isTheirs) return undefined;
    return isOurs ? BUSY : LOST;
  };
  t.equal(await store.put('k', 'ours', seen), 'conflict');
  emulator.faults = () => undefined;
  t.equal((await store.get('k'))?.body.toString(), 'theirs');
  theirs.destroy();
});

t.test('a 409 is asked again, it is no conflict', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const aborted = { status: 409, code: 'OperationAborted' };
  for (const condition of [IF_ABSENT, undefined]) {
    emulator.faults = onceEach({ PutObject: [BUSY, aborted] });
    const calls = await callsOf(bucket, async () => {
      t.equal(await store.put('k', 'body', condition), 'written');
    });
    t.same(calls, ['PutObject 409', 'PutObject 409', 'PutObject 200']);
  }
  emulator.faults = onceEach({ PutObject: [BUSY] });
  t.equal(await store.put('k', 'late', IF_ABSENT), 'conflict', 'what it says at last counts');

  const large = streamOf([Buffer.alloc(9 * MEBIBYTE)]);
  emulator.faults = onceEach({ CompleteMultipartUpload: [BUSY] });
  const calls = await callsOf(bucket, async () => {
    await t.rejects(store.put('large', large, IF_ABSENT), {
      verdict: 'retry',
      message: `cannot write s3://${bucket}: another writer was at the same object`,
      hint: 'run the command again',
    });
  });
  t.same(calls.slice(-2), ['CompleteMultipartUpload 409', 'AbortMultipartUpload 204']);
  t.equal(await store.head('large'), undefined, 'a stream cannot be sent again');
});

t.test('throttling and broken connections are retried', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const slowDown = { status: 503, code: 'SlowDown' };
  const faults = (operation: string) => onceEach({ [operation]: [slowDown, { reset: true }] });
  emulator.faults = faults('PutObject');
  const put = await callsOf(bucket, async () => {
    t.equal(await store.put('k', 'body', IF_ABSENT), 'written');
  });
  t.same(put, ['PutObject 503', 'PutObject 0', 'PutObject 200']);
  emulator.faults = faults('GetObject');
  t.equal((await store.get('k'))?.body.toString(), 'body');
  emulator.faults = faults('HeadObject');
  t.equal((await store.head('k'))?.etag, (await store.get('k'))?.etag);
  emulator.faults = faults('ListObjectsV2');
  t.same(await listed(store, ''), ['k']);
  emulator.faults = ({ operation }) => (operation === 'GetObject' ? slowDown : undefined);
  const message = `cannot read s3://${bucket}: SlowDown`;
  await t.rejects(store.get('k'), { verdict: 'retry', message });
  emulator.faults = () => undefined;
});

t.test('a missing bucket is an error', async (t) => {
  const store = storeAt('s3://no-such-bucket/bronze');
  const refused = (verb: string) => ({
    verdict: 'stop',
    message: `cannot ${verb} s3://no-such-bucket/bronze: the bucket does not exist`,
    hint: 'check its name, or create it',
  });
  await t.rejects(store.get('k'), refused('read'));
  await t.rejects(store.read('k'), refused('read'));
  await t.rejects(listed(store, ''), refused('list'));
  for (const condition of [undefined, IF_ABSENT, { ifMatch: 'any' }]) {
    await t.rejects(store.put('k', 'body', condition), refused('write'));
  }
  t.equal(await store.head('k'), undefined, 'but not for a HEAD, which cannot tell');
});

t.test('a burst of faults is waited out, however many calls it hits', async (t) => {
  const store = storeAt(`s3://${await freshBucket()}`);
  const keys = Array.from({ length: 120 }, (_, index) => `dt=1/${index}`);
  const hit = new Set<string>();
  emulator.faults = ({ operation, resource }) => {
    if (hit.has(`${operation} ${resource}`)) return undefined;
    hit.add(`${operation} ${resource}`);
    return { reset: true };
  };
  t.teardown(() => {
    emulator.faults = () => undefined;
  });
  await Promise.all(keys.map((key) => store.put(key, key, IF_ABSENT)));
  const bodies = await Promise.all(keys.map(async (key) => (await store.get(key))?.body.toString()));
  t.same(bodies, keys);
  let throttled = 6;
  emulator.faults = () => (throttled-- > 0 ? { status: 503, code: 'SlowDown' } : undefined);
  t.equal(await store.put('late', 'body', IF_ABSENT), 'written');
});

t.test('a HEAD that fails is asked again as a GET, whose answer counts', async (t) => {
  const store = storeAt(`s3://${await freshBucket()}`);
  await store.put('there', 'body');
  const etag = (await store.get('there'))?.etag;
  emulator.faults = ({ operation }) =>
    operation === 'HeadObject' ? { status: 400, code: 'BadRequest' } : undefined;
  t.teardown(() => {
    emulator.faults = () => undefined;
  });
  t.same(await store.head('there'), { etag });
  t.equal(await store.head('missing'), undefined);
});

t.test('a HEAD that fails says why', async (t) => {
  const bucket = await freshBucket();
  const store = storeAt(`s3://${bucket}`);
  const refuse = (fault: Fault) => {
    emulator.faults = ({ operation }) => (/^(Head|Get)Object$/.test(operation) ? fault : undefined);
  };
  refuse({ status: 403, code: 'SignatureDoesNotMatch' });
  await t.rejects(store.head('k'), {
    message: `cannot read s3://${bucket}: AWS refuses the credentials (SignatureDoesNotMatch)`,
  });
  refuse({ status: 403, code: 'AccessDenied' });
  await t.rejects(store.head('k'), { message: `cannot read s3://${bucket}: access denied` });
  refuse({ status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } });
  await t.rejects(store.head('k'), { message: `cannot read s3://${bucket}: the bucket is in eu-west-1` });
  emulator.faults = () => undefined;
});

t.test('a body that breaks off is fetched again', async (t) => {
  const whole = Buffer.alloc(300_000, 'body ');
  const answers: RequestListener[] = [
    (_, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': whole.length });
      response.write(whole.subarray(0, 100_000), () => response.destroy());
    },
    (_, response) => response.writeHead(200, { etag: '"2"', 'x-amz-checksum-crc32': 'AAAAAA==' }).end(whole),
    (_, response) =>
      response.writeHead(200, { etag: '"3"', 'x-amz-checksum-crc32': checksum(whole) }).end(whole),
  ];
  let requests = 0;
  const url = await serving(t, (request, response) => answers[requests++]?.(request, response));
  const store = await storeOn(t, url);
  const object = await store.get('k');
  t.equal(requests, 3);
  t.equal(object?.etag, '3', 'the etag is of the bytes that were read');
  t.ok(object?.body.equals(whole));
});

t.test('a body that keeps breaking off is an error to retry', async (t) => {
  let requests = 0;
  const url = await serving(t, (_, response) => {
    requests++;
    response.writeHead(200, { etag: '"1"', 'content-length': 10 });
    response.write('half ', () => response.destroy());
  });
  const store = await storeOn(t, url);
  const broken = { verdict: 'retry', message: /^cannot read s3:\/\/bucket: the answer broke off/ };
  await t.rejects(store.get('k'), broken);
  t.equal(requests, 4);
  const read = await store.read('k');
  await t.rejects(buffer(read?.body ?? Readable.from([])), broken);
  t.equal(requests, 8, 'who streams has had the beginning already, and the rest is not given');
});

t.test('a streaming read that breaks off goes on where it was', async (t) => {
  const whole = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const asked: (string | undefined)[] = [];
  let changed = false;
  const url = await serving(t, ({ headers }, response) => {
    asked.push(headers.range);
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = whole.subarray(start);
    const range = start > 0 ? { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` } : {};
    if (changed && headers['if-match'] === '"1"') return response.writeHead(412).end();
    response.writeHead(start > 0 ? 206 : 200, { etag: '"1"', 'content-length': rest.length, ...range });
    response.write(rest.subarray(0, 100_000), () =>
      rest.length > 100_000 ? response.destroy() : response.end(),
    );
  });
  const store = await storeOn(t, url);
  const read = async () => buffer((await store.read('k'))?.body ?? Readable.from([]));
  t.ok((await read()).equals(whole));
  t.same(asked, [undefined, 'bytes=100000-', 'bytes=200000-']);
  const body = (await store.read('k'))?.body;
  changed = true;
  const broken = { verdict: 'retry', message: /broke off/ };
  await t.rejects(buffer(body ?? Readable.from([])), broken, 'another object is not its rest');
});

t.test('a streaming read takes what is read, and ends when its reader leaves', async (t) => {
  let sent = 0;
  const left: Promise<void>[] = [];
  const url = await serving(t, (_, response) => {
    left.push(new Promise((resolve) => response.once('close', resolve)));
    response.writeHead(200, { etag: '"1"', 'content-length': 1_000 * MEBIBYTE });
    const chunk = Buffer.alloc(MEBIBYTE);
    const send = () => {
      while (sent++ < 1_000 && response.write(chunk));
    };
    response.on('drain', send);
    send();
  });
  const store = await storeOn(t, url);
  for await (const _chunk of (await store.read('k'))?.body ?? []) break;
  await left[0];
  t.ok(sent < 100, `of 1000 MiB, ${sent} were sent`);
  (await store.read('k'))?.body.destroy();
  await left[1];
});

t.test('64 objects are read at once', async (t) => {
  const waiting: (() => void)[] = [];
  const url = await serving(t, (_, response) => {
    waiting.push(() => response.writeHead(200, { etag: '"1"' }).end('body'));
    if (waiting.length === 64) for (const answer of waiting) answer();
  });
  const store = await storeOn(t, url);
  const keys = Array.from({ length: 64 }, (_, index) => `${index}`);
  const objects = await Promise.all(keys.map((key) => store.get(key)));
  t.equal(objects.filter((object) => object?.body.toString() === 'body').length, 64);
});

t.test('what is no S3 is told', async (t) => {
  const url = await serving(t, (_, response) => response.end('<html>It works!'));
  const store = await storeOn(t, url);
  const hint = 'check --endpoint-url';
  const noEtag = { verdict: 'stop', message: 'what answers is not S3: an object has no ETag', hint };
  await t.rejects(store.get('k'), noEtag);
  await t.rejects(store.head('k'), noEtag);
  await t.rejects(store.put('k', 'body'), noEtag);
  await t.rejects(listed(store, ''), {
    message: 'cannot list s3://bucket: what answers is not AWS (HTTP 200)',
    hint,
  });
});

/** A bucket of its own for a test. */
async function freshBucket(): Promise<string> {
  const bucket = `bucket-${++buckets}`;
  await emulator.createBucket(bucket);
  return bucket;
}

function storeAt(uri: string): Store {
  const location = s3Location(uri);
  if (!location) throw new Error(`${uri} is no S3 URI`);
  return s3Store(client, location, uri);
}

/** `s3://bucket` on a server of the test's own. */
async function storeOn(t: Test, url: string): Promise<Store> {
  const clients = clientsOf(url, 'tester');
  t.teardown(() => clients.close());
  return s3Store(await clients.s3(), { bucket: 'bucket', prefix: '' }, 's3://bucket');
}

const LOST: Fault = { lostAnswer: true };
const BUSY: Fault = { status: 409, code: 'ConditionalRequestConflict' };

/** Each call of an operation meets the next of its faults, until none is left. */
function onceEach(faults: Record<string, Fault[]>): (call: AwsCall) => Fault | undefined {
  return ({ operation }) => faults[operation]?.shift();
}

/** What was asked of a bucket meanwhile, and the status of each answer. */
async function callsOf(bucket: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = emulator.calls.length;
  await work();
  const arn = `arn:aws:s3:::${bucket}`;
  return emulator.calls
    .slice(before)
    .filter(({ resource }) => resource === arn || resource.startsWith(`${arn}/`))
    .map(({ operation, status }) => `${operation} ${status}`);
}

async function* streamOf(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

function checksum(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}
