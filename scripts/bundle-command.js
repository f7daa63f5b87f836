// The command in few files, dist/cli.cjs and its parts: what is loaded at each start is found, read and compiled once
// instead of a hundred times. They are CommonJS, with which Node 20 starts ten milliseconds earlier than with ES
// modules. The files that tsc makes stay, for the library. What is in each part is in dist/command.json, for tests.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { esModule } from './es-module.js';
import { namedChecks, plainRequests } from './slim-got.js';
import { literalKeys, noEventStreams, versionOnly } from './slim-sdk.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Directly in dist, as the files of src are in src: so `../fixtures` is the same place for them. */
const PART = 'part-';

/** Commander starts programs for subcommands that are files of their own, which ours are not. */
const noSubprograms = {
  name: 'no-subprograms',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'none', namespace: 'no-subprograms' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'no-subprograms' }, () => ({ contents: '' }));
  },
};

// Only ES modules are split into parts, so each part becomes CommonJS afterwards.
const { metafile, outputFiles } = await build({
  ...esModule,
  banner: {},
  absWorkingDir: root,
  entryPoints: [{ in: 'src/cli.ts', out: 'cli' }, ...workers()],
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  chunkNames: `${PART}[name]-[hash]`,
  splitting: true,
  metafile: true,
  target: 'node20',
  // Large, and for what takes long anyway.
  external: ['echarts', 'open'],
  // Where credentials come from is known when the command runs: each source is a part, loaded when it is asked.
  plugins: [literalKeys, noEventStreams, versionOnly, plainRequests, namedChecks, noSubprograms],
});
const files = await Promise.all(outputFiles.map(commonJs));

// Not before: a build that fails leaves what stood.
for (const file of readdirSync(`${root}/dist`)) {
  if (file.startsWith(PART)) rmSync(`${root}/dist/${file}`);
}
for (const { path, contents } of files) writeFileSync(path, contents);
for (const { out } of workers()) writeFileSync(`${root}/dist/${out}.js`, `import './${out}.cjs';\n`);
writeFileSync(`${root}/dist/command.json`, JSON.stringify(metafile));

/** A part that loads other parts by `require` when they are wanted, and packages that are ES modules by `import`. */
async function commonJs({ path, text }) {
  const { code } = await transform(
    text.replace(/\bimport\(("\.\/[^"]*\.cjs")\)/g, 'Promise.resolve().then(() => require($1))'),
    {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      define: { 'import.meta.url': 'urlOfThisFile' },
      banner: 'const urlOfThisFile = require("node:url").pathToFileURL(__filename).href;',
    },
  );
  return { path, contents: code };
}

/** Threads are started by the name of a file beside the one that starts them: `new URL('./worker.js', import.meta.url)`. */
function workers() {
  const files = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /(^|[\\/])[\w-]*worker\.ts$/.test(file))
    .map((file) => ({ in: `src/${file}`, out: file.replace(/^.*[\\/]|\.ts$/g, '') }));
}
