import { at } from '../keys.js';
import type { RowChange } from '../operations/diff/compare.js';
import { diffOf, type FileDiff } from '../operations/diff.js';
import type { RehearsalStore } from '../operations/rehearsal/store.js';
import type { PartitionDate } from '../records/run.js';
import { counted, printable } from '../terminal.js';
import type { Outcome } from './each-date.js';
import type { StageSession } from './rehearsal.js';

export const DIFF_HEAD = ['files', 'added', 'removed', 'changed'];

/** So many rows of a file are shown; `--json` has all. */
const MOST_ROWS = 20;
const COLUMNS = 80;

/**
 * What a stage that was tried would change.
 * @param layer that the stage writes to
 * @param also later dates that it would make again
 */
export async function diffOutcome(
  date: PartitionDate,
  layer: 'silver' | 'gold',
  { settings, rehearsal }: StageSession<never>,
  also: readonly PartitionDate[] = [],
): Promise<Outcome> {
  const store = rehearsal?.layers[layer];
  if (!store) throw new Error(`${layer} is not tried`);
  const files: FileDiff[] = [];
  // One that is asked for has a turn of its own.
  const others = also.filter((other) => !settings.dates?.includes(other));
  for (const each of [date, ...others]) files.push(...(await diffOf(each, store)));
  const sum = (count: (file: FileDiff) => number) => files.reduce((total, file) => total + count(file), 0);
  const row = [
    sum(({ state }) => (state === 'same' ? 0 : 1)),
    sum(({ added }) => added),
    sum(({ removed }) => removed),
    sum(({ changed }) => changed),
  ];
  const summary = { date, diff: true, files };
  return { summary, row, text: () => textOf(date, files, store), table: () => '' };
}

function textOf(date: PartitionDate, files: readonly FileDiff[], store: RehearsalStore): string {
  const changed = files.filter(({ state }) => state !== 'same');
  const same = files.length - changed.length;
  if (changed.length === 0) return `${date}: no change in ${counted(same, 'file')}`;
  const others = same === 0 ? [] : [`no change in ${same} other${same === 1 ? '' : 's'} of ${date}`];
  const lines = [...changed.flatMap((file) => fileLines(file, store)), ...others];
  return lines.map(printable).join('\n');
}

function fileLines(file: FileDiff, store: RehearsalStore): string[] {
  const place = at(store, file.key);
  const head = `${place}: ${stateOf(file)}`;
  if (file.state !== 'changed') return [head];
  const { added, removed } = file.columns;
  const shown = file.changes.slice(0, MOST_ROWS);
  const rest = file.changes.length - shown.length;
  return [
    head,
    ...added.map((column) => `  + column ${column}`),
    ...removed.map((column) => `  - column ${column}`),
    ...shown.flatMap(changeLines),
    ...(rest > 0 ? [`  and ${counted(rest, 'row')} more, which --json has`] : []),
  ];
}

function stateOf({ state, added, removed, changed, reason }: FileDiff): string {
  if (state === 'new') return added > 0 ? `new, ${counted(added, 'row')}` : 'new';
  if (state === 'reordered') return 'the same rows in another order';
  if (state === 'rewritten') return 'other bytes';
  if (state === 'unreadable') return `replaced; what stands there cannot be compared: ${reason}`;
  const parts = Object.entries({ added, removed, changed }).filter(([, count]) => count > 0);
  return parts.length === 0
    ? 'other columns'
    : `rows: ${parts.map(([what, count]) => `${count} ${what}`).join(', ')}`;
}

const SIGNS = { added: '+', removed: '-', changed: '~' };

function changeLines({ change, key, cells }: RowChange): string[] {
  const name = Object.values(key).join(', ') || 'the row';
  const head = `  ${SIGNS[change]} ${name}`;
  if (change !== 'changed') {
    const values = Object.entries(cells).flatMap(([column, { before, after }]) =>
      column in key ? [] : [after ?? before ?? ''],
    );
    return [cut(values.length === 0 ? head : `${head}: ${values.join(', ')}`, COLUMNS)];
  }
  const lines = Object.entries(cells).map(([column, { before, after }]) => {
    const start = `      ${column}: `;
    // Both sides have as much room as is left for them.
    const room = Math.max(10, Math.floor((COLUMNS - start.length - ARROW.length) / 2));
    return `${start}${cut(before ?? EMPTY, room)}${ARROW}${cut(after ?? EMPTY, room)}`;
  });
  return [cut(head, COLUMNS), ...lines];
}

const ARROW = ' -> ';
const EMPTY = '(empty)';

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}
