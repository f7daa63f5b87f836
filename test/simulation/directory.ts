import { Readable } from 'node:stream';
import { PipelineError } from '../../src/errors.js';
import type { Body, Condition, PutOutcome, Store } from '../../src/stores/store.js';
import { gathered } from '../support/memory-store.js';
import type { Actor } from './actor.js';
import type { Bucket } from './bucket.js';
import type { World } from './world.js';

const TEMPORARY = '.movie-etl-tmp.';

/**
 * A layer in a directory, by what the directory driver promises: a put writes a temporary file, then links or renames
 * it; who is killed in between leaves it there. Times out and throttles nothing; a disk can be full for a while.
 */
export function directoryLayer(world: World, bucket: Bucket, actor: Actor, layer: string): Store {
  const { network, faults } = world;
  const base = `${layer}/`;
  const at = (key: string) => bucket.objects.get(base + key);

  async function write(key: string, body: Body, condition: Condition | undefined): Promise<PutOutcome> {
    const bytes = await gathered(body);
    if (faults.strikes('throttling')) {
      throw await network.call(actor, () => new PipelineError('retry', 'there is no space left on the disk'));
    }
    const directory = base + key.slice(0, key.lastIndexOf('/') + 1);
    const temporary = `${directory}${TEMPORARY}${actor.name}-${world.nextNumber()}`;
    await network.call(actor, () => bucket.put(temporary, bytes));
    return network.call(actor, () => {
      bucket.delete(temporary);
      const standing = at(key);
      const holds =
        !condition || ('ifAbsent' in condition ? !standing : standing?.etag === condition.ifMatch);
      if (!holds) return 'conflict';
      bucket.put(base + key, bytes);
      return 'written';
    });
  }

  return {
    uri: layer,
    get: (key) =>
      network.call(actor, () => {
        const standing = at(key);
        return standing && { body: standing.body, etag: standing.etag };
      }),
    read: async (key) => {
      const standing = await network.call(actor, () => at(key));
      world.clock.streams();
      return standing && { body: Readable.from([standing.body]) };
    },
    head: (key) =>
      network.call(actor, () => {
        const standing = at(key);
        return standing && { etag: standing.etag };
      }),
    list: async function* (prefix, options) {
      const request = {
        prefix: base + prefix,
        delimiter: options?.delimiter,
        most: Number.POSITIVE_INFINITY,
        hidden: isTemporary,
      };
      const { names } = await network.call(actor, () => bucket.page(request));
      for (const name of names) yield name.slice(base.length);
    },
    put: write,
  };
}

function isTemporary(key: string): boolean {
  return key.includes(TEMPORARY);
}
