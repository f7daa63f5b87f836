import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, RESERVED_PREFIX, removeIfAbandoned } from '../files.js';
import { compareText } from '../records/text.js';

/** Runs file operations and names the store in their errors. */
export type Guard = <Result>(verb: string, work: () => Promise<Result>) => Promise<Result>;

/** The keys under a prefix, or with `delimited` its keys and the next parts that hold any. */
export async function* listing(root: string, prefix: string, delimited: boolean, guarded: Guard) {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  for (const name of await guarded('list', () => visibleNames(root, start))) {
    const key = start + name;
    if (!key.startsWith(prefix)) continue;
    if (!name.endsWith('/')) yield key;
    else if (!delimited) yield* keysUnder(root, key, guarded);
    else
      for await (const _first of keysUnder(root, key, guarded)) {
        yield key;
        break;
      }
  }
}

async function* keysUnder(root: string, directory: string, guarded: Guard): AsyncGenerator<string> {
  for (const name of await guarded('list', () => visibleNames(root, directory))) {
    if (name.endsWith('/')) yield* keysUnder(root, directory + name, guarded);
    else yield directory + name;
  }
}

export async function isDirectoryIfThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Sorted as whole keys sort: a directory's name counts with its `/`. Sweeps what killed writers left. */
async function visibleNames(root: string, directory: string): Promise<string[]> {
  try {
    const entries = await readdir(join(root, directory), { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      if (entry.name.startsWith(RESERVED_PREFIX)) {
        // Who may not write here may still list.
        await removeIfAbandoned(join(root, directory), entry.name).catch(() => undefined);
        continue;
      }
      const linked = entry.isSymbolicLink() && (await isDirectoryIfThere(join(root, directory, entry.name)));
      names.push(entry.isDirectory() || linked ? `${entry.name}/` : entry.name);
    }
    return names.sort(compareText);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENAMETOOLONG' || (code === 'ENOTDIR' && (await isDirectory(root))))
      return [];
    throw error;
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}
