import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Etag } from './store.js';

const ETAG_HASH = 'sha256';
/** Of one read; Node's own 64 KiB take twice as long on large files. */
export const READ_BYTES = 256 * 1024;
/** Smaller files are hashed as fast as anything is remembered of them. */
const LARGE_BYTES = 1024 * 1024;
/** The coarsest clock of a file system in use, FAT's, and some more. Nanoseconds. */
const RACY_NS = 3_000_000_000n;

/** What stat says of a file, and what its content hashes to. */
interface Known {
  stamp: string;
  etag: Etag;
}

/**
 * Etags of the files of one store: hashes of their content, which are remembered of large ones, as git does it
 * (https://git-scm.com/docs/racy-git). Who replaces a file makes another inode, and who writes into one changes its
 * times, which nobody can set back. A file that was changed moments ago could be changed again within a tick of its
 * clock: it is not remembered.
 */
export class Etags {
  readonly #known = new Map<string, Known>();

  /** @throws what reading the file throws: ENOENT, EISDIR */
  async of(path: string): Promise<Etag> {
    const file = await open(path, 'r');
    try {
      const seen = await stampOf(file);
      const known = this.#known.get(path);
      if (known?.stamp === seen.stamp) return known.etag;
      const etag = seen.isLarge ? await hashOf(file) : etagOf(await file.readFile());
      if (seen.isSettled && (await stampOf(file)).stamp === seen.stamp)
        this.#known.set(path, { stamp: seen.stamp, etag });
      return etag;
    } finally {
      await file.close();
    }
  }
}

export function etagOf(body: Buffer): Etag {
  return createHash(ETAG_HASH).update(body).digest('hex');
}

async function stampOf(file: FileHandle): Promise<{ stamp: string; isLarge: boolean; isSettled: boolean }> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  const age = now - (mtimeNs > ctimeNs ? mtimeNs : ctimeNs);
  const isLarge = size >= LARGE_BYTES;
  return {
    stamp: [dev, ino, size, mtimeNs, ctimeNs].join(),
    isLarge,
    isSettled: isLarge && age > RACY_NS,
  };
}

async function hashOf(file: FileHandle): Promise<Etag> {
  const hash = createHash(ETAG_HASH);
  const stream = file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
