import { join } from 'node:path';
import { sweepTemporaryFilesBelow } from '../files.js';
import { sweepLock } from '../lock.js';

/**
 * Removes what killed processes left around the keys that are read or written: in a key's folder and all below it,
 * and at the store's lock, once each. Where that fails, reading does without, and writing fails with its own reason.
 */
export function sweeperOf(root: string): (key: string) => Promise<void> {
  const swept = new Set<string>();
  let lock: Promise<void> | undefined;
  return async (key) => {
    lock ??= sweepLock(root).catch(() => undefined);
    await lock;
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    if (swept.has(folder) || [...swept].some((above) => folder.startsWith(above))) return;
    swept.add(folder);
    await sweepTemporaryFilesBelow(join(root, folder)).catch(() => undefined);
  };
}
