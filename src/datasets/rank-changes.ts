import type { Cell } from '../csv.js';
import type { SilverRow } from '../records/silver-row.js';
import type { Dataset, PreviousSilver } from './dataset.js';

/** Where each movie stood on the newest earlier date, and which ones have dropped out since. */
export const rankChanges: Dataset = {
  name: 'rank_changes',
  columns: ['imdb_id', 'title', 'previous_date', 'previous_rank', 'rank', 'change', 'status'],
  key: ['imdb_id'],
  open(previous) {
    const rows: Cell[][] = [];
    const present = new Set<string>();
    return {
      add(row) {
        rows.push(compare(row, previous));
        present.add(row.imdb_id);
      },
      *rows() {
        yield* rows;
        if (previous) yield* dropped(previous, present);
      },
    };
  },
};

function compare(row: SilverRow, previous: PreviousSilver | undefined): Cell[] {
  const before = previous?.movies.get(row.imdb_id);
  if (!previous || !before) return [row.imdb_id, row.title, null, null, row.rank, null, 'new'];
  const change = before.rank - row.rank;
  const status = change > 0 ? 'up' : change < 0 ? 'down' : 'same';
  return [row.imdb_id, row.title, previous.date, before.rank, row.rank, change, status];
}

/** A movie is dropped only if its previous rank would fit into today's row count: a shorter list drops nobody. */
function* dropped(previous: PreviousSilver, present: ReadonlySet<string>): Generator<Cell[]> {
  for (const [imdbId, { rank, title }] of previous.movies) {
    if (present.has(imdbId) || rank > present.size) continue;
    yield [imdbId, title, previous.date, rank, null, null, 'dropped'];
  }
}
