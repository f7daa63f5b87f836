import pMap from 'p-map';
import { csvRecords } from '../../csv/records.js';
import { datasets } from '../../datasets/index.js';
import { DecodeError, PipelineError } from '../../errors.js';
import { goldKeys } from '../../keys.js';
import { sha256 } from '../../records/digest.js';
import { readGoldLineage } from '../../records/lineage.js';
import type { GoldLineage } from '../../records/markers.js';
import type { PartitionDate } from '../../records/run.js';
import type { ObjectReader } from '../../stores/store.js';

const READS_AT_ONCE = 8;
/** A page holds its CSV files, in base64, in one text; a browser opens such a page only with patience. */
const MAX_CSV_BYTES = 64 * 1024 * 1024;

/** One gold CSV. */
export interface GoldTable {
  name: string;
  key: string;
  columns: readonly string[];
  rows: readonly Row[];
  /** The bytes as they are in the store. */
  csv: Buffer;
}

/** Fields by column; null is the empty text. */
export class Row {
  constructor(
    private readonly columns: readonly string[],
    readonly fields: readonly string[],
  ) {}

  text(column: string): string {
    return this.fields[this.columns.indexOf(column)] ?? '';
  }

  /** Undefined for null. */
  number(column: string): number | undefined {
    const text = this.text(column);
    return text === '' ? undefined : Number(text);
  }
}

export interface Gold {
  date: PartitionDate;
  lineage: GoldLineage;
  /** By dataset, in the order of the list of datasets. */
  tables: ReadonlyMap<string, GoldTable>;
}

/**
 * Reads every dataset of a date.
 * @throws PipelineError when the date has no gold, or when a CSV is not the one that gold's lineage vouches for, or
 * has other columns than this release; it names the CSV
 */
export async function readGold(date: PartitionDate, gold: ObjectReader): Promise<Gold> {
  const lineage = await readGoldLineage(gold, date);
  if (!lineage) {
    throw new PipelineError('stop', `${date} has no gold yet`, {
      hint: `make it with: movie-etl gold --date ${date}`,
    });
  }
  const tables = await pMap(datasets, ({ name, columns }) => readTable(name, columns, date, lineage, gold), {
    concurrency: READS_AT_ONCE,
  });
  const bytes = tables.reduce((sum, { csv }) => sum + csv.length, 0);
  if (bytes > MAX_CSV_BYTES) {
    throw new PipelineError('stop', `gold of ${date} has ${bytes} bytes, too many for a page`, {
      hint: 'read its CSV files with a database instead (docs/reading-gold.md)',
    });
  }
  return { date, lineage, tables: new Map(tables.map((table) => [table.name, table])) };
}

async function readTable(
  name: string,
  columns: readonly string[],
  date: PartitionDate,
  lineage: GoldLineage,
  gold: ObjectReader,
): Promise<GoldTable> {
  const key = goldKeys.dataset(name, date);
  const hint = `make gold again with: movie-etl gold --date ${date}`;
  const vouched = lineage.datasets[name];
  const found = vouched && (await gold.get(key));
  if (!found) throw new PipelineError('stop', `gold of ${date} lacks ${key}`, { hint });
  const csv = found.body;
  if (sha256(csv) !== vouched.sha256)
    throw new PipelineError('stop', `${key} is not what gold's lineage says`, { hint });
  const rows: Row[] = [];
  try {
    for await (const { fields } of csvRecords(once(csv), columns, key)) rows.push(new Row(columns, fields));
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(error.message, { hint, cause: error });
    throw error;
  }
  return { name, key, columns, rows, csv };
}

async function* once(csv: Buffer): AsyncGenerator<Buffer> {
  yield csv;
}
