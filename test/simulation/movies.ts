import type { ListItem } from '../../src/records/movie-list.js';
import { movie } from '../support/movies.js';

/** A list of so many movies. Another variant has others, and in another order. */
export function listOfMovies(count: number, variant: number): ListItem[] {
  return Array.from({ length: count }, (_, index) => {
    const number = variant === 1 ? count - index : index + 1 + variant;
    return movie(number, { rank: String(index + 1) });
  });
}

/** What OMDb answers: nothing of every eleventh movie. */
export function answerFor(imdbID: string): Record<string, unknown> {
  const number = Number(imdbID.slice(2));
  if (number % 11 === 0) return { Response: 'False', Error: 'Incorrect IMDb ID.' };
  return {
    Title: `Title ${number}`,
    Year: String(1950 + (number % 70)),
    Genre: number % 2 ? 'Drama' : 'Comedy, Drama',
    Director: `Director ${number % 5}`,
    imdbVotes: '1,000',
    imdbID,
    Response: 'True',
  };
}
