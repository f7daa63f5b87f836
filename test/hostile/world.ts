import { readFile } from 'node:fs/promises';
import { silentLog } from '../../src/log.js';
import type { OutgoingMessage } from '../../src/queues/queue.js';
import type { OmdbAnswer } from '../../src/records/bronze-record.js';
import type { PartitionDate, RunId } from '../../src/records/run.js';
import { enrichDate } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { withCheckedKeys } from '../../src/stores/checked.js';
import type { Store } from '../../src/stores/store.js';
import { type MemoryStore, memoryStore } from '../support/memory-store.js';
import { DATE, NOW, RUN } from '../support/pipeline.js';

export const BEFORE = '2026-01-01';
const MOVIES = 6;

/** One call of a port. */
export interface Call {
  layer: string;
  verb: string;
  key: string;
  bytes: number;
}

const fixture = (name: string) => readFile(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');
const answers = JSON.parse(await fixture('omdb.json')) as Record<string, unknown>[];
const items = (JSON.parse(await fixture('top-250.json')) as { items: { id: string }[] }).items.slice(
  0,
  MOVIES,
);

export const movieList = JSON.stringify({ items, errorMessage: '' });
export const eventOf = (name: string) => fixture(`events/${name}.json`);

export function answerFor(imdbId: string): OmdbAnswer {
  const omdb = answers.find(({ imdbID }) => imdbID === imdbId) ?? { imdbID: imdbId, Response: 'True' };
  return { status: 'enriched', omdb, error: null };
}

/** The three layers in memory, and everything that is asked of them. */
export class World {
  readonly calls: Call[] = [];
  readonly sent: OutgoingMessage[] = [];
  readonly warnings: string[] = [];
  readonly standing: Record<'bronze' | 'silver' | 'gold', MemoryStore>;
  readonly bronze: Store;
  readonly silver: Store;
  readonly gold: Store;

  constructor(from?: World) {
    const layer = (name: 'bronze' | 'silver' | 'gold') =>
      memoryStore(`s3://hostile/${name}`, from?.standing[name].objects);
    this.standing = { bronze: layer('bronze'), silver: layer('silver'), gold: layer('gold') };
    this.bronze = this.#watched('bronze');
    this.silver = this.#watched('silver');
    this.gold = this.#watched('gold');
  }

  get services() {
    const { bronze, silver, gold, sent, warnings } = this;
    return {
      bronze,
      silver,
      gold,
      queue: {
        send: async (messages: readonly OutgoingMessage[]) => void sent.push(...messages),
        defer: async () => {},
      },
      omdb: { lookup: async (imdbId: string) => answerFor(imdbId) },
      now: () => NOW,
      log: { ...silentLog, warn: (message: string) => void warnings.push(message) },
      concurrency: 4,
    };
  }

  text(layer: 'bronze' | 'silver' | 'gold', key: string): string {
    return this.standing[layer].objects.get(key)?.toString() ?? '';
  }

  place(layer: 'bronze' | 'silver' | 'gold', key: string, body: Buffer | string): void {
    this.standing[layer].objects.set(key, Buffer.from(body));
  }

  get puts(): Call[] {
    return this.calls.filter(({ verb }) => verb === 'put');
  }

  /** What was asked, also what was refused as a key. */
  #watched(layer: 'bronze' | 'silver' | 'gold'): Store {
    const store = withCheckedKeys(this.standing[layer]);
    const note = (verb: string, key: string, bytes = 0) => this.calls.push({ layer, verb, key, bytes });
    const noted =
      <Rest extends unknown[], Result>(verb: string, method: (key: string, ...rest: Rest) => Result) =>
      (key: string, ...rest: Rest): Result => {
        note(verb, key);
        return method(key, ...rest);
      };
    return {
      uri: store.uri,
      get: noted('get', store.get),
      read: noted('read', store.read),
      head: noted('head', store.head),
      list: noted('list', store.list),
      put: async (key, body, condition) => {
        const outcome = await store.put(key, body, condition);
        note('put', key, outcome === 'written' ? this.standing[layer].objects.get(key)?.length : 0);
        return outcome;
      },
    };
  }
}

/** A run that is begun, and one that went through all layers on this date and, ranks reversed, on the one before. */
export const begun = await beginning(new World(), DATE, RUN);
export const complete = new World();
const reversed = items.map((item, index) => ({ ...item, rank: MOVIES - index }));
await through(complete, BEFORE, '20260101T030000Z', JSON.stringify({ items: reversed, errorMessage: '' }));
await through(complete, DATE, RUN);

async function beginning(world: World, date: PartitionDate, runId: RunId, list = movieList): Promise<World> {
  const movies = { label: 'fixtures', load: async () => JSON.parse(list) as unknown };
  await extract({ date, runId, topN: MOVIES, batchSize: 2 }, { ...world.services, movies });
  return world;
}

async function through(world: World, date: PartitionDate, runId: RunId, list?: string): Promise<void> {
  await beginning(world, date, runId, list);
  await enrichDate({ date, runId }, world.services);
  await silver(date, world.services);
  await gold(date, world.services);
}
