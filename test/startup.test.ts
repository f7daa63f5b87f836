import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cli, told } from './support/cli.js';
import { loadedIn, packagesOf } from './support/loaded.js';

const DATE = '2026-11-23';
const cwd = t.testdir();
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};

const TERMINAL = ['chalk', 'cli-table3', 'commander', 'dotenv'];
const DATA = ['csv-parse', 'csv-stringify', 'p-limit', 'p-map', 'papaparse', 'zod'];

/** Nothing is a terminal here, so nothing turns; and all layers are directories, so nothing speaks to AWS. */
const NEEDED: readonly (readonly [line: string, packages: readonly string[]])[] = [
  ['--help', ['commander']],
  [`run-all --offline --top-n 10 --date ${DATE}`, [...TERMINAL, ...DATA, 'got', 'p-retry', 'p-throttle']],
  // Who makes silver reads none.
  [`silver --date ${DATE}`, [...TERMINAL, ...DATA.filter((name) => name !== 'papaparse')]],
  [`gold --date ${DATE}`, [...TERMINAL, ...DATA]],
];

t.test('a command loads the packages that it needs, and no others', async (t) => {
  for (const [line, packages] of NEEDED) {
    const NODE_V8_COVERAGE = join(cwd, 'loaded', line.replaceAll(' ', '_'));
    mkdirSync(NODE_V8_COVERAGE, { recursive: true });
    const result = await cli(line.split(' '), { cwd, env: { NODE_V8_COVERAGE } });
    t.equal(result.code, 0, told(result));
    const ours = packagesOf(loadedIn(NODE_V8_COVERAGE)).filter((name) => name in dependencies);
    t.same(ours, [...packages].sort(), line);
  }
});
