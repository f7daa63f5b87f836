// One ESM bundle per Lambda function: dist/lambda/<name>/index.mjs, with nothing beside it but Node. What is in each is
// in dist/lambda/meta.json, for tests and for https://esbuild.github.io/analyze/.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esModule } from './es-module.js';
import { namedChecks, plainRequests } from './slim-got.js';
import {
  environmentCredentials,
  literalKeys,
  nativeHashes,
  noEventStreams,
  versionOnly,
} from './slim-sdk.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const functions = readdirSync(`${root}/src/lambda`).filter((file) => file.endsWith('.ts'));

const { metafile, outputFiles } = await build({
  ...esModule,
  absWorkingDir: root,
  entryPoints: functions.map((file) => ({
    in: `src/lambda/${file}`,
    out: `${file.replace(/\.ts$/, '')}/index`,
  })),
  outdir: 'dist/lambda',
  outExtension: { '.js': '.mjs' },
  minify: true,
  metafile: true,
  target: 'node24',
  plugins: [
    environmentCredentials,
    literalKeys,
    noEventStreams,
    versionOnly,
    nativeHashes,
    plainRequests,
    namedChecks,
  ],
});

// Not before: a build that fails leaves what stood.
rmSync(`${root}/dist/lambda`, { recursive: true, force: true });
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
writeFileSync(`${root}/dist/lambda/meta.json`, JSON.stringify(metafile));
