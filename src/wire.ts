import { clientsOf } from './aws.js';
import type { Settings } from './config.js';
import type { Log } from './log.js';
import {
  type Adapters,
  type Openers,
  type Opening,
  openAll,
  openingOf,
  type Wired,
} from './wire/adapters.js';

export type { Adapters, Wired } from './wire/adapters.js';

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
  let offline: ReturnType<typeof import('./offline.js').startOffline> | undefined;
  const standIn = async () => {
    offline ??= (await import('./offline.js')).startOffline();
    return offline;
  };
  const closeStandIn = async () => (await offline)?.close();
  const opening = { ...openingOf(settings, signal, log), standIn };
  const openers = Object.fromEntries(names.map((name) => [name, OPENERS[name]])) as unknown as Openers<Name>;
  try {
    const wired = await openAll(openers, opening);
    const close = async () => {
      await wired.close();
      await closeStandIn();
    };
    return { ...wired, close };
  } catch (error) {
    await closeStandIn();
    throw error;
  }
}

/** Each loads its driver when it is called. */
const OPENERS: Openers<keyof Adapters> = {
  bronze: (opening) => store('bronze', opening),
  silver: (opening) => store('silver', opening),
  gold: (opening) => store('gold', opening),
  queue: async ({ settings, aws }) =>
    (await import('./queues/open.js')).openQueue(settings.queue, clientsOf(aws)),
  movies: async (opening) => (await import('./wire/movies.js')).movies(opening),
  omdb: async (opening) => {
    const { omdbWith } = await import('./wire/omdb.js');
    return omdbWith(async (...secret) => (await import('./wire/secret.js')).readSecret(...secret))(opening);
  },
};

async function store(layer: 'bronze' | 'silver' | 'gold', { settings, aws }: Opening) {
  return (await import('./stores/open.js')).openStore(settings[layer], clientsOf(aws));
}
