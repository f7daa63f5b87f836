import { type Cell, csvLine, csvText, escapeFormula } from '../../csv.js';
import {
  type Accumulator,
  isListing,
  isTotals,
  type Listing,
  type PreviousSilver,
} from '../../datasets/dataset.js';
import { datasets } from '../../datasets/index.js';
import { Standings } from '../../datasets/standings.js';
import { numberOf } from '../../records/imdb-id.js';
import { type PieceSummary, parseSilverPiece, type SilverPiece } from '../../records/silver-file.js';
import type { SilverRow } from '../../records/silver-row.js';

/** The datasets whose rows are put while silver is read, and those that are known at its end. */
export const listings = datasets.filter(isListing);
export const totals = datasets.filter(isTotals);

/** The previous silver in what threads share. */
export interface SharedPrevious {
  date: string;
  standings: readonly SharedArrayBuffer[];
}

/**
 * What is made of a piece of a file:
 * - `rank`: where each movie stands;
 * - `list`: its rows in each listing, and what they add to the totals;
 * - `drop`: of a previous silver, its rows in each listing of movies that a list of so many rows has no more.
 */
export type Job =
  | { make: 'rank'; key: string }
  | { make: 'list'; key: string; previous: SharedPrevious | undefined }
  | { make: 'drop'; key: string; previous: SharedPrevious; rows: number };

/** What a piece came to. Its memory can be given to another thread. */
export interface Made {
  summary: PieceSummary;
  /** Of each listing, in the order of `listings`. */
  lists: { bytes: Uint8Array<ArrayBuffer>; rows: number }[];
  /** Each movie's id as a number, and its rank after it. */
  ranks: Float64Array<ArrayBuffer>;
}

/** What a thread does with the pieces that it gets, and what they have added up to. */
export class Work {
  readonly #accumulators: Accumulator[] = totals.map((dataset) => dataset.open());
  readonly #escape: (row: readonly Cell[]) => readonly Cell[];
  #previous: PreviousSilver | undefined;

  constructor(escapeFormulas: boolean) {
    this.#escape = escapeFormulas ? (row) => row.map(escapeFormula) : (row) => row;
  }

  /** @throws DecodeError that names file, line and column */
  make(job: Job, piece: SilverPiece): Made {
    if (job.make === 'rank') return this.#ranks(job.key, piece);
    const previous = this.#previousOf(job.previous);
    const lists = listings.map((): string[] => []);
    const put = (index: number, row: readonly Cell[]) => lists[index]?.push(csvLine(this.#escape(row)));
    const each = job.make === 'list' ? this.#listing(put, previous) : dropping(put, previous, job.rows);
    const summary = parseSilverPiece(piece, job.key, each);
    const encoder = new TextEncoder();
    return {
      summary,
      lists: lists.map((lines) => ({ bytes: encoder.encode(lines.join('')), rows: lines.length })),
      ranks: new Float64Array(),
    };
  }

  states(): unknown[] {
    return this.#accumulators.map((accumulator) => accumulator.state());
  }

  merge(states: readonly unknown[]): void {
    for (const [index, accumulator] of this.#accumulators.entries()) accumulator.merge(states[index]);
  }

  /** The CSV of each of `totals`, in their order. */
  *tables(): Generator<{ text: string; rows: number }> {
    for (const [index, { columns }] of totals.entries()) {
      const rows = this.#accumulators[index]?.rows() ?? [];
      yield { text: csvText([columns, ...rows.map(this.#escape)]), rows: rows.length };
    }
  }

  #ranks(key: string, piece: SilverPiece): Made {
    const ranks: number[] = [];
    const summary = parseSilverPiece(piece, key, ({ imdb_id, rank }) => ranks.push(numberOf(imdb_id), rank));
    return { summary, lists: [], ranks: Float64Array.from(ranks) };
  }

  #listing(put: PutRow, previous: PreviousSilver | undefined) {
    return (row: SilverRow) => {
      for (const accumulator of this.#accumulators) accumulator.add(row);
      for (let index = 0; index < listings.length; index++)
        put(index, (listings[index] as Listing).rowOf(row, previous));
    };
  }

  #previousOf(shared: SharedPrevious | undefined): PreviousSilver | undefined {
    if (shared && shared.standings[0] !== this.#previous?.standings.shared[0])
      this.#previous = { date: shared.date, standings: new Standings(shared.standings) };
    return shared && this.#previous;
  }
}

/** Writes a row of one of the listings. */
type PutRow = (listing: number, row: readonly Cell[]) => void;

/** The previous silver's movies that today's list could have, and has not. */
function dropping(put: PutRow, previous: PreviousSilver | undefined, rows: number) {
  return (row: SilverRow) => {
    if (row.rank > rows || !previous?.standings.isMissing(numberOf(row.imdb_id), row.rank)) return;
    for (const [index, { rowOfDropped }] of listings.entries())
      if (rowOfDropped) put(index, rowOfDropped(row, previous));
  };
}
