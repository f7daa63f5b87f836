import { Readable } from 'node:stream';
import { sha256 } from '../../src/records/digest.js';
import { compareText } from '../../src/records/text.js';
import type { Body, PutOutcome, Store } from '../../src/stores/store.js';

/** A layer in memory, for the many small cases of property tests. */
export interface MemoryStore extends Store {
  readonly objects: Map<string, Buffer>;
}

/** @param objects what stands at the beginning, by key */
export function memoryStore(uri: string, objects: Iterable<readonly [string, Buffer]> = []): MemoryStore {
  const standing = new Map(objects);
  const etagOf = (key: string) => {
    const body = standing.get(key);
    return body && sha256(body);
  };
  return {
    uri,
    objects: standing,
    get: async (key) => {
      const body = standing.get(key);
      return body && { body, etag: sha256(body) };
    },
    read: async (key) => {
      const body = standing.get(key);
      return body && { body: Readable.from([body]) };
    },
    head: async (key) => {
      const etag = etagOf(key);
      return etag === undefined ? undefined : { etag };
    },
    list: async function* (prefix, options) {
      const entries = [...standing.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => {
          const end = options ? key.indexOf('/', prefix.length) : -1;
          return end < 0 ? key : key.slice(0, end + 1);
        });
      yield* [...new Set(entries)].sort(compareText);
    },
    put: async (key, body, condition): Promise<PutOutcome> => {
      const bytes = await gathered(body);
      const etag = etagOf(key);
      const holds = !condition || ('ifAbsent' in condition ? etag === undefined : etag === condition.ifMatch);
      if (!holds) return 'conflict';
      standing.set(key, bytes);
      return 'written';
    },
  };
}

/** The whole of a body. */
export async function gathered(body: Body): Promise<Buffer> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return Buffer.from(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
