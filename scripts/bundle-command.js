// The command in few files, over dist/cli.js: what is loaded at each start is found, read and compiled once instead of
// a hundred times. The files that tsc makes stay, for the library.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esModule } from './es-module.js';
import { namedChecks, plainRequests } from './slim-got.js';
import { literalKeys, noEventStreams, versionOnly } from './slim-sdk.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Directly in dist, as the files of src are in src: so `../fixtures` is the same place for them. */
const PART = 'part-';

const { outputFiles } = await build({
  ...esModule,
  absWorkingDir: root,
  entryPoints: [{ in: 'src/cli.ts', out: 'cli' }, ...workers()],
  outdir: 'dist',
  chunkNames: `${PART}[name]-[hash]`,
  splitting: true,
  target: 'node20',
  // Large, and for what takes long anyway.
  external: ['echarts', 'open'],
  // Where credentials come from is known when the command runs: each source is a part, loaded when it is asked.
  plugins: [literalKeys, noEventStreams, versionOnly, plainRequests, namedChecks],
});

// Not before: a build that fails leaves what stood.
for (const file of readdirSync(`${root}/dist`)) {
  if (file.startsWith(PART)) rmSync(`${root}/dist/${file}`);
}
for (const { path, contents } of outputFiles) writeFileSync(path, contents);

/** Threads are started by the name of a file beside the one that starts them: `new URL('./worker.js', import.meta.url)`. */
function workers() {
  const files = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /(^|[\\/])[\w-]*worker\.ts$/.test(file))
    .map((file) => ({ in: `src/${file}`, out: file.replace(/^.*[\\/]|\.ts$/g, '') }));
}
