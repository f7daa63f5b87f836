import type { Dataset } from './dataset.js';
import { Average, DecimalAverage, Sum } from './totals.js';

/** One row about the whole list. */
export const summary: Dataset = {
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
    let movies = 0;
    let enriched = 0;
    let earliest: number | null = null;
    let latest: number | null = null;
    const countries = new Set<string>();
    const rating = new DecimalAverage();
    const runtime = new Average();
    const [votes, boxOffice, oscars] = [new Sum(), new Sum(), new Sum()];
    return {
      add(row) {
        movies++;
        if (row.enriched) enriched++;
        for (const country of row.countries) countries.add(country);
        rating.add(row.imdb_rating);
        votes.add(row.imdb_votes);
        runtime.add(row.runtime_minutes);
        boxOffice.add(row.box_office_usd);
        oscars.add(row.oscar_wins);
        if (row.year === null) return;
        earliest = Math.min(earliest ?? row.year, row.year);
        latest = Math.max(latest ?? row.year, row.year);
      },
      rows: () => [
        [
          movies,
          enriched,
          countries.size,
          rating.value(),
          votes.value(),
          runtime.value(),
          boxOffice.value(),
          oscars.value(),
          earliest,
          latest,
        ],
      ],
    };
  },
};
