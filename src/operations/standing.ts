import { at, bronzeKeys, goldKeys, silverKeys } from '../keys.js';
import { readGoldLineage, readSilverLineage } from '../records/lineage.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { readSuccess } from '../records/runs.js';
import type { Store } from '../stores/store.js';

interface Layers {
  bronze: Store;
  silver: Store;
  gold: Store;
}

/** What stands for a date, by its markers and lineages. */
export interface Standing {
  /** The published run. */
  runId: RunId | undefined;
  rows: number;
  quarantined: number;
  datasets: number;
  /** A line for each thing that stands: how many movies or rows it has, and where it is. */
  written: [rows: number, location: string][];
}

export async function standingFor(date: PartitionDate, { bronze, silver, gold }: Layers): Promise<Standing> {
  const [published, refined, analysed] = await Promise.all([
    readSuccess(bronze, date),
    readSilverLineage(silver, date),
    readGoldLineage(gold, date),
  ]);
  const { rows, quarantined } = refined?.silver ?? { rows: 0, quarantined: 0 };
  const datasets = Object.entries(analysed?.datasets ?? {});
  const written: Standing['written'] = [];
  if (published) {
    const { runId, movies } = published.success;
    written.push([movies, at(bronze, bronzeKeys.run(date, runId))]);
  }
  if (refined) written.push([rows, at(silver, silverKeys.movies(date))]);
  if (quarantined > 0) written.push([quarantined, at(silver, silverKeys.quarantine(date))]);
  for (const [name, dataset] of datasets)
    written.push([dataset.rows, at(gold, goldKeys.dataset(name, date))]);
  return { runId: published?.success.runId, rows, quarantined, datasets: datasets.length, written };
}
