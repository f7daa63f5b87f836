import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { cli, told } from './support/cli.js';
import { SECRET_ACCESS_KEY, SESSION_TOKEN } from './support/secrets.js';
import { serving } from './support/serving.js';

const LATER = '2099-01-01T00:00:00Z';
const SESSION = 'office';

/** Keys by the fields that a service has them in, of who is named. */
const keysOf = (who: string) => ({
  AccessKeyId: who,
  SecretAccessKey: SECRET_ACCESS_KEY,
  Token: SESSION_TOKEN,
  Expiration: LATER,
});
const roleOf = (action: string) =>
  `<${action}Response><${action}Result><Credentials><AccessKeyId>${action}</AccessKeyId>` +
  `<SecretAccessKey>${SECRET_ACCESS_KEY}</SecretAccessKey><SessionToken>${SESSION_TOKEN}</SessionToken>` +
  `<Expiration>${LATER}</Expiration></Credentials></${action}Result></${action}Response>`;
const ofSso = {
  roleCredentials: {
    accessKeyId: 'sso',
    secretAccessKey: SECRET_ACCESS_KEY,
    sessionToken: SESSION_TOKEN,
    expiration: Date.parse(LATER),
  },
};

/** Whoever hands out keys, by address; what is asked of S3 is answered with nothing. */
const ANSWERS: readonly (readonly [address: RegExp, answer: string])[] = [
  [/^PUT \/latest\/api\/token/, 'token'],
  [/^GET \/latest\/meta-data\/iam\/security-credentials\/?$/, 'role'],
  [
    /^GET \/latest\/meta-data\/iam\/security-credentials\/role/,
    JSON.stringify({ Code: 'Success', ...keysOf('machine') }),
  ],
  [/^GET \/container/, JSON.stringify(keysOf('container'))],
  [/^GET \/federation\/credentials/, JSON.stringify(ofSso)],
  [/^GET \/lake\/?\?/, '<ListBucketResult></ListBucketResult>'],
];

t.test('the command has its keys from wherever the SDK finds some', async (t) => {
  const askers = new Set<string>();
  const answer: RequestListener = (request, response) => {
    const { method, url = '', headers } = request;
    const who = /Credential=([^/]+)\/.*\/s3\//.exec(headers.authorization ?? '')?.[1];
    if (who !== undefined)
      askers.add(`${who}${'x-amz-security-token' in headers ? '' : ' without a session'}`);
    let form = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      form += text;
    });
    request.on('end', () => {
      const action = /Action=(AssumeRole\w*)/.exec(form)?.[1];
      const found = action
        ? roleOf(action)
        : ANSWERS.find(([address]) => address.test(`${method} ${url}`))?.[1];
      response
        .writeHead(found === undefined ? 404 : 200)
        .end(found ?? '<Error><Code>NoSuchKey</Code></Error>');
    });
  };
  const url = await serving(t, answer);
  const token = { startUrl: url, region: 'eu-west-1', accessToken: 'token', expiresAt: LATER };
  const cached = createHash('sha1').update(SESSION).digest('hex');
  const cwd = t.testdir({
    config: [
      '[profile role]',
      'role_arn = arn:aws:iam::123456789012:role/etl',
      'source_profile = own',
      '[profile sso]',
      `sso_session = ${SESSION}`,
      'sso_account_id = 123456789012',
      'sso_role_name = etl',
      `[sso-session ${SESSION}]`,
      `sso_start_url = ${url}`,
      'sso_region = eu-west-1',
      'sso_registration_scopes = sso:account:access',
      '',
    ].join('\n'),
    credentials: `[own]\naws_access_key_id = own\naws_secret_access_key = ${SECRET_ACCESS_KEY}\n`,
    'token.jwt': 'token',
    '.aws': { sso: { cache: { [`${cached}.json`]: JSON.stringify(token) } } },
  });
  const sources: Record<string, Record<string, string>> = {
    AssumeRole: { AWS_PROFILE: 'role' },
    AssumeRoleWithWebIdentity: {
      AWS_WEB_IDENTITY_TOKEN_FILE: join(cwd, 'token.jwt'),
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/etl',
    },
    sso: { AWS_PROFILE: 'sso' },
    container: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` },
    machine: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url },
  };
  for (const [who, source] of Object.entries(sources)) {
    askers.clear();
    const result = await cli(
      ['silver', '--date', '2099-01-02', '--bronze', 's3://lake/b', '--silver', 's3://lake/s'],
      {
        cwd,
        env: {
          HOME: cwd,
          AWS_CONFIG_FILE: join(cwd, 'config'),
          AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'credentials'),
          AWS_ENDPOINT_URL: url,
          AWS_REGION: 'eu-west-1',
          ...source,
        },
      },
    );
    t.match(result.stderr, '2099-01-02 has no run yet', `${who}: ${told(result)}`);
    t.same([...askers], [who]);
  }
});
