import type { SilverRow } from '../records/silver-row.js';
import { distinct, type Totals } from './dataset.js';
import { MILLION, millionths } from './decimals.js';
import { byText, descending, orderBy } from './order.js';
import { Tallies, type TalliesState, type Tally } from './tallies.js';

interface PerName {
  name: string;
  /** What a row is about, the first column: "genre", "director". */
  column: string;
  namesOf: (row: SilverRow) => readonly string[];
  boxOffice: boolean;
  /** Only the first so many, and the better rated first among equals; else all, by count and name. */
  top?: number;
}

const [RATING, BOX_OFFICE] = [0, 1];

/** Movies, average rating and box office per name of a list column. A movie counts once per name. */
export function perName({ name, column, namesOf, boxOffice, top }: PerName): Totals {
  const columns = [column, 'movie_count', 'avg_imdb_rating', ...(boxOffice ? ['total_box_office_usd'] : [])];
  const order =
    top === undefined ? orderBy(descending(1), byText(0)) : orderBy(descending(1), descending(2), byText(0));
  return {
    name,
    columns,
    key: [column],
    open() {
      const names = new Tallies<string>(boxOffice ? 2 : 1);
      return {
        add(row) {
          const rating = millionths(row.imdb_rating);
          for (const key of distinct(namesOf(row))) {
            const place = names.count(key);
            names.add(place, RATING, rating);
            if (boxOffice) names.add(place, BOX_OFFICE, row.box_office_usd);
          }
        },
        state: () => names.state(),
        merge: (state: TalliesState<string>) => names.merge(state),
        rows: () =>
          mostFrequent([...names.entries()], top)
            .map(([key, tally]) => [
              key,
              tally.movies,
              tally.average(RATING, MILLION),
              ...(boxOffice ? [tally.sum(BOX_OFFICE)] : []),
            ])
            .sort(order)
            .slice(0, top),
      };
    },
  };
}

/** Those among which the first so many are, so that the rows of all others, which may be a million, are never made. */
function mostFrequent(entries: [string, Tally][], top = entries.length): [string, Tally][] {
  if (entries.length <= top) return entries;
  const counts = Float64Array.from(entries, ([, tally]) => tally.movies).sort();
  const fewest = counts[counts.length - top] as number;
  return entries.filter(([, tally]) => tally.movies >= fewest);
}
