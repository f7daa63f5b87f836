import { type SilverColumn, silverField } from '../records/silver-row.js';
import type { Dataset } from './dataset.js';

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
export const topRated: Dataset = {
  name: 'top_rated',
  columns,
  key: ['imdb_id'],
  open() {
    const rows: string[][] = [];
    return {
      add: (row) => rows.push(columns.map((column) => silverField(row, column))),
      rows: () => rows,
    };
  },
};
