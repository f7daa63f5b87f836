import type { SilverRow } from '../records/silver-row.js';
import { type Dataset, Groups } from './dataset.js';
import { byText, descending, orderBy } from './order.js';
import { DecimalAverage, Sum } from './totals.js';

interface PerName {
  name: string;
  /** What a row is about, the first column: "genre", "director". */
  column: string;
  namesOf: (row: SilverRow) => readonly string[];
  boxOffice: boolean;
  /** Only the first so many, and the better rated first among equals; else all, by count and name. */
  top?: number;
}

/** Movies, average rating and box office per name of a list column. A movie counts once per name. */
export function perName({ name, column, namesOf, boxOffice, top }: PerName): Dataset {
  const columns = [column, 'movie_count', 'avg_imdb_rating', ...(boxOffice ? ['total_box_office_usd'] : [])];
  const order =
    top === undefined ? orderBy(descending(1), byText(0)) : orderBy(descending(1), descending(2), byText(0));
  return {
    name,
    columns,
    key: [column],
    open() {
      const groups = new Groups<string, Totals>(() => ({
        count: 0,
        rating: new DecimalAverage(),
        boxOffice: new Sum(),
      }));
      return {
        add(row) {
          for (const key of new Set(namesOf(row))) {
            const totals = groups.of(key);
            totals.count++;
            totals.rating.add(row.imdb_rating);
            totals.boxOffice.add(row.box_office_usd);
          }
        },
        rows: () =>
          groups
            .entries()
            .map(([key, totals]) =>
              [key, totals.count, totals.rating.value(), totals.boxOffice.value()].slice(0, columns.length),
            )
            .sort(order)
            .slice(0, top),
      };
    },
  };
}

interface Totals {
  count: number;
  rating: DecimalAverage;
  boxOffice: Sum;
}
