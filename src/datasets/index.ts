import { boxOfficePerYear } from './box-office-per-year.js';
import type { Dataset } from './dataset.js';
import { genreByDecade } from './genre-by-decade.js';
import { mostAwarded } from './most-awarded.js';
import { moviesByCountry } from './movies-by-country.js';
import { moviesByDecade } from './movies-by-decade.js';
import { moviesByGenre } from './movies-by-genre.js';
import { moviesByLanguage } from './movies-by-language.js';
import { moviesPerYear } from './movies-per-year.js';
import { rankChanges } from './rank-changes.js';
import { summary } from './summary.js';
import { topActors } from './top-actors.js';
import { topDirectors } from './top-directors.js';
import { topRated } from './top-rated.js';

/** Every gold dataset. To add one, add its file and its line. */
export const datasets: readonly Dataset[] = [
  topRated,
  moviesByGenre,
  moviesByCountry,
  moviesByLanguage,
  moviesPerYear,
  moviesByDecade,
  genreByDecade,
  boxOfficePerYear,
  topDirectors,
  topActors,
  mostAwarded,
  rankChanges,
  summary,
];
