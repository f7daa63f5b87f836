import { Readable } from 'node:stream';
import { sha256 } from '../../records/digest.js';
import { compareText } from '../../records/text.js';
import {
  type Body,
  type Condition,
  type Etag,
  PART_BYTES,
  type PutOutcome,
  type Store,
} from '../../stores/store.js';
import type { StoreCalls } from './calls.js';

/** The most entries of one page of a listing (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html). */
const PAGE = 1000;

interface Standing {
  body: Buffer;
  etag: Etag;
}

export interface RehearsalStore extends Store {
  /** What was put, by key; the real layer has it as it was. */
  readonly written: ReadonlyMap<string, { body: Buffer }>;
  /** The real object. */
  real(key: string): Promise<Buffer | undefined>;
}

/**
 * A layer on which work is tried: it reads as the real one with what was put over it, and nothing reaches the real
 * one but questions.
 * @param calls are counted up as S3 would count them
 * @param isS3 a put that is refused is followed by a look at what stands, as the S3 driver does it
 */
export function rehearsalStore(store: Store, calls: StoreCalls, isS3: boolean): RehearsalStore {
  const overlay = new Map<string, Standing>();
  const keys = new SortedKeys();
  /** Etags of the real objects that were asked for; undefined where there is none. */
  const seen = new Map<string, Etag | undefined>();
  const realEtag = async (key: string): Promise<Etag | undefined> => {
    if (!seen.has(key)) seen.set(key, (await store.head(key))?.etag);
    return seen.get(key);
  };

  async function put(key: string, body: Body, condition?: Condition): Promise<PutOutcome> {
    const whole = typeof body === 'string' || Buffer.isBuffer(body);
    const bytes = await gathered(body);
    const isInParts = !whole && bytes.length > PART_BYTES;
    // Beginning and end of an upload are requests of their own.
    calls.writes += isInParts ? Math.ceil(bytes.length / PART_BYTES) + 2 : 1;
    if (condition) {
      const etag = overlay.get(key)?.etag ?? (await realEtag(key));
      const holds = 'ifAbsent' in condition ? etag === undefined : etag === condition.ifMatch;
      if (!holds) {
        if (isS3 && etag !== undefined) calls.reads++;
        return 'conflict';
      }
    }
    if (!overlay.has(key)) keys.add(key);
    overlay.set(key, { body: bytes, etag: sha256(bytes) });
    return 'written';
  }

  return {
    uri: store.uri,
    written: overlay,
    real: async (key) => (await store.get(key))?.body,
    get: async (key) => {
      calls.reads++;
      const put = overlay.get(key);
      if (put) return put;
      const found = await store.get(key);
      seen.set(key, found?.etag);
      return found;
    },
    read: async (key) => {
      calls.reads++;
      const put = overlay.get(key);
      return put ? { body: Readable.from([put.body], { objectMode: false }) } : store.read(key);
    },
    head: async (key) => {
      calls.reads++;
      const etag = overlay.get(key)?.etag ?? (await realEtag(key));
      return etag === undefined ? undefined : { etag };
    },
    list: async function* (prefix, options) {
      const put = keys.under(prefix, options !== undefined);
      let entries = 0;
      for await (const entry of merged(put, store.list(prefix, options))) {
        if (entries++ % PAGE === 0) calls.lists++;
        yield entry;
      }
      if (entries === 0) calls.lists++;
    },
    put,
  };
}

/** Keys by their first part, so that a date's are listed without looking at those of all others. */
class SortedKeys {
  readonly #byPart = new Map<string, string[]>();

  add(key: string): void {
    const part = partOf(key);
    const keys = this.#byPart.get(part);
    if (keys) keys.push(key);
    else this.#byPart.set(part, [key]);
  }

  /** Those that begin with a prefix, in lexical order; folded at the next `/` behind it if asked for. */
  under(prefix: string, folded: boolean): string[] {
    const candidates = prefix.includes('/')
      ? (this.#byPart.get(partOf(prefix)) ?? [])
      : [...this.#byPart.values()].flat();
    const entries = candidates
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const end = folded ? key.indexOf('/', prefix.length) : -1;
        return end < 0 ? key : key.slice(0, end + 1);
      });
    return [...new Set(entries)].sort(compareText);
  }
}

function partOf(key: string): string {
  return key.slice(0, key.indexOf('/') + 1);
}

/** Two listings as one, each entry once. The real one is asked for no more than is wanted. */
async function* merged(put: readonly string[], real: AsyncIterable<string>): AsyncGenerator<string> {
  let next = 0;
  for await (const entry of real) {
    for (let ours = put[next]; ours !== undefined && compareText(ours, entry) <= 0; ours = put[++next]) {
      if (ours !== entry) yield ours;
    }
    yield entry;
  }
  yield* put.slice(next);
}

async function gathered(body: Body): Promise<Buffer> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return Buffer.from(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
