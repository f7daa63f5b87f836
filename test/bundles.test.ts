import { readFileSync, statSync } from 'node:fs';
import t from 'tap';
import { packagesOf } from './support/loaded.js';

/** What esbuild tells of its outputs: https://esbuild.github.io/api/#metafile. */
interface Metafile {
  outputs: Record<string, { bytes: number; inputs: Record<string, { bytesInOutput: number }> }>;
}

interface Budget {
  bytes: number;
  /** Of the packages that are large or connect to something, those that it holds. */
  holds: string[];
}

const CONSPICUOUS =
  /^(got|dotenv|zod|papaparse|http2-wrapper|keyv|cacheable-.*|form-data.*|csv-.*|@aws-lambda-powertools\/.*|@aws-sdk\/(client-|credential-|lib-|nested|token).*|@smithy\/credential-.*)$/;
const ALWAYS = [
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-sdk/client-s3',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/lib-storage',
  'zod',
];
const HTTP = ['@aws-sdk/client-sqs', 'got'];
const SECRET = [
  '@aws-lambda-powertools/batch',
  '@aws-lambda-powertools/parameters',
  '@aws-sdk/client-secrets-manager',
];

/** Bytes as they are deployed. */
const BUDGETS: Record<string, Budget> = {
  'get-movies-and-send-to-queue': { bytes: 480_000, holds: [...ALWAYS, ...HTTP] },
  'enrich-and-store-movie': { bytes: 500_000, holds: [...ALWAYS, ...HTTP, ...SECRET] },
  'process-bronze-to-silver': { bytes: 380_000, holds: [...ALWAYS, 'csv-stringify'] },
  'process-silver-to-gold': { bytes: 440_000, holds: [...ALWAYS, 'csv-parse', 'csv-stringify', 'papaparse'] },
};

const dist = new URL('../dist/lambda/', import.meta.url);
const { outputs } = JSON.parse(readFileSync(new URL('meta.json', dist), 'utf8')) as Metafile;

t.same(
  Object.keys(outputs).sort(),
  Object.keys(BUDGETS)
    .map((name) => `dist/lambda/${name}/index.mjs`)
    .sort(),
  'each function has a budget',
);

for (const [name, { bytes, holds }] of Object.entries(BUDGETS)) {
  t.test(name, async (t) => {
    const { size } = statSync(new URL(`${name}/index.mjs`, dist));
    const output = outputs[`dist/lambda/${name}/index.mjs`];
    t.equal(size, output?.bytes, 'meta.json is of this bundle');
    t.ok(size <= bytes, `${size} bytes are at most ${bytes}`);
    const left = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const packages = packagesOf(left.map(([path]) => path));
    t.same(
      packages.filter((each) => CONSPICUOUS.test(each)),
      [...holds].sort(),
    );
  });
}
