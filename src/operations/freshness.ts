import { datasets } from '../datasets/index.js';
import type { GoldLineage, Success } from '../records/markers.js';
import type { PartitionDate } from '../records/run.js';
import type { Evidence } from './evidence.js';

/**
 * `fresh`: the objects are those of the layer's lineage, and the lineage agrees with the layer before.
 * `stale`: they are there, but one of that does not hold.
 */
export type LayerState = 'missing' | 'stale' | 'fresh';

/** What a layer has for a date. */
export interface LayerLook {
  stands: boolean;
  /** Why it is stale, one sentence each; none when it is fresh. Looks further only while it is asked. */
  faults: AsyncIterable<string>;
}

/** Looks no further than to the first fault. */
export async function layerState({ stands, faults }: LayerLook): Promise<LayerState> {
  if (!stands) return 'missing';
  for await (const _fault of faults) return 'stale';
  return 'fresh';
}

export async function lookAtSilver(
  date: PartitionDate,
  published: Success | undefined,
  evidence: Evidence,
): Promise<LayerLook> {
  const lineage = await evidence.silverLineage(date);
  const hash = await evidence.silverHash(date);
  async function* faults() {
    if (lineage === undefined) {
      yield 'silver has no lineage that can be read';
      return;
    }
    const { runId } = lineage;
    if (lineage.silver.sha256 !== hash) yield "silver's movies.csv was changed after it was made";
    if (published === undefined) yield `silver is of run ${runId}, and no run is published`;
    else if (runId !== published.runId) yield `silver is of run ${runId}, bronze of ${published.runId}`;
    else if (lineage.bronze.sha256 !== published.manifest.sha256)
      yield `silver is of another manifest of run ${runId}`;
    if (!(await evidence.quarantineStands(date))) yield "silver's quarantine file is gone";
  }
  return { stands: hash !== undefined, faults: faults() };
}

export async function lookAtGold(date: PartitionDate, evidence: Evidence): Promise<LayerLook> {
  const lineage = await evidence.goldLineage(date);
  return { stands: lineage !== undefined, faults: lineage ? faultsOfGold(date, lineage, evidence) : none() };
}

async function* none(): AsyncGenerator<string> {}

async function* faultsOfGold(
  date: PartitionDate,
  { silver, previous, datasets: made }: GoldLineage,
  evidence: Evidence,
): AsyncGenerator<string> {
  const earlier = await evidence.dateBefore(date);
  const hash = await evidence.silverHash(date);
  if (hash === undefined) yield 'gold is there, but its silver is not';
  else if (silver.sha256 !== hash) yield 'gold is of another silver than the one that stands';
  if (previous?.date !== earlier)
    yield `gold compares with ${previous?.date ?? 'no earlier date'}, not with ${earlier ?? 'none'}`;
  else if (earlier !== undefined && previous?.sha256 !== (await evidence.silverHash(earlier)))
    yield `gold compares with another silver of ${earlier} than the one that stands`;
  const stand = await Promise.all(datasets.map(({ name }) => evidence.datasetStands(name, date, made[name])));
  const lost = datasets.filter((_, index) => !stand[index]).map(({ name }) => name);
  if (lost.length > 0) yield `gone or changed since gold was made: ${lost.join(', ')}`;
}
