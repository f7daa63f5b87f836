import { bronzeKeys, goldKeys, silverKeys } from '../keys.js';
import { readGoldLineage, readSilverLineage } from '../records/lineage.js';
import type { PartitionDate } from '../records/run.js';
import { readSuccess } from '../records/runs.js';
import type { Store } from '../stores/store.js';

/** A thing that stands in a layer: how many movies or rows it has, and where it is. */
export interface Written {
  layer: 'bronze' | 'silver' | 'gold';
  rows: number;
  location: string;
}

interface Layers {
  bronze: Store;
  silver: Store;
  gold: Store;
}

/** What stands for a date, by its markers and lineages: the published run, silver, and each gold dataset. */
export async function writtenFor(date: PartitionDate, { bronze, silver, gold }: Layers): Promise<Written[]> {
  const written: Written[] = [];
  const published = (await readSuccess(bronze, date))?.success;
  if (published) {
    const location = at(bronze, bronzeKeys.run(date, published.runId));
    written.push({ layer: 'bronze', rows: published.movies, location });
  }
  const refined = await readSilverLineage(silver, date);
  if (refined) {
    const { rows, quarantined } = refined.silver;
    written.push({ layer: 'silver', rows, location: at(silver, silverKeys.movies(date)) });
    if (quarantined > 0)
      written.push({ layer: 'silver', rows: quarantined, location: at(silver, silverKeys.quarantine(date)) });
  }
  const analysed = await readGoldLineage(gold, date);
  for (const [name, { rows }] of Object.entries(analysed?.datasets ?? {})) {
    written.push({ layer: 'gold', rows, location: at(gold, goldKeys.dataset(name, date)) });
  }
  return written;
}

/** Where a key is, as a user would name it. */
export function at(store: Pick<Store, 'uri'>, key: string): string {
  return `${store.uri.replace(/\/+$/, '')}/${key}`;
}
