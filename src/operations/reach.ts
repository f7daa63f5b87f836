import { InterruptedError, messageOf, PipelineError, UnfinishedError, type Verdict } from '../errors.js';
import type { QueueReceiver } from '../queues/queue.js';
import type { OmdbAnswer } from '../records/bronze-record.js';
import { type MovieSource, parseMovieList } from '../records/movie-list.js';
import type { ObjectLister } from '../stores/store.js';

/** A movie that OMDb has known since there is an OMDb: rank 1 of the Top 250. */
const KNOWN_MOVIE = 'tt0111161';

/** Whether a store, a queue or a source can be reached with the settings and rights as they are. */
export interface Reach {
  name: string;
  state: 'ok' | 'not set' | 'failed';
  message: string;
  hint?: string;
  /** Of what failed. */
  verdict?: Verdict;
}

/** What came of one look. @param look says what it saw; the others go on when it fails */
export async function reachOf(name: string, look: () => Promise<string>): Promise<Reach> {
  try {
    return { name, state: 'ok', message: await look() };
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    const message = messageOf(error);
    if (!(error instanceof PipelineError)) return { name, state: 'failed', message, verdict: 'stop' };
    const { verdict, hint } = error;
    return { name, state: 'failed', message, verdict, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Costs one listing, which ends at its first entry. */
export async function lookAtStore(store: ObjectLister): Promise<string> {
  for await (const key of store.list('', { delimiter: '/' })) return `can be listed, begins with ${key}`;
  return 'can be listed, is empty';
}

export async function lookAtQueue(queue: Pick<QueueReceiver, 'depth'>): Promise<string> {
  const { ready, hidden, dead } = await queue.depth();
  return `${ready} ready, ${hidden} hidden, ${dead} dead`;
}

export async function lookAtMovies(source: MovieSource): Promise<string> {
  const { movies, rejected } = parseMovieList(await source.load(), `movie list ${source.label}`);
  return `${movies.length === 1 ? '1 movie' : `${movies.length} movies`}, ${rejected.length} left out`;
}

/** Costs one call of the day's quota. */
export async function lookAtOmdb(omdb: { lookup(imdbId: string): Promise<OmdbAnswer> }): Promise<string> {
  const { status } = await omdb.lookup(KNOWN_MOVIE);
  const knows = status === 'enriched' ? 'knows' : 'does not know';
  return `${knows} ${KNOWN_MOVIE}`;
}

/** The error that stands for all that failed: to be tried again later when that may help each of them. */
export function errorOf(reaches: readonly Reach[]): PipelineError | undefined {
  const failed = reaches.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return undefined;
  const message = `cannot reach: ${failed.map(({ name }) => name).join(', ')}`;
  const details = { hint: 'the table says why; check again with: movie-etl config --check' };
  if (failed.some(({ verdict }) => verdict !== 'retry' && verdict !== 'quota'))
    return new PipelineError('stop', message, details);
  const quota = failed.every(({ verdict }) => verdict === 'quota');
  return new UnfinishedError(quota ? 'quota' : 'retry', message, details);
}
