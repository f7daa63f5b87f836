import { bronzeKeys } from '../../src/keys.js';
import type { BronzeRecord, OmdbAnswer } from '../../src/records/bronze-record.js';
import { decodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { Manifest } from '../../src/records/manifest.js';
import { Success } from '../../src/records/markers.js';
import type { Store } from '../../src/stores/store.js';
import type { Actor } from './actor.js';
import type { Bucket, StoredObject } from './bucket.js';

/** The name of a promise, and how it was broken. */
export class BrokenPromise extends Error {
  constructor(
    readonly promise: string,
    how: string,
  ) {
    super(`${promise}: ${how}`);
  }
}

interface Omdb {
  lookup(imdbId: string): Promise<OmdbAnswer>;
}

/** Watches, at every moment, what has to hold at every moment. The first promise that is broken is kept. */
export class Promises {
  broken: BrokenPromise | undefined;
  /** How often `_SUCCESS` was written for each `date/run`. */
  readonly published = new Map<string, number>();
  /** When, in milliseconds since 1970. */
  lastPublished = 0;
  readonly #manifests = new Map<string, Set<string>>();

  constructor(
    private readonly bucket: Bucket,
    private readonly now: () => number,
  ) {
    bucket.watch((key, now, before) => {
      if (key.startsWith('bronze/') && !key.includes('.movie-etl-')) {
        this.#onBronze(key.slice('bronze/'.length), now, before);
      }
    });
  }

  break(promise: string, how: string): void {
    this.broken ??= new BrokenPromise(promise, how);
  }

  /** The same layer, whose puts have to tell the truth. */
  held(store: Store, actor: Actor): Store {
    const underWay = new Map<string, { alone: boolean }[]>();
    return {
      ...store,
      put: async (key, body, condition) => {
        const others = underWay.get(key) ?? [];
        const mine = { alone: others.length === 0 };
        for (const other of others) other.alone = false;
        underWay.set(key, [...others, mine]);
        const written = actor.written.length;
        const outcome = await store.put(key, body, condition).finally(() => {
          underWay.set(key, underWay.get(key)?.filter((put) => put !== mine) ?? []);
        });
        const standing = this.bucket.objects.get(`${store.uri.split('/').at(-1)}/${key}`);
        const isOurs = standing && actor.written.slice(written).includes(standing);
        if (outcome === 'conflict' && isOurs && mine.alone) {
          this.break('an acknowledgement that is lost is no conflict', `${actor.name} put ${key}`);
        }
        return outcome;
      },
    };
  }

  /** OMDb and bronze of one process, which asks for nothing whose record it has not looked for. */
  looksOf(omdb: Omdb): { omdb: Omdb; at(bronze: Store): Store } {
    const missing = new Map<string, number>();
    const look = async <Found>(
      key: string,
      found: Promise<Found | undefined>,
    ): Promise<Found | undefined> => {
      const id = /\/(tt\d+)\.json$/.exec(key)?.[1];
      const answer = await found;
      if (id !== undefined && answer === undefined) missing.set(id, (missing.get(id) ?? 0) + 1);
      return answer;
    };
    return {
      omdb: {
        lookup: (id) => {
          const looks = missing.get(id) ?? 0;
          if (looks === 0) this.break('no call for a record that stands', `${id} was asked for`);
          missing.set(id, looks - 1);
          return omdb.lookup(id);
        },
      },
      at: (bronze) => ({
        ...bronze,
        get: (key) => look(key, bronze.get(key)),
        head: (key) => look(key, bronze.head(key)),
      }),
    };
  }

  #onBronze(key: string, now: StoredObject, before: StoredObject | undefined): void {
    const [, date = '', run] = /^dt=([^/]+)\/(?:run=([^/]+)\/)?/.exec(key) ?? [];
    if (run === undefined) {
      this.#onSuccess(date, now, before);
      return;
    }
    if (before && !key.includes('/_errors/')) {
      this.break('bronze is never replaced', key);
    }
    if (key === bronzeKeys.manifest(date, run)) {
      const { movies } = decodeJson(Manifest, now.body, key);
      this.#manifests.set(`${date}/${run}`, new Set(movies.map(({ id }) => id)));
    }
    const id = /\/(tt\d+)\.json$/.exec(key)?.[1];
    if (id === undefined) return;
    const record = JSON.parse(now.body.toString()) as BronzeRecord;
    const isOfRun = this.#manifests.get(`${date}/${run}`)?.has(id);
    if (!isOfRun || record.movie.id !== id || record.runId !== run || record.date !== date) {
      this.break('a run records the movies of its manifest', key);
    }
  }

  #onSuccess(date: string, now: StoredObject, before: StoredObject | undefined): void {
    const { runId, manifest } = decodeJson(Success, now.body, `_SUCCESS of ${date}`);
    const standing = this.bucket.objects.get(`bronze/${bronzeKeys.manifest(date, runId)}`);
    if (!standing || sha256(standing.body) !== manifest.sha256) {
      this.break('_SUCCESS vouches for its manifest', `run ${runId} of ${date}`);
    }
    const movies = [...(this.#manifests.get(`${date}/${runId}`) ?? [])];
    const lacking = movies.filter(
      (id) => !this.bucket.objects.has(`bronze/${bronzeKeys.record(date, runId, id)}`),
    );
    if (lacking.length > 0) {
      this.break('_SUCCESS never before every record', `run ${runId} of ${date} lacks ${lacking[0]}`);
    }
    const times = (this.published.get(`${date}/${runId}`) ?? 0) + 1;
    this.published.set(`${date}/${runId}`, times);
    this.lastPublished = this.now();
    const earlier = before && decodeJson(Success, before.body, '_SUCCESS').runId;
    if (times > 1) this.break('_SUCCESS exactly once per run', `run ${runId} of ${date}: ${times} times`);
    else if (earlier !== undefined && earlier > runId) {
      this.break('_SUCCESS is never replaced by an older run', `${runId} over ${earlier} of ${date}`);
    }
  }
}
