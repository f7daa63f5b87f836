import { Readable } from 'node:stream';
import type { Store } from '../../src/stores/store.js';
import { gathered } from '../support/memory-store.js';
import type { Bucket } from './bucket.js';

/** A layer in which nothing ever goes wrong and nothing takes time: to prepare a schedule, and to see what came out. */
export function plainLayer(bucket: Bucket, layer: string): Store {
  const base = `${layer}/`;
  const at = (key: string) => bucket.objects.get(base + key);
  return {
    uri: layer,
    get: async (key) => at(key),
    read: async (key) => {
      const standing = at(key);
      return standing && { body: Readable.from([standing.body]) };
    },
    head: async (key) => at(key),
    list: async function* (prefix, options) {
      const most = Number.POSITIVE_INFINITY;
      const { names } = bucket.page({ prefix: base + prefix, delimiter: options?.delimiter, most });
      for (const name of names) yield name.slice(base.length);
    },
    put: async (key, body) => {
      bucket.put(base + key, await gathered(body));
      return 'written';
    },
  };
}
