import type { Cell } from '../csv.js';
import { type SilverColumn, silverField } from '../records/silver-row.js';
import type { Dataset } from './dataset.js';
import { byText, descending, orderBy } from './order.js';

const MOST = 25;
/** Rows are cut back to the best whenever so many have gathered. */
const GATHERED = 1000;

const columns = [
  'imdb_id',
  'title',
  'year',
  'oscar_wins',
  'award_wins',
  'award_nominations',
  'awards',
  'imdb_rating',
  'imdb_votes',
] satisfies SilverColumn[];

const byAwards = orderBy(descending(3), descending(4), descending(5), byText(0));

/** The 25 movies with the most Oscars; among equals more wins, then more nominations. */
export const mostAwarded: Dataset = {
  name: 'most_awarded',
  columns,
  key: ['imdb_id'],
  open() {
    let best: Cell[][] = [];
    const cutBack = () => best.sort(byAwards).slice(0, MOST);
    return {
      add(row) {
        best.push(columns.map((column) => silverField(row, column) || null));
        if (best.length >= GATHERED) best = cutBack();
      },
      rows: cutBack,
    };
  },
};
