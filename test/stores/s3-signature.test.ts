import fc from 'fast-check';
import t from 'tap';
import { clientsOf } from '../../chain/clients.js';
import { type Credentials, GetSignatures, momentOf, type Signed } from '../../src/stores/s3-signature.js';
import { SECRET_ACCESS_KEY, SESSION_TOKEN } from '../support/secrets.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const clients = clientsOf('http://127.0.0.1:9', 'tester');
t.teardown(() => clients.close());
const client = await clients.s3();
const signer = await client.config.signer();
const credentials: Credentials = await client.config.credentials();

const NOON = new Date('2026-11-23T12:00:00Z');
const [FIRST, LAST, NEXT_DAY] = [
  '2026-11-23T00:00:00.000Z',
  '2026-11-23T23:59:59.999Z',
  '2026-11-24T00:00:00Z',
];
const HEADERS = {
  host: 'lake.s3.amazonaws.com',
  'user-agent': 'tester',
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
};

async function signed(path: string, date: Date, more: Partial<Signed> = {}): Promise<Signed> {
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname: HEADERS.host,
    path,
    query: {},
    headers: HEADERS,
  };
  return (await signer.sign({ ...request, ...more }, { signingDate: date })) as Signed;
}

t.test(
  'signs as the SDK signs, whatever the path, the moment of the day and the other headers are',
  async (t) => {
    const path = fc.webPath().map((text) => `/${text}`);
    const date = fc.date({ min: new Date(FIRST), max: new Date(LAST), noInvalidDate: true });
    const name = fc.stringMatching(/^x-amz-[a-z][a-z0-9-]{0,20}$/).filter((text) => text !== 'x-amz-date');
    const headers = fc.dictionary(name, fc.stringMatching(/^[!-~]{1,40}$/));
    const query = fc.dictionary(
      fc.stringMatching(/^[a-z-]{1,10}$/),
      fc.stringMatching(/^[A-Za-z0-9]{0,10}$/),
      { maxKeys: 1 },
    );
    await fc.assert(
      fc.asyncProperty(path, date, headers, query, async (path, date, headers, query) => {
        const more = { headers: { ...HEADERS, ...headers }, query };
        const signatures = GetSignatures.like(await signed('/lake/first', NOON, more), credentials);
        const { headers: expected } = await signed(path, date, more);
        t.strictSame(signatures?.headersFor(path, momentOf(date)), expected);
      }),
      { numRuns: 300 },
    );
  },
);

t.test('they are of one day and of one key', async (t) => {
  const signatures = GetSignatures.like(await signed('/a', NOON), credentials);
  const areOf = (more: Partial<Credentials>, date = NOON) =>
    signatures?.areOf({ ...credentials, ...more }, momentOf(date));
  t.equal(areOf({}), true);
  t.equal(areOf({}, new Date(LAST)), true);
  t.equal(areOf({}, new Date(NEXT_DAY)), false);
  t.equal(areOf({ accessKeyId: 'OTHER' }), false);
  t.equal(areOf({ secretAccessKey: 'other' }), false);
  t.equal(areOf({ sessionToken: SESSION_TOKEN }), false);
});

t.test('there are none where the SDK signs otherwise', async (t) => {
  const request = await signed('/a', NOON);
  const none = (more: Partial<Signed>, keys = credentials) =>
    t.equal(GetSignatures.like({ ...request, ...more }, keys), undefined);
  none({ path: '/b' });
  none({ query: { 'x-id': 'GetObject' } });
  none({ headers: { ...request.headers, host: 'elsewhere' } });
  none({ headers: HEADERS });
  const { authorization = '' } = request.headers;
  none({
    headers: {
      ...request.headers,
      authorization: authorization.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
    },
  });
  none({}, { ...credentials, secretAccessKey: `${SECRET_ACCESS_KEY}-` });
});
