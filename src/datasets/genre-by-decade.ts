import { decadeOf, distinct, type Totals } from './dataset.js';
import { byText, descending, orderBy } from './order.js';
import { Tallies, type TalliesState } from './tallies.js';

/** How many movies of each genre each decade has. */
export const genreByDecade: Totals = {
  name: 'genre_by_decade',
  columns: ['decade', 'genre', 'movie_count'],
  key: ['decade', 'genre'],
  open() {
    const decades = new Map<number, Tallies<string>>();
    const genresOf = (decade: number) => {
      const genres = decades.get(decade) ?? new Tallies<string>(0);
      decades.set(decade, genres);
      return genres;
    };
    return {
      add(row) {
        if (row.year === null || row.genres.length === 0) return;
        const genres = genresOf(decadeOf(row.year));
        for (const genre of distinct(row.genres)) genres.count(genre);
      },
      state: () => [...decades].map(([decade, genres]) => [decade, genres.state()] as const),
      merge(state: readonly (readonly [number, TalliesState<string>])[]) {
        for (const [decade, genres] of state) genresOf(decade).merge(genres);
      },
      rows: () =>
        [...decades]
          .flatMap(([decade, genres]) =>
            [...genres.entries()].map(([genre, { movies }]) => [decade, genre, movies]),
          )
          .sort(orderBy(descending(0), descending(2), byText(1))),
    };
  },
};
