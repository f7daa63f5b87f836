import { datasets } from '../datasets/index.js';
import { DecodeError } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { PartitionDate } from '../records/run.js';
import { compareTables, type RowChange, type TableDiff } from './diff/compare.js';
import { csvTable, ndjsonTable, type Table } from './diff/table.js';

/**
 * `same`: no byte changes. `new`: nothing stands there. `changed`: rows or columns change. `reordered`: only the order
 * of rows does. `rewritten`: only bytes, such as quotes, or what has no rows. `unreadable`: what stands there cannot be
 * compared.
 */
export type FileState = 'same' | 'new' | 'changed' | 'reordered' | 'rewritten' | 'unreadable';

/** What would become of one file. */
export interface FileDiff {
  key: string;
  state: FileState;
  /** Rows. */
  added: number;
  removed: number;
  changed: number;
  columns: TableDiff['columns'];
  changes: readonly RowChange[];
  /** Why what stands there cannot be compared. */
  reason?: string;
}

/** A layer as it would be, over the one that stands. */
export interface TriedLayer {
  written: ReadonlyMap<string, { body: Buffer }>;
  real(key: string): Promise<Buffer | undefined>;
}

interface FileKind {
  key: string;
  /** What tells its rows apart. Undefined where it has no rows. */
  rowKey?: readonly string[];
  read?: (bytes: Buffer, place: string) => Promise<Table> | Table;
}

/** Compares all files of a date that were written to a layer on trial with those that stand. */
export async function diffOf(date: PartitionDate, layer: TriedLayer): Promise<FileDiff[]> {
  const diffs: FileDiff[] = [];
  for (const kind of filesOf(date)) {
    const after = layer.written.get(kind.key)?.body;
    if (after) diffs.push(await fileDiff(kind, await layer.real(kind.key), after));
  }
  return diffs;
}

/** Every file of silver and gold. */
function filesOf(date: PartitionDate): FileKind[] {
  return [
    { key: silverKeys.movies(date), rowKey: ['imdb_id'], read: csvTable },
    { key: silverKeys.quarantine(date), rowKey: ['imdbId'], read: ndjsonTable },
    ...datasets.map(({ name, key }) => ({ key: goldKeys.dataset(name, date), rowKey: key, read: csvTable })),
    // Of silver and of gold.
    { key: silverKeys.lineage(date) },
  ];
}

async function fileDiff(
  { key, rowKey, read }: FileKind,
  before: Buffer | undefined,
  after: Buffer,
): Promise<FileDiff> {
  const diff: FileDiff = { key, state: 'same', ...NOTHING };
  if (before?.equals(after)) return diff;
  if (!read || !rowKey) return { ...diff, state: before ? 'rewritten' : 'new' };
  const now = await read(after, key);
  if (!before) {
    const { changes } = compareTables({ ...now, rows: [] }, now, rowKey);
    return { ...diff, state: 'new', added: changes.length, changes };
  }
  try {
    const { changes, columns, reordered } = compareTables(await read(before, key), now, rowKey);
    const count = (kind: RowChange['change']) => changes.filter(({ change }) => change === kind).length;
    const isChanged = changes.length + columns.added.length + columns.removed.length > 0;
    return {
      ...diff,
      state: isChanged ? 'changed' : reordered ? 'reordered' : 'rewritten',
      added: count('added'),
      removed: count('removed'),
      changed: count('changed'),
      columns,
      changes,
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ...diff, state: 'unreadable', reason: error.message };
  }
}

const NOTHING = { added: 0, removed: 0, changed: 0, columns: { added: [], removed: [] }, changes: [] };
