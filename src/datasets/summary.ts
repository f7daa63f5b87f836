import { detached } from '../records/text.js';
import type { Totals } from './dataset.js';
import { MILLION, millionths } from './decimals.js';
import { Tallies, type TalliesState } from './tallies.js';

const [ENRICHED, RATING, VOTES, RUNTIME, BOX_OFFICE, OSCARS] = [0, 1, 2, 3, 4, 5];
/** There is one list, and one row about it. */
const ALL = 0;

interface SummaryState {
  all: TalliesState<typeof ALL>;
  countries: ReadonlySet<string>;
  earliest: number | null;
  latest: number | null;
}

/** One row about the whole list. */
export const summary: Totals = {
  name: 'summary',
  columns: [
    'movies',
    'enriched',
    'countries',
    'avg_imdb_rating',
    'total_imdb_votes',
    'avg_runtime_minutes',
    'total_box_office_usd',
    'total_oscar_wins',
    'earliest_year',
    'latest_year',
  ],
  key: [],
  open() {
    const all = new Tallies<typeof ALL>(6);
    all.count(ALL, 0);
    const countries = new Set<string>();
    let earliest: number | null = null;
    let latest: number | null = null;
    const span = (from: number | null, to: number | null) => {
      if (from !== null && (earliest === null || from < earliest)) earliest = from;
      if (to !== null && (latest === null || to > latest)) latest = to;
    };
    return {
      add(row) {
        const place = all.count(ALL);
        all.add(place, ENRICHED, row.enriched ? 1 : 0);
        all.add(place, RATING, millionths(row.imdb_rating));
        all.add(place, VOTES, row.imdb_votes);
        all.add(place, RUNTIME, row.runtime_minutes);
        all.add(place, BOX_OFFICE, row.box_office_usd);
        all.add(place, OSCARS, row.oscar_wins);
        for (const country of row.countries) if (!countries.has(country)) countries.add(detached(country));
        span(row.year, row.year);
      },
      state: (): SummaryState => ({ all: all.state(), countries, earliest, latest }),
      merge(state: SummaryState) {
        all.merge(state.all);
        for (const country of state.countries) countries.add(country);
        span(state.earliest, state.latest);
      },
      rows: () =>
        [...all.entries()].map(([, tally]) => [
          tally.movies,
          Number(tally.sum(ENRICHED)),
          countries.size,
          tally.average(RATING, MILLION),
          tally.sum(VOTES),
          tally.average(RUNTIME),
          tally.sum(BOX_OFFICE),
          tally.sum(OSCARS),
          earliest,
          latest,
        ]),
    };
  },
};
