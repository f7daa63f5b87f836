import { type AwsConnections, awsConnections } from '../aws/connections.js';
import type { Settings } from '../config.js';
import type { Log } from '../log.js';
import type { Queue } from '../queues/queue.js';
import type { OmdbAnswer } from '../records/bronze-record.js';
import type { MovieSource } from '../records/movie-list.js';
import type { Store } from '../stores/store.js';

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

/** What stands in for both sources of the network. */
export interface StandIn {
  moviesUrl: string;
  omdbUrl: string;
}

/** What an adapter is opened with. */
export interface Opening {
  settings: Settings;
  aws: AwsConnections;
  signal: AbortSignal | undefined;
  /** Is told when OMDb or AWS is asked again. */
  log: Log | undefined;
  /** Starts it once, for whoever asks. Undefined where no settings ask for it. */
  standIn?: () => Promise<StandIn>;
}

export type Opener<Adapter> = (opening: Opening) => Adapter | Promise<Adapter>;

export type Openers<Name extends keyof Adapters> = { readonly [Each in Name]: Opener<Adapters[Each]> };

/** What adapters of one session share. */
export function openingOf(
  settings: Settings,
  signal: AbortSignal | undefined,
  log: Log | undefined,
): Opening {
  return { settings, aws: awsConnections(settings.aws, log), signal, log };
}

/** Opens one adapter after the other. What was opened is closed again when one cannot be. */
export async function openAll<Name extends keyof Adapters>(
  openers: Openers<Name>,
  opening: Opening,
): Promise<Wired<Name>> {
  const adapters: Partial<Adapters> = {};
  const close = async () => {
    await adapters.queue?.close();
    opening.aws.close();
  };
  try {
    for (const name of Object.keys(openers) as Name[]) {
      Object.assign(adapters, { [name]: await openers[name](opening) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ...(adapters as Pick<Adapters, Name>), close };
}
