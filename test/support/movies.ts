import type { OmdbAnswer } from '../../src/records/bronze-record.js';
import type { ListItem } from '../../src/records/movie-list.js';

/** The nth movie of a made-up list, counted from 1. */
export function movie(rank: number, facts: Partial<ListItem> = {}): ListItem {
  return {
    id: `tt${String(rank).padStart(7, '0')}`,
    rank: String(rank),
    title: `Movie ${rank}`,
    fullTitle: `Movie ${rank} (2000)`,
    year: '2000',
    image: 'N/A',
    crew: `Director ${rank} (dir.), Actor ${rank}`,
    imDbRating: '8.0',
    imDbRatingCount: '1000',
    ...facts,
  };
}

export function movies(count: number): ListItem[] {
  return Array.from({ length: count }, (_, index) => movie(index + 1));
}

/** A movie source that has this list. */
export function listOf(items: readonly unknown[]) {
  return { label: 'made up', load: async () => ({ items, errorMessage: '' }) };
}

/** An OMDb that knows every movie, and counts who asked for what. */
export function knowsAll() {
  const calls: string[] = [];
  const lookup = async (imdbID: string): Promise<OmdbAnswer> => {
    calls.push(imdbID);
    const omdb = { Title: `Title ${imdbID}`, Year: '2001', Genre: 'Drama', imdbID, Response: 'True' };
    return { status: 'enriched', omdb, error: null };
  };
  return { calls, lookup };
}
