import { type Dataset, Groups } from './dataset.js';
import { descending } from './order.js';
import { DecimalAverage } from './totals.js';

/** Movies and their average rating per year of release. */
export const moviesPerYear: Dataset = {
  name: 'movies_per_year',
  columns: ['year', 'movie_count', 'avg_imdb_rating'],
  key: ['year'],
  open() {
    const years = new Groups<number, { count: number; rating: DecimalAverage }>(() => ({
      count: 0,
      rating: new DecimalAverage(),
    }));
    return {
      add(row) {
        if (row.year === null) return;
        const totals = years.of(row.year);
        totals.count++;
        totals.rating.add(row.imdb_rating);
      },
      rows: () =>
        years
          .entries()
          .map(([year, totals]) => [year, totals.count, totals.rating.value()])
          .sort(descending(0)),
    };
  },
};
