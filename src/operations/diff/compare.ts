import type { Table } from './table.js';

/** What would become of one row. A cell that is null is empty, or not there. */
export interface RowChange {
  change: 'added' | 'removed' | 'changed';
  /** What tells it from others. */
  key: Readonly<Record<string, string>>;
  /** Of an added row what it will have, of a removed one what it had, of a changed one what differs. */
  cells: Readonly<Record<string, { before: string | null; after: string | null }>>;
}

export interface TableDiff {
  /** In the order of the new file; removed rows are last. */
  changes: RowChange[];
  /** Columns that only one of the two has. */
  columns: { added: string[]; removed: string[] };
  /** The rows that both have come in another order. */
  reordered: boolean;
}

type Row = Table['rows'][number];

/**
 * Compares two versions of a file by the columns that tell its rows apart. A key that comes more than once counts
 * from the first on; where one file lacks a key column, the others have to do.
 */
export function compareTables(old: Table, fresh: Table, keyColumns: readonly string[]): TableDiff {
  // A file without a row need not say which columns it would have.
  const before = old.columns.length > 0 ? old : { ...old, columns: fresh.columns };
  const after = fresh.columns.length > 0 ? fresh : { ...fresh, columns: old.columns };
  return compareRows(before, after, keyColumns);
}

function compareRows(before: Table, after: Table, keyColumns: readonly string[]): TableDiff {
  const isCommon = (column: string) => before.columns.includes(column);
  const common = after.columns.filter(isCommon);
  const key = keyColumns.filter((column) => common.includes(column));
  const old = byKey(before.rows, key);
  const fresh = byKey(after.rows, key);
  const changes: RowChange[] = [];
  for (const [id, row] of fresh) {
    const earlier = old.get(id);
    if (!earlier)
      changes.push({ change: 'added', key: picked(row, key), cells: allCells(after, undefined, row) });
    else {
      const cells = cellsOf(
        common.filter((column) => earlier[column] !== row[column]),
        earlier,
        row,
      );
      if (Object.keys(cells).length > 0) changes.push({ change: 'changed', key: picked(row, key), cells });
    }
  }
  for (const [id, row] of old) {
    if (!fresh.has(id))
      changes.push({ change: 'removed', key: picked(row, key), cells: allCells(before, row, undefined) });
  }
  const shared = (rows: Map<string, Row>, others: Map<string, Row>) =>
    [...rows.keys()].filter((id) => others.has(id));
  const [oldOrder, newOrder] = [shared(old, fresh), shared(fresh, old)];
  return {
    changes,
    columns: {
      added: after.columns.filter((column) => !isCommon(column)),
      removed: before.columns.filter((column) => !after.columns.includes(column)),
    },
    reordered: oldOrder.some((id, index) => id !== newOrder[index]),
  };
}

function byKey(rows: readonly Row[], key: readonly string[]): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const id = JSON.stringify(key.map((column) => row[column]));
    let nth = 1;
    while (found.has(`${id}${nth}`)) nth++;
    found.set(`${id}${nth}`, row);
  }
  return found;
}

function picked(row: Row, columns: readonly string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? '']));
}

function allCells({ columns }: Table, before: Row | undefined, after: Row | undefined): RowChange['cells'] {
  return cellsOf(columns, before, after);
}

function cellsOf(
  columns: readonly string[],
  before: Row | undefined,
  after: Row | undefined,
): RowChange['cells'] {
  const cell = (row: Row | undefined, column: string) => row?.[column] || null;
  return Object.fromEntries(
    columns.map((column) => [column, { before: cell(before, column), after: cell(after, column) }]),
  );
}
