import { type Dataset, decadeOf, Groups } from './dataset.js';
import { descending } from './order.js';
import { Average, DecimalAverage, Sum } from './totals.js';

/** Movies, ratings, running times and box office per decade of release, named by its first year. */
export const moviesByDecade: Dataset = {
  name: 'movies_by_decade',
  columns: ['decade', 'movie_count', 'avg_imdb_rating', 'avg_runtime_minutes', 'total_box_office_usd'],
  key: ['decade'],
  open() {
    const decades = new Groups<number, Totals>(() => ({
      count: 0,
      rating: new DecimalAverage(),
      runtime: new Average(),
      boxOffice: new Sum(),
    }));
    return {
      add(row) {
        if (row.year === null) return;
        const totals = decades.of(decadeOf(row.year));
        totals.count++;
        totals.rating.add(row.imdb_rating);
        totals.runtime.add(row.runtime_minutes);
        totals.boxOffice.add(row.box_office_usd);
      },
      rows: () =>
        decades
          .entries()
          .map(([decade, { count, rating, runtime, boxOffice }]) => [
            decade,
            count,
            rating.value(),
            runtime.value(),
            boxOffice.value(),
          ])
          .sort(descending(0)),
    };
  },
};

interface Totals {
  count: number;
  rating: DecimalAverage;
  runtime: Average;
  boxOffice: Sum;
}
