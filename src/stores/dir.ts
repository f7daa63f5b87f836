import { link, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.js';
import { codeOf, fileError, RESERVED_PREFIX, unlinkIfThere, writeTemporary } from '../files.js';
import { SharedLock } from '../lock.js';
import { Etags, etagOf, READ_BYTES } from './dir-etags.js';
import { type Guard, isDirectory, isDirectoryIfThere, listing } from './dir-listing.js';
import { sweeperOf } from './dir-sweep.js';
import type { Condition, Etag, PutOutcome, Store } from './store.js';

/**
 * A layer in a directory, safe between processes of one machine. Objects are plain files under their keys; the
 * etag is a hash of the content. A put writes a temporary file beside its target, flushes it, then links it (if
 * absent) or renames it under the store's lock.
 * @param root the directory; made by the first put
 * @param uri how the user named it, for messages
 */
export function dirStore(root: string, uri: string = root): Store {
  const sweepAround = sweeperOf(root);
  const lock = new SharedLock(root);
  const etags = new Etags();
  const pathOf = (key: string) => {
    const parts = key.split('/');
    if (parts.some((part) => part.startsWith(RESERVED_PREFIX))) {
      throw new PipelineError('stop', `object key ${key} has a part that begins with ${RESERVED_PREFIX}`);
    }
    return join(root, ...parts);
  };
  const hint = 'check the path and its rights';
  const guarded: Guard = async (verb, work) => {
    try {
      return await work();
    } catch (error) {
      throw fileError(`${verb} ${uri}`, error, hint);
    }
  };
  /**
   * What no file can be is missing, as it is on S3: a key below another key's file, or with a part that is too long
   * for a file name. A root that is a file is a mistake.
   */
  const ifThere = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENAMETOOLONG') return undefined;
      if (code === 'ENOTDIR' && (await isDirectory(root))) return undefined;
      throw error;
    }
  };

  return {
    uri,
    get: (key) =>
      guarded('read', () =>
        ifThere(async () => {
          const path = pathOf(key);
          await sweepAround(key);
          const body = await readFile(path);
          return { body, etag: etagOf(body) };
        }),
      ),
    read: (key) =>
      guarded('read', () =>
        ifThere(async () => {
          const path = pathOf(key);
          await sweepAround(key);
          const file = await open(path, 'r');
          if ((await file.stat()).isDirectory()) {
            await file.close();
            return undefined;
          }
          return { body: file.createReadStream({ start: 0, highWaterMark: READ_BYTES }) };
        }),
      ),
    head: (key) =>
      guarded('read', () =>
        ifThere(async () => {
          const path = pathOf(key);
          await sweepAround(key);
          return { etag: await etags.of(path) };
        }),
      ),
    list: (prefix, options) => listing(root, prefix, options?.delimiter === '/', guarded),
    put: (key, body, condition) =>
      guarded('write', async () => {
        const path = pathOf(key);
        await sweepAround(key);
        const temporary = await writeTemporary(dirname(path), body);
        let isRenamed = false;
        try {
          if (condition && 'ifAbsent' in condition) return await linkIfAbsent(temporary, path);
          const outcome = await lock.run(() => renameIf(temporary, path, etags, condition));
          isRenamed = outcome === 'written';
          return outcome;
        } catch (error) {
          if (codeOf(error) !== 'EISDIR') throw error;
          throw new PipelineError('stop', `${path} is a directory`, { hint });
        } finally {
          if (!isRenamed) await unlinkIfThere(temporary);
        }
      }),
  };
}

async function linkIfAbsent(temporary: string, path: string): Promise<PutOutcome> {
  try {
    await link(temporary, path);
    return 'written';
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (await isDirectoryIfThere(path)) throw Object.assign(new Error(), { code: 'EISDIR' });
    return 'conflict';
  }
}

async function renameIf(
  temporary: string,
  path: string,
  etags: Etags,
  condition: Exclude<Condition, { ifAbsent: true }> | undefined,
): Promise<PutOutcome> {
  if (condition && (await etagIfThere(path, etags)) !== condition.ifMatch) return 'conflict';
  await rename(temporary, path);
  return 'written';
}

async function etagIfThere(path: string, etags: Etags): Promise<Etag | undefined> {
  try {
    return await etags.of(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
