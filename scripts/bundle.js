// One ESM bundle per Lambda function: dist/lambda/<name>/index.mjs, with nothing beside it but Node.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const functions = readdirSync(`${root}/src/lambda`).filter((file) => file.endsWith('.ts'));

rmSync(`${root}/dist/lambda`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: functions.map((file) => ({
    in: `src/lambda/${file}`,
    out: `${file.replace(/\.ts$/, '')}/index`,
  })),
  outdir: 'dist/lambda',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  // Function names are in the logs of errors.
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Packages that are CommonJS ask for Node's modules by `require`, which an ES module does not have.
  banner: {
    js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);',
  },
  logLevel: 'warning',
});
