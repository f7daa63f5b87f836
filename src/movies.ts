import { readFile } from 'node:fs/promises';
import { DecodeError, PipelineError } from './errors.js';
import { fileError } from './files.js';
import { httpGet } from './http.js';
import { parseJson } from './records/decode.js';
import type { MovieSource } from './records/movie-list.js';
import { isHttp, localPath } from './uri.js';

const MAX_LIST_BYTES = 64 * 1024 * 1024;
const HINT = 'check --movies (or MOVIES_URL)';

/**
 * The movie list behind a URL or in a file.
 * @param label how messages and the manifest call it; by default the address without what may be a secret
 */
export function movieSource(
  source: string,
  { label = labelOf(source), signal }: { label?: string; signal?: AbortSignal | undefined } = {},
): MovieSource {
  const read = isHttp(source)
    ? () => download(new URL(source), `movie list ${label}`, signal)
    : () => readLocal(localPath(source));
  return {
    label,
    load: async () => {
      const body = await read();
      try {
        return parseJson(body, `movie list ${label}`);
      } catch (error) {
        throw error instanceof DecodeError ? new DecodeError(error.message, { hint: HINT }) : error;
      }
    },
  };
}

/** The address without user, password, query and key-like parts of its path (`/Top250Movies/k_12345678`). */
function labelOf(source: string): string {
  if (!isHttp(source)) return source;
  const { origin, pathname } = new URL(source);
  return origin + pathname.replace(/\/k_[a-z0-9]+/gi, '/k_***');
}

async function download(url: URL, what: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const { status, body } = await httpGet(url, what, { maxBytes: MAX_LIST_BYTES, signal });
  if (status === 200) return body;
  throw new PipelineError('stop', `${what} answers ${status}`, { hint: HINT });
}

async function readLocal(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(`read the movie list ${path}`, error, HINT);
  }
}
