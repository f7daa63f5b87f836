import { join } from 'node:path';
import t, { type Test } from 'tap';
import { clientsOf } from '../chain/clients.js';
import { type Fault, type RecordedCall, startEmulator } from '../chain/emulator/emulator.js';
import { objectsUnder } from '../chain/objects.js';
import { awsClients } from '../src/aws.js';
import { type Retry, silentLog } from '../src/log.js';
import { openStore } from '../src/stores/open.js';
import { type CliResult, cli, contentsOf, jsonLines, linesOf, told } from './support/cli.js';
import { SECRET_ACCESS_KEY, watchRequests } from './support/secrets.js';
import { serving } from './support/serving.js';

/** A day to come: one in the past has a warning of its own. */
const DATE = '2099-01-02';
const LAKE = ['--bronze', 's3://lake/bronze', '--silver', 's3://lake/silver', '--gold', 's3://lake/gold'];
const KEYS = { AWS_ACCESS_KEY_ID: 'KEYS', AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY };
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const emulator = await startEmulator();
watchRequests(emulator);
await emulator.createBucket('lake');
const HERE = ['--endpoint-url', emulator.url, '--region', 'us-east-1'];
t.teardown(() => emulator.close());

/** Runs the command with nothing of this machine's AWS configuration, but what lies in the test's directory. */
function run(cwd: string, args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const bare = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(cwd, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'credentials'),
  };
  return cli(args, { cwd, env: { ...bare, ...env } });
}

/** The same, and every call that reached the emulator meanwhile. */
async function runAndRecord(cwd: string, args: string[], env?: Record<string, string>) {
  const before = emulator.calls.length;
  const result = await run(cwd, args, env);
  return { result, calls: emulator.calls.slice(before) };
}

t.test('a run in S3 makes what a run in directories makes', async (t) => {
  const cwd = t.testdir();
  const what = ['--offline', '--top-n', '5', '--date', DATE];
  const inS3 = await run(cwd, ['run-all', ...what, ...LAKE, '--queue', 'queue', ...HERE], KEYS);
  t.equal(inS3.code, 0, told(inS3));
  t.match(linesOf(inS3.stderr), [
    /^✔ extract 2099-01-02: 5 movies, 5 batches, run /,
    '✔ enrich 2099-01-02: 5 enriched, 0 not found',
    /^✔ silver 2099-01-02: 5 rows, from run /,
    /^✔ gold 2099-01-02: \d+ datasets of 5 movies( \(.* s\))?$/,
  ]);
  t.equal(linesOf(inS3.stderr).length, 4, 'and nothing else');
  t.match(inS3.stdout, `   5  s3://lake/silver/movies/dt=${DATE}/movies.csv\n`);

  const here = await run(cwd, ['run-all', ...what, '--data-dir', 'data']);
  t.equal(here.code, 0, told(here));
  const csv = ([name]: [string, string]) => !name.includes('_lineage');
  for (const layer of ['silver', 'gold']) {
    const [inDirectory, inBucket] = [await contentsOf(join(cwd, 'data', layer)), await objectsOf(layer)];
    t.ok(inBucket.size > 1);
    t.same([...inBucket].filter(csv), [...inDirectory].filter(csv), layer);
  }
});

t.test('layers in S3 and in directories go together', async (t) => {
  const cwd = t.testdir();
  const silver = await run(cwd, ['silver', '--date', DATE, ...LAKE, '--silver', 'silver', ...HERE], KEYS);
  t.equal(silver.code, 0, told(silver));
  const gold = await run(cwd, ['gold', '--date', DATE, '--silver', 'silver', '--gold', 'gold']);
  t.equal(gold.code, 0, told(gold));
  t.same(await contentsOf(join(cwd, 'silver')), await objectsOf('silver'), 'of the same run, to the byte');
  t.same(await contentsOf(join(cwd, 'gold')), await objectsOf('gold'));
});

t.test('who asks, in which region, and where', async (t) => {
  const cwd = t.testdir({
    config: [
      '[default]',
      'region = ca-central-1',
      '[profile work]',
      'region = eu-west-3',
      '[profile tool]',
      `credential_process = cat ${join(t.testdirName, 'keys.json')}`,
      '[profile elsewhere]',
      'region = eu-north-1',
      `endpoint_url = ${emulator.url}`,
      '',
    ].join('\n'),
    credentials: ['default', 'work', 'elsewhere']
      .map((name) => `[${name}]\naws_access_key_id = ${name}\naws_secret_access_key = ${SECRET_ACCESS_KEY}\n`)
      .join(''),
    'keys.json': JSON.stringify({ Version: 1, AccessKeyId: 'process', SecretAccessKey: SECRET_ACCESS_KEY }),
    dotenv: {
      '.env': `AWS_ACCESS_KEY_ID=dotenv\nAWS_SECRET_ACCESS_KEY=${SECRET_ACCESS_KEY}\nAWS_REGION=eu-west-2\nAWS_ENDPOINT_URL=${emulator.url}\n`,
    },
  });
  const at = { AWS_ENDPOINT_URL: emulator.url };
  const inWest = { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-1' };
  const cases: [string, string[], Record<string, string>, { who: string; region: string }][] = [
    [
      'flags',
      ['--region', 'eu-west-1', '--endpoint-url', emulator.url],
      KEYS,
      { who: 'KEYS', region: 'eu-west-1' },
    ],
    ['variables', [], { ...KEYS, ...at, ...inWest }, { who: 'KEYS', region: 'us-west-2' }],
    [
      'AWS_DEFAULT_REGION',
      [],
      { ...KEYS, ...at, AWS_DEFAULT_REGION: 'us-west-1' },
      { who: 'KEYS', region: 'us-west-1' },
    ],
    [
      'the endpoint of S3 before the one of all services',
      [],
      { ...KEYS, ...inWest, AWS_ENDPOINT_URL: NOWHERE, AWS_ENDPOINT_URL_S3: emulator.url },
      { who: 'KEYS', region: 'us-west-2' },
    ],
    [
      'flags before variables',
      ['--region', 'eu-west-1', '--endpoint-url', emulator.url],
      { ...KEYS, ...inWest, AWS_ENDPOINT_URL: NOWHERE, AWS_ENDPOINT_URL_S3: NOWHERE },
      { who: 'KEYS', region: 'eu-west-1' },
    ],
    ['the default profile', [], at, { who: 'default', region: 'ca-central-1' }],
    ['AWS_PROFILE', [], { ...at, AWS_PROFILE: 'work' }, { who: 'work', region: 'eu-west-3' }],
    ['--profile', ['--profile', 'work'], at, { who: 'work', region: 'eu-west-3' }],
    [
      '--profile before keys',
      ['--profile', 'work'],
      { ...at, ...KEYS },
      { who: 'work', region: 'eu-west-3' },
    ],
    [
      '--profile before AWS_PROFILE',
      ['--profile', 'work'],
      { ...at, AWS_PROFILE: 'default' },
      { who: 'work', region: 'eu-west-3' },
    ],
    [
      'a region before that of the profile',
      ['--profile', 'work'],
      { ...at, AWS_REGION: 'us-west-2' },
      { who: 'work', region: 'us-west-2' },
    ],
    [
      'keys before AWS_PROFILE',
      [],
      { ...at, ...KEYS, AWS_PROFILE: 'work' },
      { who: 'KEYS', region: 'eu-west-3' },
    ],
    ['the endpoint of --profile', ['--profile', 'elsewhere'], {}, { who: 'elsewhere', region: 'eu-north-1' }],
    [
      'the endpoint of AWS_PROFILE',
      [],
      { AWS_PROFILE: 'elsewhere' },
      { who: 'elsewhere', region: 'eu-north-1' },
    ],
    [
      'a process of a profile',
      ['--profile', 'tool'],
      { ...at, ...inWest },
      { who: 'process', region: 'us-west-2' },
    ],
  ];
  for (const [name, flags, env, expected] of cases) {
    const { result, calls } = await runAndRecord(cwd, ['gold', '--date', DATE, ...LAKE, ...flags], env);
    t.equal(result.code, 0, `${name}: ${told(result)}`);
    t.match(result.stderr, /^✔ gold [^\n]+\n$/, `${name}: without a warning`);
    t.same(askers(calls), [expected], name);
  }
  const files = { AWS_CONFIG_FILE: join(cwd, 'config') };
  const dotenv = await runAndRecord(join(cwd, 'dotenv'), ['gold', '--date', DATE, ...LAKE], files);
  t.equal(dotenv.result.code, 0, told(dotenv.result));
  t.same(askers(dotenv.calls), [{ who: 'dotenv', region: 'eu-west-2' }], 'a .env file');
  const over = await runAndRecord(join(cwd, 'dotenv'), ['gold', '--date', DATE, ...LAKE], {
    ...KEYS,
    ...inWest,
  });
  t.same(askers(over.calls), [{ who: 'KEYS', region: 'us-west-2' }], 'variables before a .env file');
});

t.test('what is not set is told in a line', async (t) => {
  const cwd = t.testdir({ config: '[profile work]\nregion = eu-west-3\n' });
  const gold = (...flags: string[]) => ['gold', '--date', DATE, ...LAKE, ...flags];
  const noCredentials =
    "error: cannot read s3://lake/gold: no AWS credentials are found; check --profile or AWS_PROFILE ('aws configure' makes profiles), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  await failsWith(t, run(cwd, gold(...HERE)), noCredentials);
  await failsWith(t, run(cwd, gold(...HERE, '--profile', 'nobody')), noCredentials);
  await failsWith(t, run(cwd, gold(...HERE, '--profile', 'work')), noCredentials);
  await failsWith(t, run(cwd, gold(...HERE), { AWS_PROFILE: 'nobody' }), noCredentials);
  await failsWith(
    t,
    run(cwd, gold('--endpoint-url', emulator.url), KEYS),
    'error: cannot read s3://lake/gold: no AWS region is set; give --region or set AWS_REGION',
  );
  await failsWith(
    t,
    run(cwd, gold('--endpoint-url', emulator.url, '--region', 'EU (Ireland)'), KEYS),
    'error: cannot read s3://lake/gold: the AWS region is no name of one; give --region or set AWS_REGION',
  );
  await failsWith(
    t,
    run(cwd, gold('--endpoint-url', NOWHERE, '--region', 'us-east-1'), KEYS),
    'error: cannot read s3://lake/gold: the connection is refused; check the network, --region and --endpoint-url',
  );
});

t.test('a bucket that is missing is told in a line, by every command', async (t) => {
  const cwd = t.testdir();
  const missing = LAKE.map((argument) => argument.replace('lake', 'dry'));
  const there = ['--date', DATE, ...missing, '--queue', 'queue', ...HERE];
  for (const [command, failed] of [
    ['extract --offline --top-n 5', 'read s3://dry/bronze'],
    ['enrich --offline', 'list s3://dry/bronze'],
    ['silver', 'read s3://dry/bronze'],
    ['gold', 'list s3://dry/silver'],
    ['run-all --offline --top-n 5', 'list s3://dry/bronze'],
  ] as const) {
    const line = `error: cannot ${failed}: the bucket does not exist; check its name, or create it`;
    await failsWith(t, run(cwd, [...command.split(' '), ...there], KEYS), line);
  }
});

t.test('what AWS refuses is told in a line', async (t) => {
  const cwd = t.testdir();
  const command = (name: string, url: string) => [
    name,
    '--date',
    DATE,
    ...LAKE,
    '--endpoint-url',
    url,
    '--region',
    'us-east-1',
  ];
  const refusing = async (fault: Fault, name: string, line: string) => {
    emulator.faults = () => fault;
    await failsWith(t, run(cwd, command(name, emulator.url), KEYS), line);
    emulator.faults = () => undefined;
  };
  const policies = 'check the policies of the credentials, and of the bucket, queue or secret';
  const denied = `error: cannot read s3://lake/gold: access denied; ${policies}`;
  await refusing({ status: 403, code: 'AccessDenied' }, 'gold', denied);
  const who =
    'User: arn:aws:iam::000000000000:user/KEYS is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::lake"';
  await refusing(
    { status: 403, code: 'AccessDenied', message: who.replaceAll('"', '&quot;') },
    'silver',
    `error: cannot read s3://lake/silver: access denied (${who}); ${policies}`,
  );
  const keys =
    "check --profile or AWS_PROFILE ('aws configure' makes profiles), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  for (const code of ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken']) {
    const line = `error: cannot read s3://lake/gold: AWS refuses the credentials (${code}); ${keys}`;
    await refusing({ status: code === 'ExpiredToken' ? 400 : 403, code, headers: IN_IRELAND }, 'gold', line);
  }
  const region = (layer: string) =>
    `error: cannot read s3://lake/${layer}: the bucket is in eu-west-1; give --region eu-west-1 or set AWS_REGION`;
  const moved: Fault = { status: 301, code: 'PermanentRedirect', headers: IN_IRELAND };
  await refusing(moved, 'gold', region('gold'));
  await refusing(moved, 'silver', region('silver'));
  const malformed = await serving(t, (request, response) => {
    const error =
      '<Code>AuthorizationHeaderMalformed</Code><Message>expecting it</Message><Region>eu-west-1</Region>';
    response.writeHead(400).end(request.method === 'HEAD' ? '' : `<Error>${error}</Error>`);
  });
  await failsWith(t, run(cwd, command('gold', malformed), KEYS), region('gold'));
  const elsewhere = await serving(t, (_, response) => response.writeHead(404).end('<html>Not <b>found'));
  await failsWith(
    t,
    run(cwd, command('silver', elsewhere), KEYS),
    'error: cannot read s3://lake/bronze: what answers is not AWS (HTTP 404); check --endpoint-url',
  );
});

t.test('an error in AWS is in the JSON too', async (t) => {
  const cwd = t.testdir();
  const places = LAKE.map((argument) => argument.replace('lake', 'dry'));
  const result = await run(cwd, ['silver', '--json', '--date', DATE, ...places, ...HERE], KEYS);
  t.equal(result.code, 1);
  t.same(jsonLines(result.stdout), [
    {
      date: DATE,
      error: {
        verdict: 'stop',
        message: 'cannot read s3://dry/bronze: the bucket does not exist',
        hint: 'check its name, or create it',
      },
    },
  ]);
});

t.test('a call that is repeated is told, without what AWS says', async (t) => {
  const retries: Retry[] = [];
  const log = { ...silentLog, retry: (retry: Retry) => void retries.push(retry) };
  const credentials = async () => ({ accessKeyId: 'KEYS', secretAccessKey: SECRET_ACCESS_KEY });
  const settings = { endpointUrl: emulator.url, region: 'us-east-1', pathStyle: true, credentials };
  const aws = awsClients(settings, log);
  t.teardown(aws.close);
  const answers: Fault[] = [
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
  ];
  emulator.faults = () => answers.shift();
  t.teardown(() => {
    emulator.faults = () => undefined;
  });
  const store = await openStore('s3://lake/told', aws);
  t.equal(await store.get('nothing'), undefined);
  t.match(retries, [
    { who: 'AWS', reason: 'AWS SlowDown', asked: false },
    { who: 'AWS', reason: 'AWS InternalError', asked: false },
  ]);
  t.ok(
    retries.every(({ seconds }) => seconds > 0 && seconds <= 0.2),
    `${retries.map(({ seconds }) => seconds)}`,
  );
});

const IN_IRELAND = { 'x-amz-bucket-region': 'eu-west-1' };

/** One line on stderr, nothing on stdout, exit code 1. */
async function failsWith(t: Test, running: Promise<CliResult>, line: string): Promise<void> {
  const { code, stdout, stderr } = await running;
  t.same({ code, stdout, stderr }, { code: 1, stdout: '', stderr: `${line}\n` });
}

/** Access key ids and regions, each pair once. */
function askers(calls: RecordedCall[]): { who: string; region: string }[] {
  const pairs = calls.map(({ principal, headers }) => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(String(headers.authorization))?.[1];
    return JSON.stringify({ who: principal, region });
  });
  return [...new Set(pairs)].map((pair) => JSON.parse(pair));
}

/** Every object of a layer, by its key. */
async function objectsOf(layer: string): Promise<Map<string, string>> {
  const aws = clientsOf(emulator.url, 'test');
  return objectsUnder(`s3://lake/${layer}`, aws).finally(aws.close);
}
