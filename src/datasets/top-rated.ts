import { type SilverColumn, silverField } from '../records/silver-row.js';
import type { Listing } from './dataset.js';

const columns = [
  'rank',
  'imdb_id',
  'title',
  'year',
  'released',
  'imdb_rating',
  'imdb_votes',
  'runtime_minutes',
  'genres',
  'directors',
  'countries',
  'languages',
  'metascore',
  'awards',
  'box_office_usd',
] satisfies SilverColumn[];

/** The list itself, in rank order, with what most readers ask for. */
export const topRated: Listing = {
  name: 'top_rated',
  columns,
  key: ['imdb_id'],
  // Spelt out, since it is done for every row: a cell that is a number needs no look for what to quote.
  rowOf: (row) => [
    row.rank,
    row.imdb_id,
    row.title,
    row.year,
    row.released,
    row.imdb_rating,
    row.imdb_votes,
    row.runtime_minutes,
    silverField(row, 'genres'),
    silverField(row, 'directors'),
    silverField(row, 'countries'),
    silverField(row, 'languages'),
    row.metascore,
    row.awards,
    row.box_office_usd,
  ],
};
