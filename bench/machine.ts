import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { lambdaNode } from './cases/bundles.js';
import { run } from './programs.js';
import { pythonWithPandas } from './python.js';

/** Before the bench itself keeps the machine busy: processes that wanted a core in the last minute. */
const [loadBefore = 0] = loadavg();

/** What the figures depend on, a line each. */
export async function conditions(): Promise<string[]> {
  const processors = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`;
  const python = await pythonWithPandas();
  const emulator = await versionOf('fauxqs');
  const duckdb = await versionOf('@duckdb/node-api');
  return [
    `Machine: ${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ${memory}, ${platform()} ${release()} ${arch()}`,
    `Load of the machine before the first case: ${loadBefore.toFixed(1)}`,
    `Node ${process.version}; the bundles on ${await nodeVersion()}`,
    `movie-etl ${await commit()}`,
    python
      ? `Python ${python.python}, pandas ${python.pandas}, ${python.boto3 ? `boto3 ${python.boto3}` : 'no boto3: http.client'}`
      : 'no pandas',
    duckdb ? `DuckDB ${duckdb}` : 'no DuckDB',
    `emulator: fauxqs ${emulator ?? 'absent'}`,
  ];
}

async function nodeVersion(): Promise<string> {
  return (await run({ file: lambdaNode, args: ['--version'] })).stdout.trim();
}

/** The commit, and whether the working tree is another one; the version where git cannot say. */
async function commit(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const root = new URL('..', import.meta.url).pathname;
  const git = (...args: string[]) =>
    run({ file: 'git', args: ['-C', root, ...args] }).then(({ stdout }) => stdout.trim());
  try {
    const changed = await git('status', '--porcelain', '--', 'src', 'bin', 'package-lock.json', 'scripts');
    const hash = await git('rev-parse', '--short', 'HEAD');
    return `${version} at ${hash}${changed === '' ? '' : ', with changes that are not committed'}`;
  } catch {
    return version;
  }
}

/** Of an installed package; its exports may hide its package.json from `require`. */
export async function versionOf(name: string): Promise<string | undefined> {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const text = await readFile(`${folder}/${name}/package.json`, 'utf8').catch(() => undefined);
    if (text) return (JSON.parse(text) as { version: string }).version;
  }
  return undefined;
}
