import type { Totals } from './dataset.js';
import { descending } from './order.js';
import { Tallies, type TalliesState } from './tallies.js';

const BOX_OFFICE = 0;

/** Box office per year of release, with the number of movies that have one. A year without any has a null total. */
export const boxOfficePerYear: Totals = {
  name: 'box_office_per_year',
  columns: ['year', 'total_box_office_usd', 'movies_with_box_office'],
  key: ['year'],
  open() {
    const years = new Tallies<number>(1);
    return {
      add(row) {
        if (row.year !== null) years.add(years.count(row.year), BOX_OFFICE, row.box_office_usd);
      },
      state: () => years.state(),
      merge: (state: TalliesState<number>) => years.merge(state),
      rows: () =>
        [...years.entries()]
          .map(([year, tally]) => [year, tally.sum(BOX_OFFICE), tally.counted(BOX_OFFICE)])
          .sort(descending(0)),
    };
  },
};
