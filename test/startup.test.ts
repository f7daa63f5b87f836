import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cli, told } from './support/cli.js';
import { filesLoadedIn, loadedIn, packagesOf } from './support/loaded.js';
import { SECRET_ACCESS_KEY } from './support/secrets.js';

const DATE = '2026-11-23';
const cwd = t.testdir();
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};

const TERMINAL = ['chalk', 'commander'];
const DATA = ['csv-stringify', 'p-map', 'zod'];
const GOLD = [...DATA, 'csv-parse', 'papaparse'];

/** Nothing is a terminal here, so nothing turns; and all layers are directories, so nothing speaks to AWS. */
const NEEDED: readonly (readonly [line: string, packages: readonly string[]])[] = [
  ['--help', ['commander']],
  [
    `run-all --offline --top-n 10 --date ${DATE}`,
    [...TERMINAL, ...GOLD, 'cli-table3', 'got', 'p-limit', 'p-retry', 'p-throttle'],
  ],
  [`silver --date ${DATE}`, [...TERMINAL, 'cli-table3', ...DATA]],
  // Without a table, what makes one is not loaded either.
  [`silver --date ${DATE} --quiet`, [...TERMINAL, ...DATA]],
  [`gold --date ${DATE} --json`, [...TERMINAL, ...GOLD]],
];

t.test('a command loads the packages that it needs, and no others', async (t) => {
  for (const [line, packages] of NEEDED) {
    const NODE_V8_COVERAGE = join(cwd, 'loaded', line.replaceAll(' ', '_'));
    mkdirSync(NODE_V8_COVERAGE, { recursive: true });
    const result = await cli(line.split(' '), { cwd, env: { NODE_V8_COVERAGE } });
    t.equal(result.code, 0, told(result));
    const ours = packagesOf(loadedIn(NODE_V8_COVERAGE)).filter(
      (name) => name in dependencies || /^@(aws|smithy)/.test(name),
    );
    t.same(ours, [...packages].sort(), line);
  }
});

t.test('the AWS SDK is in the files of the command', async (t) => {
  const NODE_V8_COVERAGE = join(cwd, 'loaded', 's3');
  mkdirSync(NODE_V8_COVERAGE, { recursive: true });
  const args = [
    'silver',
    '--date',
    DATE,
    '--bronze',
    's3://lake/bronze',
    '--endpoint-url',
    'http://127.0.0.1:9',
  ];
  const env = {
    NODE_V8_COVERAGE,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'KEYS',
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
  };
  const result = await cli(args, { cwd, env });
  t.match(result.stderr, 'cannot read s3://lake/bronze', told(result));
  t.ok(packagesOf(loadedIn(NODE_V8_COVERAGE)).includes('@aws-sdk/client-s3'));
  t.same(packagesOf(filesLoadedIn(NODE_V8_COVERAGE)), [], 'so that none is looked for in node_modules');
});

t.test('a command that can never end is no success', async (t) => {
  const root = t.testdir({
    bin: {
      'movie-etl.js': readFileSync(new URL('../bin/movie-etl.js', import.meta.url)),
      'package.json': readFileSync(new URL('../bin/package.json', import.meta.url)),
    },
    dist: { 'cli.cjs': 'exports.main = () => new Promise(() => {});' },
  });
  const { status } = spawnSync(process.execPath, [join(root, 'bin/movie-etl.js')]);
  t.equal(status, 13, "Node's own code for an ES module that waits for nothing");
});
