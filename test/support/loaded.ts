import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url).href;

/** What esbuild tells of the command's parts: https://esbuild.github.io/api/#metafile. */
const { outputs } = JSON.parse(readFileSync(new URL('../../dist/command.json', import.meta.url), 'utf8')) as {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
};

/**
 * The modules that a process has loaded, as V8 tells of it at the end: `src/wire.ts`, `node_modules/zod/…`; instead of
 * a part of the command, those of which anything is in it.
 * @param coverage the directory that was the process's `NODE_V8_COVERAGE`
 */
export function loadedIn(coverage: string): string[] {
  return filesLoadedIn(coverage).flatMap((file) => {
    const part = outputs[file];
    if (!part) return [file];
    return Object.entries(part.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    );
  });
}

/** The files that it has loaded, whatever was put together in them. */
export function filesLoadedIn(coverage: string): string[] {
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(`${coverage}/${name}`, 'utf8')) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url).filter((url) => url.startsWith(root));
  });
  return [...new Set(urls)].map((url) => url.slice(root.length));
}

/** The packages that modules are of, without double, in order. */
export function packagesOf(modules: readonly string[]): string[] {
  const names = modules.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
