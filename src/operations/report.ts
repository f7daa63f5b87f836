import { readSilverLineage } from '../records/lineage.js';
import type { PartitionDate } from '../records/run.js';
import type { ObjectReader } from '../stores/store.js';
import { readGold } from './report/gold-tables.js';
import { pageOf } from './report/page.js';

export interface Report {
  /** The whole page, in UTF-8. */
  page: Buffer;
  movies: number;
  datasets: { name: string; key: string; rows: number }[];
  /** Silver was made again since; the page shows the older gold. */
  isBehind: boolean;
}

/**
 * Makes a page of a date's gold that needs nothing but itself. The same gold and lineages give the same bytes.
 * @throws PipelineError when the date has no gold, or one that is damaged
 */
export async function report(
  date: PartitionDate,
  { silver, gold }: { silver: ObjectReader; gold: ObjectReader },
): Promise<Report> {
  const [made, source] = [await readGold(date, gold), await readSilverLineage(silver, date)];
  const isBehind = source !== undefined && source.silver.sha256 !== made.lineage.silver.sha256;
  const page = pageOf(made, isBehind ? undefined : source);
  const datasets = [...made.tables.values()].map(({ name, key, rows }) => ({ name, key, rows: rows.length }));
  return { page: Buffer.from(page), movies: made.lineage.silver.rows, datasets, isBehind };
}
