import type { Totals } from './dataset.js';
import { MILLION, millionths } from './decimals.js';
import { descending } from './order.js';
import { Tallies, type TalliesState } from './tallies.js';

const RATING = 0;

/** Movies and their average rating per year of release. */
export const moviesPerYear: Totals = {
  name: 'movies_per_year',
  columns: ['year', 'movie_count', 'avg_imdb_rating'],
  key: ['year'],
  open() {
    const years = new Tallies<number>(1);
    return {
      add(row) {
        if (row.year !== null) years.add(years.count(row.year), RATING, millionths(row.imdb_rating));
      },
      state: () => years.state(),
      merge: (state: TalliesState<number>) => years.merge(state),
      rows: () =>
        [...years.entries()]
          .map(([year, tally]) => [year, tally.movies, tally.average(RATING, MILLION)])
          .sort(descending(0)),
    };
  },
};
