import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Case } from '../case.js';
import { peer, run } from '../programs.js';

const LAMBDA = fileURLToPath(new URL('../../dist/lambda', import.meta.url));
/** The package of Node for this machine; that for Macs with an M processor is named differently. */
const MACHINE = `${process.platform}-${process.arch}`.replace('darwin-arm64', 'bin-darwin-arm64');
const NODE_24 = fileURLToPath(
  new URL(`../../test/runtime/node_modules/node-${MACHINE}/bin/node`, import.meta.url),
);

const LOAD_MS = 120;
const KILOBYTES = 500;

/** The Node that AWS Lambda has, where it is installed, else this one. */
export const lambdaNode = existsSync(NODE_24) ? NODE_24 : process.execPath;

export const bundles: Case = {
  name: 'bundles',
  notes: [
    `Bytes of dist/lambda/<function>/index.mjs (1 kB = 1,000 bytes), minified, unzipped; how long its \`import\` takes in a
process that has just started, on the Node of test/runtime (24, as on AWS Lambda) where it is installed.`,
  ],
  async *measure(settings) {
    const entries = await readdir(LAMBDA, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    for (const name of names) {
      const { size } = await stat(`${LAMBDA}/${name}/index.mjs`);
      const ours = { unit: 'kB', values: [size / 1000] } as const;
      yield { name: `${name}, size`, ours, target: { atMost: KILOBYTES } };
    }
    const times = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let runs = settings.runs(settings.quick ? 3 : 11); runs > 0; runs--) {
      for (const name of names) times.get(name)?.push(await loadTimeOf(name));
    }
    for (const [name, values] of times) {
      yield { name: `${name}, load`, ours: { unit: 'ms', values }, target: { atMost: LOAD_MS } };
    }
  },
};

async function loadTimeOf(name: string): Promise<number> {
  const env = { AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: name };
  const args = [peer('load-bundle.mjs'), `${LAMBDA}/${name}/index.mjs`];
  const { stdout } = await run({ file: lambdaNode, args, env });
  return Number(stdout);
}
