import type { Cell } from '../csv.js';
import type { SilverRow } from '../records/silver-row.js';
import type { Standings } from './standings.js';

/** One gold CSV: its name, its columns, and how it is made of silver. */
export type Dataset = Totals | Listing;

interface Described {
  name: string;
  columns: readonly string[];
  /** Of the columns, those that tell a row from all others. None where there is one row. */
  key: readonly string[];
}

/** A dataset that adds silver up. */
export interface Totals extends Described {
  open(): Accumulator;
}

/** A dataset with a row for each of silver's, in silver's order. It is never held: rows come and go. */
export interface Listing extends Described {
  rowOf(row: SilverRow, previous: PreviousSilver | undefined): readonly Cell[];
  /** The row, after all others, of a movie that silver had and today's list could have, but has not. */
  rowOfDropped?(row: SilverRow, previous: PreviousSilver): readonly Cell[];
}

/** The newest earlier date in silver, for datasets that compare. */
export interface PreviousSilver {
  date: string;
  standings: Standings;
}

/**
 * Adds up rows of silver, each once, in any order. Several can share the rows among them, in threads too, and one of
 * them then merges what the others came to.
 */
export interface Accumulator<State = unknown> {
  add(row: SilverRow): void;
  /** What was added up, as something that can be cloned (https://nodejs.org/api/worker_threads.html). */
  state(): State;
  /** Adds what another accumulator of the same dataset added up. */
  merge(state: State): void;
  /** The finished rows in the dataset's order. */
  rows(): readonly (readonly Cell[])[];
}

export function isListing(dataset: Dataset): dataset is Listing {
  return 'rowOf' in dataset;
}

export function isTotals(dataset: Dataset): dataset is Totals {
  return 'open' in dataset;
}

export function decadeOf(year: number): number {
  return Math.floor(year / 10) * 10;
}

/** More names than this are rare, and looked through another way. */
const FEW = 16;

/** The names of a list, each once: silver's lists repeat none, but a file that was edited by hand may. */
export function distinct(names: readonly string[]): Iterable<string> {
  if (names.length > FEW) return new Set(names);
  for (let index = 1; index < names.length; index++) {
    if (names.indexOf(names[index] as string) < index) return new Set(names);
  }
  return names;
}
