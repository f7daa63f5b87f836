import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { SECRET_ACCESS_KEY, SESSION_TOKEN } from '../../chain/emulator/calls.js';
import type { Emulator } from '../../chain/emulator/emulator.js';

/** In every secret of the tests, so that one search finds each of them, also a part of one. */
export const MARK = 'Qz7sekret';

/** The OMDb key of every test. Its signs are written differently in a URL, in JSON, in HTML and in a form. */
export const OMDB_KEY = `${MARK}+a/b=c&d%25 "<${MARK}`;
/** What an address can carry: `https://user:…@host/k_…/list.json?token=…`. */
export const PASSWORD = `${MARK}-password`;
export const PATH_KEY = `k_${MARK}`;
export { SECRET_ACCESS_KEY, SESSION_TOKEN };

export interface Leak {
  form: 'as it is' | 'base64' | 'bytes';
  /** What stands before it: enough to find the place, and nothing of the secret. */
  after: string;
}

/** A mark in base64 reads differently at each of three offsets; what its neighbours take part in is left out. */
const base64 = [0, 1, 2].map((offset) => {
  const text = Buffer.from('\0'.repeat(offset) + MARK).toString('base64url');
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + MARK.length) * 8) / 6));
});
const bytes = [...Buffer.from(MARK)];
/** `517a37…`, `51 7a 37`, `%51%7A`, `\x51\x7a`, `\u0051\u007a`. */
const hex = bytes.map((byte) => byte.toString(16)).join('(?:[\\s:%]|\\\\x|\\\\u00){0,2}');
/** A buffer as JSON has it. */
const decimal = bytes.join('\\s*,\\s*');
const FORMS = new RegExp(`(${MARK})|(${base64.join('|')})|${hex}|${decimal}`, 'gi');

/** Where a secret of the tests shows, in whatever letters and encoding. */
export function leaksIn(data: string | Buffer): Leak[] {
  const text = typeof data === 'string' ? data : data.toString('latin1');
  return [...text.matchAll(FORMS)].map(({ index, 1: asItIs, 2: inBase64 }) => {
    const before = text.slice(Math.max(0, index - 200), index).replace(FORMS, '***');
    return { form: asItIs ? 'as it is' : inBase64 ? 'base64' : 'bytes', after: before.slice(-60) };
  });
}

export function describeLeak({ form, after }: Leak): string {
  return `a secret (${form}) after ${JSON.stringify(after)}`;
}

/** Everything that a log, a person or a debugger could see of an error. */
export function shownBy(error: unknown): string {
  const deep = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
  if (!(error instanceof Error)) return deep;
  const cause = error.cause === undefined ? '' : shownBy(error.cause);
  return [error.message, error.stack, cause, deep, JSON.stringify(error), String(error)].join('\n');
}

/**
 * Searches what was printed, logged, stored, sent or thrown, as it comes. The file of tests that shows a secret fails
 * at its end, whatever its tests say.
 * @param what where the text is from, for the message
 */
export function watch(what: string, data: string | Buffer): void {
  watched.texts += 1;
  watched.bytes += Buffer.byteLength(data);
  for (const leak of leaksIn(data)) {
    process.exitCode = 1;
    console.error(`${what} shows ${describeLeak(leak)}`);
  }
}

/** Watches whatever is put into the buckets and queues of an emulator, and how it is called. */
export function watchRequests(emulator: Pick<Emulator, 'onRequest'>): void {
  emulator.onRequest((url, body) => watch('a request to AWS', `${url}\n${body}`));
}

/** How much a process has searched: added, at its end, as a line to the file that the whole run has named. */
export interface Watched {
  texts: number;
  bytes: number;
}

export const WATCHED_FILE = 'MOVIE_ETL_WATCHED';
const watched: Watched = { texts: 0, bytes: 0 };
process.once('exit', () => {
  const file = process.env[WATCHED_FILE];
  if (file && watched.texts > 0) appendFileSync(file, `${JSON.stringify(watched)}\n`);
});
