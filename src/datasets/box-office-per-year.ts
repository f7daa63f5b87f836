import { type Dataset, Groups } from './dataset.js';
import { descending } from './order.js';
import { Sum } from './totals.js';

/** Box office per year of release, with the number of movies that have one. A year without any has a null total. */
export const boxOfficePerYear: Dataset = {
  name: 'box_office_per_year',
  columns: ['year', 'total_box_office_usd', 'movies_with_box_office'],
  key: ['year'],
  open() {
    const years = new Groups<number, Sum>(() => new Sum());
    return {
      add(row) {
        if (row.year !== null) years.of(row.year).add(row.box_office_usd);
      },
      rows: () =>
        years
          .entries()
          .map(([year, sum]) => [year, sum.value(), sum.count])
          .sort(descending(0)),
    };
  },
};
