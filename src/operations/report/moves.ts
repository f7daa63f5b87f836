import { grouped, shownField } from './columns.js';
import { bars } from './drawings.js';
import type { GoldTable, Row } from './gold-tables.js';
import type { Picture } from './sections.js';

/** So many that rose most, and so many that fell most. */
const MOST_MOVERS = 10;
const MOST_NAMES = 5;
const STATUSES = ['up', 'down', 'same', 'new', 'dropped'];

/** Who rose and fell, who came and went. On the first date there is nothing to compare with. */
export function moves({ rows }: GoldTable, previous: string | undefined): Picture {
  if (previous === undefined) {
    return { kind: '', facts: 'No earlier date to compare with: every movie is new.' };
  }
  const of = (status: string) => rows.filter((row) => row.text('status') === status);
  const counts = STATUSES.map((status) => `${grouped(of(status).length)} ${status}`);
  const facts = [
    `Compared with ${previous}: ${counts.join(', ')}.`,
    ...namesOf('New', of('new')),
    ...namesOf('Dropped', of('dropped')),
  ].join(' ');
  const movers = [...farthest(of('up')), ...farthest(of('down')).reverse()];
  if (movers.length === 0) return { kind: '', facts };
  return {
    drawing: bars(
      movers.map((row) => ({
        name: titleOf(row),
        value: row.number('change') ?? 0,
        label: shownField({ label: '', kind: 'change' }, row.text('change')),
      })),
    ),
    kind: `Bars: ranks won and lost since ${previous}, the farthest movers`,
    facts,
  };
}

function farthest(rows: readonly Row[]): Row[] {
  const distance = (row: Row) => Math.abs(row.number('change') ?? 0);
  return [...rows].sort((a, b) => distance(b) - distance(a)).slice(0, MOST_MOVERS);
}

function namesOf(what: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const names = rows.slice(0, MOST_NAMES).map(titleOf);
  const more = rows.length > names.length ? `, and ${grouped(rows.length - names.length)} more` : '';
  return [`${what}: ${names.join(', ')}${more}.`];
}

function titleOf(row: Row): string {
  return row.text('title') || row.text('imdb_id');
}
