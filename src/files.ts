import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { PipelineError } from './errors.js';
import { isAlive, thisHolderToken } from './holder.js';

/** Names that begin so belong to the drivers: temporary files and locks. They are never listed. */
export const RESERVED_PREFIX = '.movie-etl-';
const TEMPORARY_PREFIX = `${RESERVED_PREFIX}tmp.`;

let temporaryFiles = 0;

/**
 * Writes a temporary file beside its target and flushes it to the disk; the caller then links or renames it.
 * @param flush false for what says nothing any more once the machine was off
 * @returns the path of the temporary file
 */
export async function writeTemporary(
  directory: string,
  body: string | Buffer | AsyncIterable<string | Buffer>,
  { flush = true } = {},
): Promise<string> {
  const path = join(directory, `${TEMPORARY_PREFIX}${thisHolderToken}.${threadId}-${++temporaryFiles}`);
  const file = await openCreatingDirectory(path);
  try {
    if (typeof body === 'string' || Buffer.isBuffer(body)) await file.writeFile(body);
    else for await (const chunk of fromSource(body)) await file.writeFile(chunk);
    if (flush) await file.sync();
  } catch (error) {
    await file.close();
    await unlinkIfThere(path);
    throw error;
  }
  await file.close();
  return path;
}

/** A failure of what is written, not of the file: `fileError` hands it on as it is. */
class SourceError extends Error {}

async function* fromSource<Chunk>(body: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  try {
    yield* body;
  } catch (error) {
    throw new SourceError('the source of the body failed', { cause: error });
  }
}

/** Removes what killed writers left in a directory. Files of living writers stay. */
export async function sweepTemporaryFiles(directory: string): Promise<void> {
  for (const name of await readdirIfThere(directory)) await removeIfAbandoned(directory, name);
}

/** The same for a directory and all below it. */
export async function sweepTemporaryFilesBelow(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await sweepTemporaryFilesBelow(join(directory, entry.name));
    else await removeIfAbandoned(directory, entry.name);
  }
}

/** Removes a file if it is a temporary one whose writer was killed. */
export async function removeIfAbandoned(directory: string, name: string): Promise<void> {
  if (!name.startsWith(TEMPORARY_PREFIX)) return;
  const path = join(directory, name);
  const token = name.slice(TEMPORARY_PREFIX.length).split('.')[0] ?? '';
  if (!isAlive(token, await ageOf(path))) await unlinkIfThere(path);
}

/** Milliseconds since the last change of a file; 0 when it is gone. */
export async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** Makes a directory and those above it. `mkdir` with `recursive` never returns below such places as /proc. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path).catch((again) => {
      if (codeOf(again) !== 'EEXIST') throw again;
    });
  }
}

/** The names in a directory, or none when it is not there. */
export async function readdirIfThere(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** The system's name of an error, such as "ENOENT". */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EEXIST: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory, not a file',
  ENOENT: 'no such file or directory',
  ENAMETOOLONG: 'a part of the path is too long',
  EMFILE: 'too many files are open',
  ELOOP: 'too many symbolic links',
};

/** A failed file operation as a sentence. @param doing such as "write ./data/silver" */
export function fileError(doing: string, error: unknown, hint: string): unknown {
  if (error instanceof PipelineError) return error;
  if (error instanceof SourceError) return error.cause;
  const code = codeOf(error) ?? '';
  const reason = REASONS[code] ?? (code === '' ? String(error) : code);
  return new PipelineError('stop', `cannot ${doing}: ${reason}`, { hint, cause: error });
}

async function openCreatingDirectory(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await makeDirectory(dirname(path));
    return open(path, 'wx');
  }
}
