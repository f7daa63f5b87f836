import type { Cell } from '../csv.js';
import { type SilverColumn, type SilverRow, silverField } from '../records/silver-row.js';
import { compareText, detached } from '../records/text.js';
import type { Totals } from './dataset.js';

const MOST = 25;

const columns = [
  'imdb_id',
  'title',
  'year',
  'oscar_wins',
  'award_wins',
  'award_nominations',
  'awards',
  'imdb_rating',
  'imdb_votes',
] satisfies SilverColumn[];

/** What tells who is before whom. */
type Awarded = Pick<SilverRow, 'oscar_wins' | 'award_wins' | 'award_nominations' | 'imdb_id' | 'rank'>;

/** One of the best, as it will be printed. */
interface Candidate extends Awarded {
  cells: readonly Cell[];
}

/** The 25 movies with the most Oscars; among equals more wins, then more nominations. */
export const mostAwarded: Totals = {
  name: 'most_awarded',
  columns,
  key: ['imdb_id'],
  open() {
    const best: Candidate[] = [];
    const isAmongThem = (movie: Awarded) => {
      const worst = best[MOST - 1];
      return !worst || byAwards(movie, worst) < 0;
    };
    const keep = (candidate: Candidate) => {
      best.push(candidate);
      best.sort(byAwards).splice(MOST);
    };
    return {
      add(row) {
        if (isAmongThem(row)) keep(candidateOf(row));
      },
      state: () => best,
      merge(state: readonly Candidate[]) {
        for (const candidate of state) if (isAmongThem(candidate)) keep(candidate);
      },
      rows: () => best.map(({ cells }) => cells),
    };
  },
};

/** An id that stands in silver twice is told apart by its rank. */
function byAwards(left: Awarded, right: Awarded): number {
  return (
    (right.oscar_wins ?? -1) - (left.oscar_wins ?? -1) ||
    (right.award_wins ?? -1) - (left.award_wins ?? -1) ||
    (right.award_nominations ?? -1) - (left.award_nominations ?? -1) ||
    compareText(left.imdb_id, right.imdb_id) ||
    left.rank - right.rank
  );
}

function candidateOf(row: SilverRow): Candidate {
  const { oscar_wins, award_wins, award_nominations, rank } = row;
  const cells = columns.map((column) => detached(silverField(row, column)) || null);
  return { oscar_wins, award_wins, award_nominations, rank, imdb_id: detached(row.imdb_id), cells };
}
