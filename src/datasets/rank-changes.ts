import { numberOf } from '../records/imdb-id.js';
import type { Listing } from './dataset.js';

/** Where each movie stood on the newest earlier date, and which ones have dropped out since. */
export const rankChanges: Listing = {
  name: 'rank_changes',
  columns: ['imdb_id', 'title', 'previous_date', 'previous_rank', 'rank', 'change', 'status'],
  key: ['imdb_id'],
  rowOf({ imdb_id, title, rank }, previous) {
    const before = previous?.standings.see(numberOf(imdb_id));
    if (!previous || before === undefined) return [imdb_id, title, null, null, rank, null, 'new'];
    const change = before - rank;
    const status = change > 0 ? 'up' : change < 0 ? 'down' : 'same';
    return [imdb_id, title, previous.date, before, rank, change, status];
  },
  rowOfDropped: ({ imdb_id, title, rank }, previous) => [
    imdb_id,
    title,
    previous.date,
    rank,
    null,
    null,
    'dropped',
  ],
};
