import Table from 'cli-table3';
import { printable } from './text.js';

const BORDERLESS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left']
    .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);

/**
 * Rows under a head, numbers to the right, without borders. Nothing is cut to the width of a terminal, since it could
 * not be copied then: a terminal wraps what is longer. What has no bound, such as a place, belongs into the last column.
 * @param strong paints the head
 */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  strong: (text: string) => string,
): string {
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const table = new Table({
    head: head.map((name) => strong(name)),
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  });
  table.push(...rows.map((row) => row.map((cell) => printable(String(cell)))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
