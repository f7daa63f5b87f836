import { MOVIES_HELP } from '../config.js';
import { UsageError } from '../errors.js';
import { movieSource } from '../movies.js';
import type { MovieSource } from '../records/movie-list.js';
import type { Opener } from './adapters.js';

/** The movie list: the one of the settings, or else the one of the stand-in. */
export const movies: Opener<MovieSource> = async ({ settings, signal, standIn }) => {
  if (settings.movies !== undefined) return movieSource(settings.movies, { signal });
  if (!standIn) throw new UsageError([MOVIES_HELP]);
  return movieSource((await standIn()).moviesUrl, { label: 'fixtures/top-250.json', signal });
};
