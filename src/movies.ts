import { readFile } from 'node:fs/promises';
import { DecodeError, PipelineError } from './errors.js';
import { fileError } from './files.js';
import { type HttpLimits, type HttpOptions, httpGet } from './http.js';
import { parseJson } from './records/decode.js';
import type { MovieSource } from './records/movie-list.js';
import { type Redaction, redaction } from './redaction.js';
import { isHttp, KEY_IN_PATH, localPath } from './uri.js';

const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** Far more than an error quotes. */
const BEGINNING_BYTES = 4096;
const HINT = 'check --movies (or MOVIES_URL)';

/** How a movie list is fetched, and what it is called. */
export interface MovieSourceOptions {
  /** How messages and the manifest call it; by default the address without what may be a secret. */
  label?: string;
  limits?: HttpLimits | undefined;
  signal?: AbortSignal | undefined;
}

/** The movie list behind a URL or in a file. What a server repeats of the secrets in its URL is not kept. */
export function movieSource(
  source: string,
  { label = labelOf(source), limits, signal }: MovieSourceOptions = {},
): MovieSource {
  const what = `movie list ${label}`;
  const url = isHttp(source) ? new URL(source) : undefined;
  const redact = redaction(url ? secretsOf(url) : []);
  return {
    label,
    load: async () => {
      const options = { maxBytes: MAX_LIST_BYTES, limits, signal };
      const body = url ? await download(url, what, redact, options) : await readLocal(localPath(source));
      return redact.stored(parse(body, what, redact));
    },
  };
}

/** The address without user, password, query and key-like parts of its path (`/Top250Movies/k_12345678`). */
function labelOf(source: string): string {
  if (!isHttp(source)) return source;
  const { origin, pathname } = new URL(source);
  return origin + pathname.replace(KEY_IN_PATH, '/k_***');
}

/** What the label hides, but for parameters that are called by no secret's name: theirs may be words of titles. */
function secretsOf({ username, password, pathname, searchParams }: URL): string[] {
  const parameters = [...searchParams].filter(([name]) =>
    /key|token|secret|pass|sign?|auth|code/i.test(name),
  );
  return [
    ...[username, password].map(decoded),
    ...(pathname.match(KEY_IN_PATH) ?? []).map((part) => part.slice(1)),
    ...parameters.map(([, value]) => value),
  ];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @throws PipelineError: redirects are not followed, since the address may carry a key */
async function download(url: URL, what: string, redact: Redaction, options: HttpOptions): Promise<Buffer> {
  const { status, body, redirectOrigin } = await httpGet(url, what, options);
  if (status === 200) return body;
  const message = `${what} answers ${status}`;
  if (status === 408 || status === 429 || status >= 500) {
    throw new PipelineError('retry', message, { hint: `try again later, or ${HINT}` });
  }
  if (redirectOrigin === undefined) throw new PipelineError('stop', message, { hint: HINT });
  throw new PipelineError('stop', `${message}, a redirect to ${redact.shown(redirectOrigin)}`, {
    hint: 'redirects are not followed: set --movies (or MOVIES_URL) to the address itself',
  });
}

function parse(body: Buffer, what: string, redact: Redaction): unknown {
  try {
    return parseJson(body, what);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const beginning = body.toString('utf8', 0, BEGINNING_BYTES);
    // It quotes how the text begins, and may cut a secret in two.
    const message = redact.shown(beginning) === beginning ? error.message : `${what} is not JSON`;
    throw new DecodeError(message, { hint: HINT });
  }
}

async function readLocal(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(`read the movie list ${path}`, error, HINT);
  }
}
