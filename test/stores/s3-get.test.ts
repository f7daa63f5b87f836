import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import { clientsOf } from '../../chain/clients.js';
import { awsClients } from '../../src/aws.js';
import { s3Store } from '../../src/stores/s3.js';
import { SECRET_ACCESS_KEY } from '../support/secrets.js';
import { serving } from '../support/serving.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const KEYS = ['dt=1/run=20261123T030000Z/tt0111161.json', 'a b&c<d>"é+%2F', "it's (1)!*~/🎬", 'x/a/../b'];

/** A store that has read an object already, and what the requests since then were made by. */
async function storeOn(t: Test, listener: RequestListener, prefix = 'bronze/') {
  const requests: IncomingMessage[] = [];
  let isReady = false;
  const url = await serving(t, (request, response) => {
    if (isReady) {
      requests.push(request);
      listener(request, response);
    } else response.writeHead(200, { etag: '"0"' }).end('first');
  });
  const clients = clientsOf(url, 'tester');
  t.teardown(() => clients.close());
  const client = await clients.s3();
  const open = () => s3Store(client, { bucket: 'bucket', prefix }, 's3://bucket/bronze');
  const store = open();
  await store.get('first');
  isReady = true;
  return { store, open, client, requests, makers: () => requests.map(makerOf) };
}

/** The SDK numbers its calls, and each attempt at one. */
function makerOf({ headers }: IncomingMessage): 'sdk' | 'plain' {
  return 'amz-sdk-invocation-id' in headers ? 'sdk' : 'plain';
}

function checksumOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

t.test('an object is asked for as the SDK asks for it, and signed as it is sent', async (t) => {
  const { store, open, client, requests, makers } = await storeOn(t, (_, response) =>
    response.writeHead(200, { etag: '"1"' }).end('body'),
  );
  for (const key of KEYS) await store.get(key);
  for (const key of KEYS) await open().get(key);
  t.same(makers(), [...KEYS.map(() => 'plain'), ...KEYS.map(() => 'sdk')]);
  const asked = requests.map(({ method, url, headers }) => [method, url, headers.host]);
  t.same(asked.slice(0, KEYS.length), asked.slice(KEYS.length));
  const signer = await client.config.signer();
  for (const { url = '', headers } of requests.slice(0, KEYS.length)) {
    const { authorization = '', 'x-amz-date': date = '', ...sent } = headers as Record<string, string>;
    t.match(sent, { 'x-amz-checksum-mode': 'ENABLED', 'user-agent': /^aws-sdk-js\// });
    const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];
    const amazons = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
    t.same(names, amazons.sort(), 'every header that has to be signed');
    const [path = '', query = ''] = url.split('?');
    const again = await signer.sign(
      {
        method: 'GET',
        protocol: 'http:',
        hostname: '127.0.0.1',
        path,
        query: Object.fromEntries(new URLSearchParams(query)),
        headers: Object.fromEntries(
          names.filter((name) => name !== 'x-amz-date').map((name) => [name, sent[name] ?? '']),
        ),
      },
      { signingDate: momentOf(date) },
    );
    t.equal(again.headers.authorization, authorization, url);
  }
});

t.test('a whole object and a missing one take one request', async (t) => {
  const body = 'body '.repeat(50_000);
  const { store, makers } = await storeOn(t, ({ url = '' }, response) => {
    if (url.includes('missing')) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    else if (url.includes('parts'))
      response.writeHead(200, { etag: '"p-2"', 'x-amz-checksum-crc32': 'x-2' }).end('a');
    else response.writeHead(200, { etag: '"1"', 'x-amz-checksum-crc32': checksumOf(body) }).end(body);
  });
  t.equal(await store.get('missing'), undefined);
  t.strictSame(await store.get('there'), { body: Buffer.from(body), etag: '1' });
  t.equal((await store.get('parts'))?.etag, 'p-2', 'a checksum of checksums is of no use here');
  t.same(makers(), ['plain', 'plain', 'plain']);
});

t.test('whatever is no whole object is asked for again by the SDK, whose answer counts', async (t) => {
  const good = { etag: '"good"', 'content-length': 4 };
  const faults: Record<string, RequestListener> = {
    'breaks off': (_, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': 10 });
      response.write('half ', () => response.destroy());
    },
    reset: (request) => request.socket.destroy(),
    'is not what was put': (_, response) =>
      response.writeHead(200, { etag: '"1"', 'x-amz-checksum-crc32': 'AAAAAA==' }).end('body'),
    'is throttled': (_, response) => response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'),
    'is refused': (_, response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
    'has no etag': (_, response) => response.writeHead(200).end('body'),
    'is no S3': (_, response) => response.writeHead(404).end('<html>'),
  };
  for (const [name, fault] of Object.entries(faults)) {
    let asked = 0;
    const { store, makers } = await storeOn(t, (request, response) => {
      if (asked++ === 0) fault(request, response);
      else response.writeHead(200, good).end('good');
    });
    t.equal((await store.get('k'))?.etag, 'good', name);
    t.same(makers(), ['plain', 'sdk'], name);
  }
  const { store } = await storeOn(t, (_, response) =>
    response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
  );
  await t.rejects(store.get('k'), { message: 'cannot read s3://bucket/bronze: access denied' });
});

t.test('objects with checksums that only the SDK checks are left to it', async (t) => {
  const sha256 = createHash('sha256').update('body').digest('base64');
  const { store, makers } = await storeOn(t, (_, response) =>
    response.writeHead(200, { etag: '"1"', 'x-amz-checksum-sha256': sha256 }).end('body'),
  );
  for (const key of ['a', 'b', 'c']) t.equal((await store.get(key))?.body.toString(), 'body');
  t.same(makers(), ['plain', 'sdk', 'sdk', 'sdk'], 'and only one is asked for twice');
});

t.test('keys that are renewed meanwhile sign what comes after', async (t) => {
  const askers: (string | undefined)[] = [];
  const endpointUrl = await serving(t, ({ headers }, response) => {
    askers.push(/Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]);
    response.writeHead(200, { etag: '"1"' }).end('body');
  });
  let accessKeyId = 'early';
  const expired = { secretAccessKey: SECRET_ACCESS_KEY, expiration: new Date() };
  const credentials = async () => ({ accessKeyId, ...expired });
  const clients = awsClients({ endpointUrl, region: 'eu-west-1', pathStyle: true, credentials });
  t.teardown(() => clients.close());
  const store = s3Store(await clients.s3(), { bucket: 'bucket', prefix: '' }, 's3://bucket');
  for (const key of ['a', 'b', 'c']) await store.get(key);
  accessKeyId = 'late';
  for (const key of ['d', 'e']) await store.get(key);
  t.same(askers, ['early', 'early', 'early', 'late', 'late']);
});

function momentOf(date: string): Date {
  return new Date(date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
}
