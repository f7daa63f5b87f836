import { type Dataset, decadeOf, Groups } from './dataset.js';
import { byText, descending, orderBy } from './order.js';

/** How many movies of each genre each decade has. */
export const genreByDecade: Dataset = {
  name: 'genre_by_decade',
  columns: ['decade', 'genre', 'movie_count'],
  key: ['decade', 'genre'],
  open() {
    const decades = new Groups<number, Groups<string, { count: number }>>(
      () => new Groups(() => ({ count: 0 })),
    );
    return {
      add(row) {
        if (row.year === null) return;
        for (const genre of new Set(row.genres)) decades.of(decadeOf(row.year)).of(genre).count++;
      },
      rows: () =>
        decades
          .entries()
          .flatMap(([decade, genres]) => genres.entries().map(([genre, { count }]) => [decade, genre, count]))
          .sort(orderBy(descending(0), descending(2), byText(1))),
    };
  },
};
