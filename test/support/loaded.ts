import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url).href;

/**
 * The modules that a process has loaded, as V8 tells of it at the end: `src/wire.ts`, `node_modules/zod/…`.
 * A file that was put together of several begins each with a comment that names it.
 * @param coverage the directory that was the process's `NODE_V8_COVERAGE`
 */
export function loadedIn(coverage: string): string[] {
  return filesLoadedIn(coverage).flatMap((file) => {
    const text = readFileSync(fileURLToPath(new URL(file, root)), 'utf8');
    const parts = Array.from(
      text.matchAll(/^ *\/\/ ((?:src|node_modules)\/\S+)$/gm),
      ([, path]) => path ?? '',
    );
    return parts.length > 0 ? parts : [file];
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
