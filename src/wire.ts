import { awsClients } from './aws.js';
import { DEFAULT_OMDB_URL, type Settings } from './config.js';
import type { Log } from './log.js';
import type { Queue } from './queues/queue.js';
import type { OmdbAnswer } from './records/bronze-record.js';
import type { MovieSource } from './records/movie-list.js';
import type { Store } from './stores/store.js';

/** Everything that stages work with and that has to be opened. */
export interface Adapters {
  bronze: Store;
  silver: Store;
  gold: Store;
  queue: Queue;
  movies: MovieSource;
  omdb: { lookup(imdbId: string): Promise<OmdbAnswer> };
}

export type Wired<Name extends keyof Adapters> = Pick<Adapters, Name> & { close(): Promise<void> };

/**
 * Opens the adapters that are asked for, and no other; what is not opened is not even loaded.
 * @param log is told when OMDb or AWS is asked again
 */
export async function wire<Name extends keyof Adapters>(
  settings: Settings,
  names: readonly Name[],
  signal?: AbortSignal,
  log?: Log,
): Promise<Wired<Name>> {
  const openers = openersOf(settings, signal, log);
  const adapters: Partial<Adapters> = {};
  const close = async () => {
    await adapters.queue?.close();
    await openers.closeShared();
  };
  try {
    for (const name of names) Object.assign(adapters, { [name]: await openers[name]() });
  } catch (error) {
    await close();
    throw error;
  }
  return { ...(adapters as Pick<Adapters, Name>), close };
}

function openersOf(settings: Settings, signal: AbortSignal | undefined, log: Log | undefined) {
  const aws = awsClients(settings.aws, log);
  const store = async (uri: string) => (await import('./stores/open.js')).openStore(uri, aws);
  let offline: ReturnType<typeof import('./offline.js').startOffline> | undefined;
  const fixtures = async () => {
    offline ??= (await import('./offline.js')).startOffline();
    return offline;
  };
  const omdbApiKey = async () => {
    const { omdbApiKey: key, omdbApiKeySecret: secret } = settings;
    if (key !== undefined || secret === undefined) return key ?? '';
    return (await import('./secrets.js')).readOmdbApiKey(await aws.secrets(), secret);
  };
  return {
    bronze: () => store(settings.bronze),
    silver: () => store(settings.silver),
    gold: () => store(settings.gold),
    queue: async () => (await import('./queues/open.js')).openQueue(settings.queue, aws),
    movies: async () => {
      const { movieSource } = await import('./movies.js');
      if (settings.movies !== undefined) return movieSource(settings.movies, { signal });
      return movieSource((await fixtures()).moviesUrl, { label: 'fixtures/top-250.json', signal });
    },
    omdb: async () => {
      const { omdbSource } = await import('./omdb.js');
      const { omdbUrl, offline: standIn, concurrency, rate } = settings;
      const url = omdbUrl ?? (standIn ? (await fixtures()).omdbUrl : DEFAULT_OMDB_URL);
      const apiKey = standIn ? 'offline' : await omdbApiKey();
      return omdbSource({ url: new URL(url), apiKey, concurrency, rate, signal, log });
    },
    closeShared: async () => {
      await (await offline)?.close();
      await aws.close();
    },
  };
}
