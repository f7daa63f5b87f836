import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startEmulator } from '../chain/emulator/emulator.js';
import { BIN, cli, contentsOf, filesUnder, linesOf, told } from './support/cli.js';
import { invalidKey, limitReached, type Script, startOmdb } from './support/omdb-server.js';
import { OMDB_KEY, PASSWORD, PATH_KEY, SECRET_ACCESS_KEY, watchRequests } from './support/secrets.js';

t.jobs = 2;

interface Answer {
  settings: { name: string; value: unknown; from: string; wrong?: boolean }[];
  mistakes?: string[];
  checks?: { name: string; state: string; message: string; hint?: string; verdict?: string }[];
}

/** Nothing of this machine's AWS configuration. */
const bare = (cwd: string) => ({
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: join(cwd, 'aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'aws-credentials'),
});

async function configured(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const result = await cli(['config', '--json', ...args], { cwd, env: { ...bare(cwd), ...env } });
  const answer = JSON.parse(result.stdout) as Answer;
  const of = (name: string) => {
    const found = answer.settings.find((setting) => setting.name === name);
    return found && [found.value, found.from];
  };
  const checked = (name: string) => answer.checks?.find((check) => check.name === name);
  return { ...result, answer, of, checked };
}

async function omdb(t: Test, script?: Script) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  return { server, env: { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl } };
}

t.test('config shows every setting, what is not set too, within 80 columns', async (t) => {
  const cwd = t.testdir();
  const { code, stdout, stderr } = await cli(['config'], { cwd });
  t.equal(code, 0);
  t.equal(stderr, '');
  t.same(linesOf(stdout), [
    'setting              value                               from',
    '.env                 none                                working directory',
    'data-dir             ./data                              default',
    'bronze               ./data/bronze                       default',
    'silver               ./data/silver                       default',
    'gold                 ./data/gold                         default',
    'queue                ./data/queue                        default',
    'offline              no                                  default',
    'movies               not set                             default',
    'omdb-url             https://www.omdbapi.com/            default',
    'omdb-api-key         not set                             default',
    'omdb-api-key-secret  not set                             default',
    'top-n                as the last run of the date, or 10  default',
    'batch-size           as the last run of the date, or 1   default',
    'concurrency          8                                   default',
    'rate                 no limit                            default',
    'region               as the AWS profile says             default',
    'profile              not set                             default',
    'credentials          found by the AWS SDK                default',
    "endpoint-url         AWS's own                           default",
    'max-attempts         for some ten seconds                default',
    'color                yes                                 default',
  ]);
  t.ok(linesOf(stdout).every((line) => line.length <= 80));
  t.same(await filesUnder(cwd), [], 'and makes nothing');
});

t.test('config says where each value comes from, and shows no secret', async (t) => {
  const cwd = t.testdir({
    '.env': `TOP_N=250\nBATCH_SIZE=10\nOMDB_API_KEY='${OMDB_KEY}'\nAWS_REGION=eu-west-1\nAWS_MAX_ATTEMPTS=2\nNO_COLOR=1\n`,
  });
  const env = {
    BATCH_SIZE: '5',
    RATE: '0.5',
    SILVER_URI: 's3://lake/silver',
    MOVIES_URL: `https://me:${PASSWORD}@list.example/Top250Movies/${PATH_KEY}?token=${PASSWORD}`,
    OMDB_API_KEY_SECRET: 'movie-etl/omdb',
    AWS_ACCESS_KEY_ID: 'KEYS',
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_ENDPOINT_URL_SQS: `http://me:${PASSWORD}@127.0.0.1:9324`,
  };
  const flags = ['--data-dir', '/srv/etl', '--gold', 's3://lake/gold', '--concurrency', '4'];
  const { code, stderr, of } = await configured(cwd, flags, env);
  t.equal(code, 0, stderr);
  const expected: Record<string, [unknown, string]> = {
    '.env': [join(cwd, '.env'), 'working directory'],
    'data-dir': ['/srv/etl', 'flag --data-dir'],
    bronze: ['/srv/etl/bronze', 'flag --data-dir'],
    silver: ['s3://lake/silver', 'environment SILVER_URI'],
    gold: ['s3://lake/gold', 'flag --gold'],
    movies: ['https://***@list.example/Top250Movies/k_***?***', 'environment MOVIES_URL'],
    'omdb-url': ['https://www.omdbapi.com/', 'default'],
    'omdb-api-key': ['****', '.env file OMDB_API_KEY'],
    'omdb-api-key-secret': ['movie-etl/omdb', 'environment OMDB_API_KEY_SECRET'],
    'top-n': [250, '.env file TOP_N'],
    'batch-size': [5, 'environment BATCH_SIZE'],
    concurrency: [4, 'flag --concurrency'],
    rate: [0.5, 'environment RATE'],
    region: ['eu-west-1', '.env file AWS_REGION'],
    credentials: ['****', 'environment AWS_ACCESS_KEY_ID'],
    'endpoint-url': [null, 'default'],
    'endpoint-url-sqs': ['http://***@127.0.0.1:9324', 'environment AWS_ENDPOINT_URL_SQS'],
    'max-attempts': [2, '.env file AWS_MAX_ATTEMPTS'],
    color: [false, '.env file NO_COLOR'],
  };
  for (const [name, fact] of Object.entries(expected)) t.same(of(name), fact, name);

  const others = await configured(cwd, ['--offline', '--profile', 'etl', '--region', 'us-east-1'], env);
  t.same(others.of('movies'), [null, 'flag --offline']);
  t.same(others.of('profile'), ['etl', 'flag --profile']);
  t.same(others.of('credentials'), [null, 'flag --profile'], 'the keys are not those of the profile');
});

t.test('of settings with mistakes, config shows what is right and names all that is wrong', async (t) => {
  const cwd = t.testdir({ '.env': {} });
  const { server, env } = await omdb(t);
  const flags = ['--check', '--top-n', '0', '--bronze', '', '--gold', 'gs://lake/gold'];
  const { code, stderr, answer, of } = await configured(cwd, flags, {
    ...env,
    RATE: OMDB_KEY,
    OMDB_URL: 'omdb',
  });
  t.equal(code, 2);
  const mistakes = [
    `${join(cwd, '.env')} cannot be read: EISDIR: illegal operation on a directory, read`,
    '--bronze is empty',
    "--gold must be a directory, a file: URI of one, or s3://BUCKET/PREFIX, but is 'gs://lake/gold'",
    'OMDB_URL must be a URL that begins with http:// or https://',
    "--top-n must be a whole number from 1 to 1000000, but is '0'",
    "RATE must be a number of calls a second, from 0.001 to 1000, but is '***'",
  ];
  t.same(answer.mistakes, mistakes);
  t.same(
    linesOf(stderr),
    mistakes.map((mistake) => `error: ${mistake}; see movie-etl config --help`),
  );
  const wrong = answer.settings.filter((setting) => setting.wrong).map(({ name }) => name);
  t.same(wrong, ['.env', 'bronze', 'gold', 'omdb-url', 'top-n', 'rate']);
  t.same(of('silver'), ['./data/silver', 'default']);
  t.same(of('omdb-url'), ['***', 'environment OMDB_URL'], 'what is no URL may be a key');
  t.equal(answer.checks, undefined);
  t.equal(server.calls.length, 0, 'nothing is reached for');
});

t.test('--check looks at each place and source, and makes none', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await omdb(t);
  const first = await cli(['config', '--check'], { cwd, env });
  t.equal(first.code, 0, told(first));
  t.same(linesOf(first.stdout).slice(-7), [
    'reach   state',
    'bronze  ok     is not there yet: will be made',
    'silver  ok     is not there yet: will be made',
    'gold    ok     is not there yet: will be made',
    'queue   ok     is not there yet: will be made',
    'movies  ok     250 movies, 0 left out',
    "omdb    ok     knows tt0111161; cost one call of the day's quota",
  ]);
  t.match(first.stderr, /^✔ config --check: 6 ok, 0 failed, 0 not set/);
  t.same(server.ids, ['tt0111161'], 'one call of OMDb');
  t.same(await filesUnder(cwd), []);

  const extract = await cli(['extract', '--offline', '--top-n', '3'], { cwd });
  t.equal(extract.code, 0, told(extract));
  const before = await contentsOf(cwd);
  const { code, answer, checked } = await configured(cwd, ['--check']);
  t.equal(code, 0, 'who has no list and no key can still make silver and gold');
  t.match(checked('bronze')?.message, /^can be listed, begins with dt=\d{4}-\d\d-\d\d\/$/);
  t.equal(checked('queue')?.message, '3 ready, 0 hidden, 0 dead');
  t.same(answer.checks?.slice(4), [
    {
      name: 'movies',
      state: 'not set',
      message: 'no movie list',
      hint: 'give --movies URL|FILE, set MOVIES_URL, or use --offline',
    },
    {
      name: 'omdb',
      state: 'not set',
      message: 'no OMDb API key',
      hint: 'set OMDB_API_KEY (a free key comes from https://www.omdbapi.com/apikey.aspx) or OMDB_API_KEY_SECRET, or use --offline',
    },
  ]);
  t.same(await contentsOf(cwd), before);
});

t.test('what cannot be reached is a row of its own, with what to do, and the others go on', async (t) => {
  const cwd = t.testdir({ file: '', 'list.json': '{"items": []}' });
  const wrongKey = await omdb(t, () => invalidKey);
  const flags = ['--check', '--silver', './file', '--gold', './file/gold'];
  const failed = await configured(cwd, [...flags, '--movies', 'list.json'], wrongKey.env);
  t.equal(failed.code, 1);
  t.match(failed.stderr, /^error: cannot reach: silver, gold, movies, omdb; /m);
  t.same(
    failed.answer.checks?.map(({ name, state }) => `${name} ${state}`),
    ['bronze ok', 'silver failed', 'gold failed', 'queue ok', 'movies failed', 'omdb failed'],
  );
  for (const name of ['silver', 'gold'])
    t.match(failed.checked(name), {
      message: `${join(cwd, 'file')} is a file, not a directory`,
      hint: /another directory/,
    });
  t.match(failed.checked('movies'), { message: /without a usable movie/, hint: /of the shape/ });
  t.match(failed.checked('omdb'), { message: /Invalid API key!/, hint: /OMDB_API_KEY/, verdict: 'stop' });
  t.equal(wrongKey.server.ids.length, 1);

  const usedUp = await omdb(t, ({ path }) => (path === '/' ? limitReached : undefined));
  const later = await configured(cwd, ['--check'], usedUp.env);
  t.equal(later.code, 75, 'tomorrow it can be reached');
  t.match(later.checked('omdb'), { state: 'failed', message: /Request limit reached!/, verdict: 'quota' });
  t.equal(later.checked('movies')?.state, 'ok');
});

t.test('a directory without the rights cannot be reached', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'movie-etl-rights-'));
  t.teardown(() => rmSync(cwd, { recursive: true }));
  chmodSync(cwd, 0o555);
  // Root may write everywhere: the command is run as nobody.
  const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { NODE_OPTIONS: _, ...env } = process.env;
  const stdout = await new Promise<string>((resolve) => {
    const args = [BIN, 'config', '--check', '--json', '--offline'];
    execFile(process.execPath, args, { cwd, env, ...asNobody }, (_error, stdout) => resolve(stdout));
  });
  const { checks } = JSON.parse(stdout) as Answer;
  for (const check of checks?.slice(0, 4) ?? [])
    t.match(check, {
      state: 'failed',
      message: `./data/${check.name} cannot be written: no right to ${cwd}`,
      hint: 'check the path and its rights',
      verdict: 'stop',
    });
  t.equal(checks?.length, 6);
});

t.test('buckets and queues are listed and counted, and nothing is written', async (t) => {
  const cwd = t.testdir();
  const emulator = await startEmulator();
  t.teardown(() => emulator.close());
  watchRequests(emulator);
  await emulator.createBucket('lake');
  const dead = await emulator.createQueue('dead');
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    maxReceiveCount: 10,
  });
  const queue = await emulator.createQueue('movies', { RedrivePolicy });
  t.ok(dead);
  const before = emulator.calls.length;
  const places = ['--bronze', 's3://lake/bronze', '--silver', 's3://missing/silver', '--queue', queue];
  const { code, checked } = await configured(
    cwd,
    ['--check', ...places, '--endpoint-url', emulator.url, '--region', 'us-east-1'],
    { AWS_ACCESS_KEY_ID: 'KEYS', AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY },
  );
  t.equal(code, 1);
  t.equal(checked('bronze')?.message, 'can be listed, is empty; writing is not tried');
  t.match(checked('silver'), {
    state: 'failed',
    message: /s3:\/\/missing\/silver: the bucket does not exist/,
    hint: 'check its name, or create it',
  });
  t.equal(checked('queue')?.message, '0 ready, 0 hidden, 0 dead');
  const operations = new Set(emulator.calls.slice(before).map(({ operation }) => operation));
  t.same([...operations].sort(), ['GetQueueAttributes', 'GetQueueUrl', 'ListObjectsV2'], 'it only looks');
});
