import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A change of a source that breaks a promise on purpose. */
export interface Patch {
  /** From the project's root. */
  file: string;
  from: string;
  to: string;
}

/**
 * The simulation and our stages as one module, in which timers and `Math.random` are the schedule's, and sources are
 * changed as the patches say. The caller removes the file.
 * @throws Error when a patch does not fit its source
 */
export async function bundleSimulation(
  patches: readonly Patch[] = [],
): Promise<{ url: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(root, 'node_modules', '.simulation-'));
  const outfile = join(directory, 'simulation.mjs');
  const applied = new Set<Patch>();
  await build({
    absWorkingDir: root,
    entryPoints: [here('worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['@aws-sdk/*', 'fast-check'],
    inject: [here('timers.ts')],
    define: { 'Math.random': 'simulatedRandom', 'performance.now': 'simulatedNow' },
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
    plugins: [ownTimers, ownHttp, fewDatasets, patching(patches, applied)],
    logLevel: 'warning',
  });
  const forgotten = patches.find((patch) => !applied.has(patch));
  if (forgotten) throw new Error(`${forgotten.file} is not in the simulation`);
  return { url: pathToFileURL(outfile).href, remove: () => rm(directory, { recursive: true }) };
}

/** `node:timers/promises` passes simulated time, too. */
const ownTimers: Plugin = {
  name: 'own timers',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:timers\/promises$/ }, () => ({ path: 'timers', namespace: 'simulated' }));
    onLoad({ filter: /.*/, namespace: 'simulated' }, () => ({
      contents: `export { sleep as setTimeout } from ${JSON.stringify(here('timers.ts'))};`,
      resolveDir: root,
    }));
  },
};

/** OMDb is asked through our own client, and answers without a network. */
const ownHttp: Plugin = {
  name: 'own http',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/http\.js$/ }, ({ importer }) =>
      importer.startsWith(join(root, 'src')) ? { path: here('http.ts') } : undefined,
    );
  },
};

/** The gold stage is the same for any number of datasets; these two see the rows and the date before. */
const fewDatasets: Plugin = {
  name: 'few datasets',
  setup: ({ onLoad }) => {
    onLoad({ filter: /src\/datasets\/index\.ts$/ }, () => ({
      contents: `import { rankChanges } from './rank-changes.js';
        import { summary } from './summary.js';
        export const datasets = [rankChanges, summary];`,
      loader: 'ts',
    }));
  },
};

function patching(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: 'patches',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const wanted = patches.filter(({ file }) => file === relative(root, path));
        if (wanted.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const patch of wanted) {
          const parts = contents.split(patch.from);
          if (parts.length !== 2)
            throw new Error(`${patch.file} has ${parts.length - 1} times: ${patch.from}`);
          contents = parts.join(patch.to);
          applied.add(patch);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}
