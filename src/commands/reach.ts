import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MOVIES_HELP, OMDB_KEY_HELP, type Settings } from '../config.js';
import { PipelineError } from '../errors.js';
import type { Log } from '../log.js';
import {
  lookAtMovies,
  lookAtOmdb,
  lookAtQueue,
  lookAtStore,
  type Reach,
  reachOf,
} from '../operations/reach.js';
import { isLocal, localPath } from '../uri.js';
import { type Adapters, type Wired, wire } from '../wire.js';

/** Looks at each store, queue and source, each by itself: what fails does not keep the others from being looked at. */
export function reachOfAll(settings: Settings, signal: AbortSignal, log: Log): Promise<Reach[]> {
  const { offline, movies, omdbApiKey, omdbApiKeySecret } = settings;
  const opened = async <Name extends keyof Adapters>(
    name: Name,
    look: (adapters: Wired<Name>) => Promise<string>,
  ) => {
    const adapters = await wire(settings, [name], signal, log);
    try {
      return await look(adapters);
    } finally {
      await adapters.close();
    }
  };
  const store = (name: 'bronze' | 'silver' | 'gold') =>
    reachOf(name, () =>
      inPlace(settings[name], async () => {
        const seen = await opened(name, (adapters) => lookAtStore(adapters[name]));
        return isLocal(settings[name]) ? seen : `${seen}; writing is not tried`;
      }),
    );
  return Promise.all([
    store('bronze'),
    store('silver'),
    store('gold'),
    reachOf('queue', () => inPlace(settings.queue, () => opened('queue', ({ queue }) => lookAtQueue(queue)))),
    offline || movies !== undefined
      ? reachOf('movies', () => opened('movies', (adapters) => lookAtMovies(adapters.movies)))
      : notSet('movies', MOVIES_HELP),
    offline || omdbApiKey !== undefined || omdbApiKeySecret !== undefined
      ? reachOf('omdb', async () => {
          const seen = await opened('omdb', ({ omdb }) => lookAtOmdb(omdb));
          return offline ? seen : `${seen}; cost one call of the day's quota`;
        })
      : notSet('omdb', OMDB_KEY_HELP),
  ]);
}

/** No failure: only extract and enrich need it, and say so. */
function notSet(name: string, help: string): Reach {
  const [message = '', ...hint] = help.split(': ');
  return { name, state: 'not set', message, hint: hint.join(': ') };
}

/** Looks at a directory only where there is one: else, and without making it, whether it could be made. */
async function inPlace(uri: string, look: () => Promise<string>): Promise<string> {
  if (!isLocal(uri)) return look();
  const path = resolve(localPath(uri));
  const standing = await nearest(path);
  try {
    await access(standing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PipelineError('stop', `${uri} cannot be written: no right to ${standing}`, {
      hint: 'check the path and its rights',
      cause: error,
    });
  }
  if (standing === path) return look();
  return 'is not there yet: will be made';
}

/** The directory, or the nearest above it that is there. */
async function nearest(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new PipelineError('stop', `cannot look at ${path}: ${error.message}`, {
      hint: 'check the path and its rights',
      cause: error,
    });
  });
  if (found?.isDirectory()) return path;
  if (found) {
    throw new PipelineError('stop', `${path} is a file, not a directory`, {
      hint: 'give another directory, or move the file away',
    });
  }
  return nearest(dirname(path));
}
