import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type Environment,
  examineSettings,
  type Flags,
  type Needed,
  readSettings,
  sourcesOf,
} from '../src/config.js';
import { readEnvironmentFile } from '../src/config-file.js';
import { PipelineError, UsageError } from '../src/errors.js';
import { DEFAULT_BATCH_SIZE, DEFAULT_TOP_N } from '../src/stages/extract.js';
import { leaksIn, OMDB_KEY, SECRET_ACCESS_KEY, SESSION_TOKEN } from './support/secrets.js';

const now = new Date('2026-11-23T10:15:12.345Z');

async function sourcesIn(directory: string, environment: Environment = {}) {
  return sourcesOf(environment, await readEnvironmentFile(directory));
}

function settings(flags: Flags = {}, environment: Environment = {}, needed: readonly Needed[] = []) {
  return readSettings(flags, environment, now, needed);
}

function mistakes(
  flags: Flags = {},
  environment: Environment = {},
  needed: readonly Needed[] = [],
): readonly string[] {
  try {
    readSettings(flags, environment, now, needed);
  } catch (error) {
    if (error instanceof UsageError) return error.mistakes;
    throw error;
  }
  return [];
}

const DEFAULTS = {
  dates: undefined,
  today: '2026-11-23',
  run: undefined,
  giveUp: undefined,
  bronze: './data/bronze',
  silver: './data/silver',
  gold: './data/gold',
  queue: './data/queue',
  offline: false,
  movies: undefined,
  omdbUrl: undefined,
  omdbApiKey: undefined,
  omdbApiKeySecret: undefined,
  topN: undefined,
  batchSize: undefined,
  concurrency: 8,
  rate: undefined,
  aws: {
    region: undefined,
    profile: undefined,
    endpointUrl: undefined,
    pathStyle: false,
    maxAttempts: undefined,
  },
};

/** Each setting that has a flag and a variable: a good value for either, and what it comes to. */
const settable = [
  ['bronze', '--bronze', 'BRONZE_URI', './flag', './variable', './flag', './variable'],
  ['silver', '--silver', 'SILVER_URI', './flag', 'file:///variable', './flag', 'file:///variable'],
  ['gold', '--gold', 'GOLD_URI', 'file:///flag', './variable', 'file:///flag', './variable'],
  ['queue', '--queue', 'QUEUE_URL', '/flag', '/variable', '/flag', '/variable'],
  ['movies', '--movies', 'MOVIES_URL', 'list.json', 'https://x.example/', 'list.json', 'https://x.example/'],
  ['omdbUrl', '--omdb-url', 'OMDB_URL', 'http://a/', 'HTTPS://b/?x=y', 'http://a/', 'HTTPS://b/?x=y'],
  ['topN', '--top-n', 'TOP_N', '250', '100', 250, 100],
  ['batchSize', '--batch-size', 'BATCH_SIZE', '10', '5', 10, 5],
  ['concurrency', '--concurrency', 'CONCURRENCY', '256', '1', 256, 1],
  ['rate', '--rate', 'RATE', '0.5', '1000', 0.5, 1000],
] as const;

t.test('with nothing given everything is in ./data, and the date is left open', async (t) => {
  t.strictSame(settings(), DEFAULTS);
});

t.test('a flag wins over a variable, which wins over the default', async (t) => {
  for (const [name, flag, variable, flagValue, variableValue, fromFlag, fromVariable] of settable) {
    const flags = { [name]: flagValue };
    const environment = { [variable]: variableValue };
    t.strictSame(settings(flags), { ...DEFAULTS, [name]: fromFlag }, flag);
    t.strictSame(settings({}, environment), { ...DEFAULTS, [name]: fromVariable }, variable);
    t.strictSame(settings(flags, environment), { ...DEFAULTS, [name]: fromFlag }, `${flag} over ${variable}`);
    t.strictSame(
      settings({ [name]: undefined }, environment),
      { ...DEFAULTS, [name]: fromVariable },
      `${variable} when ${flag} is not given`,
    );
  }
});

t.test('a bad variable does not matter when the flag is given', async (t) => {
  t.equal(settings({ topN: '5' }, { TOP_N: 'many' }).topN, 5);
  t.equal(settings({ bronze: './x' }, { BRONZE_URI: 'gs://bucket' }).bronze, './x');
});

t.test('a variable that is empty is as if it were not set', async (t) => {
  const names = settable.map(([, , variable]) => variable);
  for (const empty of ['', ' ', '\t\n'])
    t.strictSame(settings({}, Object.fromEntries(names.map((name) => [name, empty]))), DEFAULTS);
  t.equal(settings({}, { TOP_N: ' 5 ' }).topN, 5, 'and blanks around it do not count');
  t.equal(settings({}, { OMDB_API_KEY: ` ${OMDB_KEY}\n` }).omdbApiKey, OMDB_KEY);
  t.equal(settings({}, { OMDB_API_KEY: ' ' }).omdbApiKey, undefined);
});

t.test('a data directory moves all four places, and each can be moved by itself', async (t) => {
  t.strictSame(settings({ dataDir: '/srv/etl' }), {
    ...DEFAULTS,
    bronze: '/srv/etl/bronze',
    silver: '/srv/etl/silver',
    gold: '/srv/etl/gold',
    queue: '/srv/etl/queue',
  });
  const moved = settings({ dataDir: '/srv/etl', gold: './g' }, { SILVER_URI: './s' });
  t.strictSame(
    [moved.bronze, moved.silver, moved.gold, moved.queue],
    ['/srv/etl/bronze', './s', './g', '/srv/etl/queue'],
  );
});

t.test('today is the day of the clock that is given, in UTC', async (t) => {
  const todayAt = (moment: string) => readSettings({}, {}, new Date(moment)).today;
  t.equal(todayAt('2026-11-23T23:59:59.999Z'), '2026-11-23');
  t.equal(todayAt('2026-11-23T23:30:00-01:00'), '2026-11-24');
});

t.test('reading settings is pure', async (t) => {
  const variables = ['TOP_N', 'BRONZE_URI', 'OMDB_API_KEY', 'MOVIES_URL'] as const;
  const before = variables.map((name) => [name, process.env[name]] as const);
  t.teardown(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  for (const name of variables) process.env[name] = '77';
  t.strictSame(settings(), DEFAULTS, 'the process environment is not looked at');
  const flags = Object.freeze({ date: '2026-11-23', topN: '5' });
  const environment = Object.freeze({ BATCH_SIZE: '3', UNKNOWN: 'x' });
  const first = settings(flags, environment);
  t.strictSame(settings(flags, environment), first, 'asked twice it answers the same');
  t.strictSame(first, { ...DEFAULTS, dates: ['2026-11-23'], topN: 5, batchSize: 3 });
  t.strictSame(mistakes({ topN: 'x' }), mistakes({ topN: 'x' }), 'and mistakes do not gather');
});

t.test('--date is one date, --from and --to are all between them', async (t) => {
  t.strictSame(settings({ date: '2026-11-22' }).dates, ['2026-11-22']);
  t.strictSame(settings({ from: '2026-11-29', to: '2026-12-01' }).dates, [
    '2026-11-29',
    '2026-11-30',
    '2026-12-01',
  ]);
  t.strictSame(settings({ from: '2026-11-23', to: '2026-11-23' }).dates, ['2026-11-23']);
  t.strictSame(settings({ date: '2027-01-01' }).dates, ['2027-01-01'], 'which may be in the future');
});

t.test('dates that do not go together are mistakes', async (t) => {
  const notWithRange = '--date cannot go with --from and --to';
  const together = '--from and --to go together: both dates are included';
  const [one, two] = ['2026-11-22', '2026-11-23'];
  const cases: [Flags, string[]][] = [
    [{ date: one, from: one, to: two }, [notWithRange]],
    [{ date: one, from: one }, [notWithRange, together]],
    [{ date: one, to: one }, [notWithRange, together]],
    [{ from: one }, [together]],
    [{ to: one }, [together]],
    [{ from: two, to: one }, ['--from 2026-11-23 is after --to 2026-11-22: swap them']],
  ];
  for (const [flags, expected] of cases) t.strictSame(mistakes(flags), expected, JSON.stringify(flags));
});

t.test('what is no date is a mistake that names its flag', async (t) => {
  const good = { from: '2026-01-01', to: '2026-01-02' };
  for (const bad of [
    '2026-02-30',
    '2026-2-3',
    'yesterday',
    '20261123',
    '2026-11-23T00:00:00Z',
    ' 2026-11-23',
  ]) {
    const isNoDate = `'${bad}' is no date: give a calendar day as YYYY-MM-DD`;
    t.strictSame(mistakes({ date: bad }), [`--date ${isNoDate}`]);
    t.strictSame(mistakes({ ...good, from: bad }), [`--from ${isNoDate}`]);
    t.strictSame(mistakes({ ...good, to: bad }), [`--to ${isNoDate}`]);
  }
  t.strictSame(mistakes({ from: 'x', to: 'y' }), [
    "--from 'x' is no date: give a calendar day as YYYY-MM-DD",
    "--to 'y' is no date: give a calendar day as YYYY-MM-DD",
  ]);
});

t.test('--run is a run id, and needs the date of the run', async (t) => {
  const date = '2026-11-23';
  for (const run of ['20261123T030000Z', '20261124T101512Z-k3f9qz'])
    t.equal(settings({ date, run }).run, run);
  const noRun = "--run 'latest' is no run id such as 20261123T030000Z or 20261123T101512Z-k3f9qz";
  const needsDate = '--run needs the --date of the run';
  t.strictSame(mistakes({ date, run: 'latest' }), [noRun]);
  t.strictSame(mistakes({ run: '20261123T030000Z' }), [needsDate]);
  t.strictSame(mistakes({ run: 'latest' }), [noRun, needsDate]);
  t.strictSame(
    mistakes({ run: '20261123T030000Z', from: date, to: date }),
    [needsDate],
    'a range has no one run',
  );
});

t.test('a bad value is a mistake that names the flag or the variable, whichever it came from', async (t) => {
  const count = (most: number) => `a whole number from 1 to ${most}`;
  const numbers = [
    [
      'topN',
      '--top-n',
      'TOP_N',
      count(1_000_000),
      ['0', '-1', '1.5', '1000001', 'ten', '1e3', '0x10', '1,000', '٣'],
    ],
    ['batchSize', '--batch-size', 'BATCH_SIZE', count(1_000_000), ['0', '1000001', 'x', 'NaN']],
    ['concurrency', '--concurrency', 'CONCURRENCY', count(256), ['0', '257', '8.0', 'Infinity']],
    [
      'rate',
      '--rate',
      'RATE',
      'a number of calls a second, from 0.001 to 1000',
      ['0', '0.0001', '1000.1', '-1', '.5', '1e2', '10/s', '9'.repeat(400)],
    ],
  ] as const;
  for (const [name, flag, variable, expected, values] of numbers)
    for (const value of values) {
      t.strictSame(mistakes({ [name]: value }), [`${flag} must be ${expected}, but is '${value}'`]);
      t.strictSame(mistakes({}, { [variable]: value }), [
        `${variable} must be ${expected}, but is '${value}'`,
      ]);
    }
  for (const value of [
    'omdb.example',
    'ftp://omdb.example',
    'http://',
    'https:///',
    '/omdb',
    'http//x',
    'javascript:x',
  ]) {
    const must = 'must be a URL that begins with http:// or https://';
    t.strictSame(mistakes({ omdbUrl: value }), [`--omdb-url ${must}`], value);
    t.strictSame(mistakes({}, { OMDB_URL: value }), [`OMDB_URL ${must}`], value);
  }
});

t.test('numbers are taken up to their bounds', async (t) => {
  t.equal(settings({ topN: '1' }).topN, 1);
  t.equal(settings({ topN: '1000000' }).topN, 1_000_000);
  t.equal(settings({ batchSize: '1000000' }).batchSize, 1_000_000);
  t.equal(settings({ concurrency: '1' }).concurrency, 1);
  t.equal(settings({ rate: '0.001' }).rate, 0.001);
  t.equal(settings({ rate: '1000' }).rate, 1000);
});

const STORE = 'must be a directory, a file: URI of one, or s3://BUCKET/PREFIX';
const QUEUE = 'must be a directory, a file: URI of one, or the URL of an SQS queue';

t.test('a layer is a directory or in a bucket, the queue a directory or in SQS', async (t) => {
  const bucket = 's3://movie-etl-bronze-123456789012/bronze';
  for (const uri of [
    bucket,
    's3://bucket',
    's3://bucket/',
    's3://a.b/c/d/',
    'C:\\data\\bronze',
    './a:b',
    '/srv/s3',
  ])
    t.equal(settings({ bronze: uri }).bronze, uri, uri);
  for (const uri of [
    'https://sqs.eu-central-1.amazonaws.com/123456789012/q.fifo',
    'http://127.0.0.1:4566/0/q',
    './q',
  ])
    t.equal(settings({ queue: uri }).queue, uri, uri);
  const stores = [
    'S3://bucket',
    's3://',
    's3://B/x',
    's3:///bronze',
    'gs://bucket/gold',
    'https://bucket.example/',
  ];
  for (const uri of [...stores, 'file://another-machine/bronze', 'file:///a%2Fb']) {
    t.strictSame(mistakes({ silver: uri }), [`--silver ${STORE}, but is '${uri}'`]);
    t.strictSame(mistakes({}, { SILVER_URI: uri }), [`SILVER_URI ${STORE}, but is '${uri}'`]);
  }
  for (const uri of [
    'arn:aws:sqs:eu-central-1:123456789012:q',
    's3://bucket/queue',
    'https://',
    'https://sqs.example/',
  ])
    t.strictSame(mistakes({ queue: uri }), [`--queue ${QUEUE}, but is '${uri}'`]);
  t.strictSame(mistakes({ dataDir: 's3://bucket' }), [
    "--data-dir must be a directory or a file: URI of one, but is 's3://bucket'",
  ]);
  for (const movies of ['s3://bucket/list.json', 'ftp://movies.example/list.json', 'https://']) {
    const must = 'must be a file or a URL that begins with http:// or https://';
    t.strictSame(mistakes({ movies }), [`--movies ${must}`], movies);
    t.strictSame(mistakes({}, { MOVIES_URL: movies }), [`MOVIES_URL ${must}`], movies);
  }
});

t.test('AWS is where the AWS CLI would look for it', async (t) => {
  const aws = (flags: Flags, environment: Environment = {}) => settings(flags, environment).aws;
  const regions = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
  t.equal(aws({ region: 'eu-west-3' }, regions).region, 'eu-west-3');
  t.equal(aws({}, regions).region, 'eu-west-1');
  t.equal(aws({}, { AWS_DEFAULT_REGION: 'eu-west-2' }).region, 'eu-west-2');
  t.equal(aws({ profile: 'etl' }).profile, 'etl');
  t.equal(aws({}, { AWS_MAX_ATTEMPTS: '5' }).maxAttempts, 5);
  const endpoint = 'http://127.0.0.1:4566';
  t.match(aws({ endpointUrl: endpoint }), { endpointUrl: endpoint, pathStyle: true });
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])
    t.match(aws({}, { [name]: endpoint }), { endpointUrl: undefined, pathStyle: true }, name);
  t.strictSame(mistakes({ endpointUrl: 'localhost:4566', region: '' }), [
    '--region is empty',
    '--endpoint-url must be a URL that begins with http:// or https://',
  ]);
});

t.test('a secret stands in for the key', async (t) => {
  const environment = { OMDB_API_KEY_SECRET: ' movie-etl/omdb ' };
  t.equal(settings({}, environment, ['omdb']).omdbApiKeySecret, 'movie-etl/omdb');
  t.equal(settings({}, { OMDB_API_KEY_SECRET: ' ' }).omdbApiKeySecret, undefined);
});

t.test('a range that nobody means is refused before it is made', async (t) => {
  t.strictSame(mistakes({ from: '2026-01-01', to: '9026-01-01' }), [
    '--from 2026-01-01 --to 9026-01-01 is 2556698 dates: at most 10000 go at once',
  ]);
});

t.test('a flag that is empty is a mistake that names it', async (t) => {
  const flags: [string, string][] = [
    ['date', '--date'],
    ['from', '--from'],
    ['to', '--to'],
    ['run', '--run'],
    ['dataDir', '--data-dir'],
    ['bronze', '--bronze'],
    ['silver', '--silver'],
    ['gold', '--gold'],
    ['queue', '--queue'],
    ['movies', '--movies'],
    ['omdbUrl', '--omdb-url'],
    ['topN', '--top-n'],
    ['batchSize', '--batch-size'],
    ['concurrency', '--concurrency'],
    ['rate', '--rate'],
  ];
  for (const [name, flag] of flags)
    for (const empty of ['', ' ']) t.ok(mistakes({ [name]: empty }).includes(`${flag} is empty`), flag);
  t.strictSame(
    mistakes({ bronze: '' }, { BRONZE_URI: './x' }),
    ['--bronze is empty'],
    'and does not fall back to the variable',
  );
});

const NO_MOVIES = 'no movie list: give --movies URL|FILE, set MOVIES_URL, or use --offline';
const NO_KEY =
  'no OMDb API key: set OMDB_API_KEY (a free key comes from https://www.omdbapi.com/apikey.aspx) or OMDB_API_KEY_SECRET, or use --offline';

t.test('the list and the key are needed only by what asks for them', async (t) => {
  t.strictSame(mistakes({}, {}, []), []);
  t.strictSame(mistakes({}, {}, ['movies']), [NO_MOVIES]);
  t.strictSame(mistakes({}, {}, ['omdb']), [NO_KEY]);
  t.strictSame(mistakes({}, {}, ['movies', 'omdb']), [NO_MOVIES, NO_KEY]);
  t.strictSame(mistakes({}, { OMDB_API_KEY: 'k', MOVIES_URL: 'x.json' }, ['movies', 'omdb']), []);
  t.strictSame(mistakes({ movies: 'x.json' }, { OMDB_API_KEY: 'k' }, ['movies', 'omdb']), []);
  t.strictSame(mistakes({}, { OMDB_API_KEY: ' ', MOVIES_URL: ' ' }, ['movies', 'omdb']), [NO_MOVIES, NO_KEY]);
  t.strictSame(
    mistakes({ omdbApiKey: 'k' }, {}, ['omdb']),
    [NO_KEY],
    'a key is no flag: it would be seen in ps',
  );
});

t.test('offline needs neither and ignores the variables of both, but not the flags', async (t) => {
  const environment = {
    MOVIES_URL: 'https://movies.example/',
    OMDB_URL: 'https://omdb.example/',
    OMDB_API_KEY: 'k',
  };
  t.strictSame(settings({ offline: true }, environment, ['movies', 'omdb']), {
    ...DEFAULTS,
    offline: true,
    omdbApiKey: 'k',
  });
  t.strictSame(mistakes({ offline: true }, {}, ['movies', 'omdb']), []);
  t.strictSame(mistakes({ offline: true }, { OMDB_URL: 'no url' }), [], 'not even a bad one counts');
  const given = settings({ offline: true, movies: 'list.json', omdbUrl: 'http://localhost:1/' }, environment);
  t.equal(given.movies, 'list.json');
  t.equal(given.omdbUrl, 'http://localhost:1/');
  t.strictSame(mistakes({ offline: true, omdbUrl: 'x' }), [
    '--omdb-url must be a URL that begins with http:// or https://',
  ]);
  for (const offline of [undefined, false, 'true'])
    t.equal(settings({ offline }, environment).movies, 'https://movies.example/', `--offline is ${offline}`);
});

t.test('all mistakes come at once', async (t) => {
  const flags = {
    date: '2026-02-30',
    run: 'latest',
    bronze: 'gs://b/bronze',
    omdbUrl: 'omdb',
    topN: '0',
    concurrency: '1000',
  };
  const environment = { SILVER_URI: 'gs://b/silver', BATCH_SIZE: 'x', RATE: '-1' };
  const expected = [
    "--date '2026-02-30' is no date: give a calendar day as YYYY-MM-DD",
    "--run 'latest' is no run id such as 20261123T030000Z or 20261123T101512Z-k3f9qz",
    `--bronze ${STORE}, but is 'gs://b/bronze'`,
    `SILVER_URI ${STORE}, but is 'gs://b/silver'`,
    '--omdb-url must be a URL that begins with http:// or https://',
    "--top-n must be a whole number from 1 to 1000000, but is '0'",
    "BATCH_SIZE must be a whole number from 1 to 1000000, but is 'x'",
    "--concurrency must be a whole number from 1 to 256, but is '1000'",
    "RATE must be a number of calls a second, from 0.001 to 1000, but is '-1'",
    NO_MOVIES,
    NO_KEY,
  ];
  t.strictSame(mistakes(flags, environment, ['movies', 'omdb']), expected);
  try {
    settings(flags, environment, ['movies', 'omdb']);
    t.fail('was accepted');
  } catch (error) {
    t.ok(error instanceof UsageError && error instanceof PipelineError);
    t.match(error, { name: 'UsageError', verdict: 'stop', exitCode: 2, message: expected.join('\n') });
  }
});

t.test('the API key stands in no message', async (t) => {
  const environment = { OMDB_API_KEY: OMDB_KEY, OMDB_URL: `omdb.example?apikey=${OMDB_KEY}`, TOP_N: '0' };
  const all = mistakes({ date: 'x', omdbUrl: `omdb.example/?apikey=${OMDB_KEY}` }, environment, [
    'movies',
    'omdb',
  ]);
  t.equal(all.length, 4);
  t.same(leaksIn([...all, ...mistakes({}, environment)].join('\n')), []);
});

t.test('a secret in the wrong place is not quoted', async (t) => {
  const secrets = {
    OMDB_API_KEY: ` ${OMDB_KEY}\n`,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: SESSION_TOKEN,
  };
  const misplaced = { TOP_N: OMDB_KEY, BATCH_SIZE: SECRET_ACCESS_KEY, RATE: SESSION_TOKEN };
  t.strictSame(mistakes({ date: OMDB_KEY }, { ...secrets, ...misplaced }), [
    "--date '***' is no date: give a calendar day as YYYY-MM-DD",
    "TOP_N must be a whole number from 1 to 1000000, but is '***'",
    "BATCH_SIZE must be a whole number from 1 to 1000000, but is '***'",
    "RATE must be a number of calls a second, from 0.001 to 1000, but is '***'",
  ]);
  for (const [uri, quoted] of Object.entries({
    'https://user:pass@host/silver': 'https://***@host/silver',
    'https://user:p@ss@host/a@b': 'https://***@host/a@b',
    's3://user:pass@bucket/silver': 's3://***@bucket/silver',
    'https://account.blob.example/silver?sig=abc#d': 'https://account.blob.example/silver?***',
    'abfs://lake/silver#token': 'abfs://lake/silver#***',
  })) {
    t.strictSame(mistakes({}, { SILVER_URI: uri }), [`SILVER_URI ${STORE}, but is '${quoted}'`]);
  }
});

t.test('a .env file stands under the process environment', async (t) => {
  const directory = t.testdir({
    '.env':
      '# settings\nTOP_N=250\nexport BATCH_SIZE=10\nOMDB_API_KEY="quoted # key"\nMOVIES_URL=\n\nnot a setting\n',
  });
  const before = { ...process.env };
  const { environment } = await sourcesIn(directory, { TOP_N: '5', PATH: '/bin' });
  t.strictSame(environment, {
    TOP_N: '5',
    BATCH_SIZE: '10',
    OMDB_API_KEY: 'quoted # key',
    MOVIES_URL: '',
    PATH: '/bin',
  });
  t.strictSame(settings({ batchSize: '3' }, environment), {
    ...DEFAULTS,
    topN: 5,
    batchSize: 3,
    omdbApiKey: 'quoted # key',
  });
  t.strictSame({ ...process.env }, before, 'and leaves the process environment as it is');
});

t.test('every setting is among the facts, whatever it is', async (t) => {
  const { settings, facts } = examineSettings({}, { environment: {} }, now);
  // What is asked for is no setting, and how buckets are addressed follows from the endpoint.
  const { dates, today, run, giveUp, aws, ...rest } = settings;
  const { pathStyle, ...ofAws } = aws;
  const kebab = (name: string) => name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
  const names = facts.map(({ name }) => name);
  const expected = [...Object.keys(rest), ...Object.keys(ofAws)].map(kebab);
  t.same(
    expected.filter((name) => !names.includes(name)),
    [],
  );
  t.same(
    names.filter((name) => !expected.includes(name)),
    ['data-dir', 'credentials', 'color'],
    'and these are settings, too',
  );
  t.ok(facts.every(({ from, wrong }) => from === 'default' && !wrong));
  const wordsOf = (name: string) => facts.find((fact) => fact.name === name)?.words;
  t.equal(wordsOf('top-n'), `as the last run of the date, or ${DEFAULT_TOP_N}`);
  t.equal(wordsOf('batch-size'), `as the last run of the date, or ${DEFAULT_BATCH_SIZE}`);
});

t.test('what a .env file gave is told apart from the process environment', async (t) => {
  const directory = t.testdir({ '.env': 'TOP_N=250\nBATCH_SIZE=10\nRATE=\n' });
  const { file, fromFile } = await sourcesIn(directory, { TOP_N: '5', RATE: '' });
  t.equal(file, join(directory, '.env'));
  t.same([...fromFile], ['BATCH_SIZE']);
  t.same((await sourcesIn(t.testdirName)).file, file);
});

t.test('without a .env file there is the process environment', async (t) => {
  t.strictSame((await sourcesIn(t.testdir({}), { TOP_N: '5' })).environment, { TOP_N: '5' });
  t.strictSame((await sourcesIn(join(t.testdirName, 'missing'), { TOP_N: '5' })).environment, { TOP_N: '5' });
});

t.test('a .env that cannot be read is a mistake that names it', async (t) => {
  const directory = t.testdir({});
  const path = join(directory, '.env');
  mkdirSync(path);
  try {
    await sourcesIn(directory);
    t.fail('was accepted');
  } catch (error) {
    t.ok(error instanceof UsageError);
    t.match((error as UsageError).message, `${path} cannot be read: EISDIR`);
  }
});
