import type { Cell } from '../csv.js';
import { compareText } from '../records/text.js';

type Compare = (left: readonly Cell[], right: readonly Cell[]) => number;

/** Compares by the first of these that tells two rows apart. */
export function orderBy(...comparisons: Compare[]): Compare {
  return (left, right) => {
    for (const compare of comparisons) {
      const order = compare(left, right);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** By the number that a column prints, largest first, null last. */
export function descending(column: number): Compare {
  return (left, right) => numberAt(right, column) - numberAt(left, column) || 0;
}

/** By the text that a column prints, in code points. */
export function byText(column: number): Compare {
  return (left, right) => compareText(String(left[column] ?? ''), String(right[column] ?? ''));
}

function numberAt(row: readonly Cell[], column: number): number {
  const cell = row[column];
  return cell === null || cell === undefined ? -1 : Number(cell);
}
