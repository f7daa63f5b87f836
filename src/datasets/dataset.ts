import type { Cell } from '../csv.js';
import type { SilverRow } from '../records/silver-row.js';

/** The newest earlier date in silver, for datasets that compare. */
export interface PreviousSilver {
  date: string;
  /** By IMDb id, in rank order. */
  movies: ReadonlyMap<string, { rank: number; title: string | null }>;
}

/** Adds up the rows of one silver file, each once, in rank order. */
export interface Accumulator {
  add(row: SilverRow): void;
  /** The finished rows in the dataset's order. */
  rows(): Iterable<readonly Cell[]>;
}

/** One gold CSV: its name, its columns, and what adds it up. */
export interface Dataset {
  name: string;
  columns: readonly string[];
  /** Of the columns, those that tell a row from all others. None where there is one row. */
  key: readonly string[];
  open(previous: PreviousSilver | undefined): Accumulator;
}

/** Running totals by key, made when a key is first seen. */
export class Groups<Key, Totals> {
  readonly #totals = new Map<Key, Totals>();

  constructor(private readonly empty: () => Totals) {}

  of(key: Key): Totals {
    let totals = this.#totals.get(key);
    if (totals === undefined) {
      totals = this.empty();
      this.#totals.set(key, totals);
    }
    return totals;
  }

  entries(): [Key, Totals][] {
    return [...this.#totals];
  }
}

export function decadeOf(year: number): number {
  return Math.floor(year / 10) * 10;
}
