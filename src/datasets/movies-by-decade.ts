import { decadeOf, type Totals } from './dataset.js';
import { MILLION, millionths } from './decimals.js';
import { descending } from './order.js';
import { Tallies, type TalliesState } from './tallies.js';

const [RATING, RUNTIME, BOX_OFFICE] = [0, 1, 2];

/** Movies, ratings, running times and box office per decade of release, named by its first year. */
export const moviesByDecade: Totals = {
  name: 'movies_by_decade',
  columns: ['decade', 'movie_count', 'avg_imdb_rating', 'avg_runtime_minutes', 'total_box_office_usd'],
  key: ['decade'],
  open() {
    const decades = new Tallies<number>(3);
    return {
      add(row) {
        if (row.year === null) return;
        const place = decades.count(decadeOf(row.year));
        decades.add(place, RATING, millionths(row.imdb_rating));
        decades.add(place, RUNTIME, row.runtime_minutes);
        decades.add(place, BOX_OFFICE, row.box_office_usd);
      },
      state: () => decades.state(),
      merge: (state: TalliesState<number>) => decades.merge(state),
      rows: () =>
        [...decades.entries()]
          .map(([decade, tally]) => [
            decade,
            tally.movies,
            tally.average(RATING, MILLION),
            tally.average(RUNTIME),
            tally.sum(BOX_OFFICE),
          ])
          .sort(descending(0)),
    };
  },
};
