import { datasets } from '../../datasets/index.js';
import type { SilverLineage, Success } from '../../records/markers.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import type { Evidence } from '../evidence.js';
import { type LayerLook, type LayerState, lookAtGold, lookAtSilver } from '../freshness.js';

/** How far silver is with a date. Null is what no lineage says. */
export interface SilverStatus {
  state: LayerState;
  rows: number | null;
  quarantined: number | null;
  runId: RunId | null;
}

/** How far gold is with a date. */
export interface GoldStatus {
  state: LayerState;
  /** How many stand as gold's lineage has them. */
  datasets: number;
  /** The date that it compares with. */
  previousDate: PartitionDate | null;
}

/** @returns also how the records of the published run end, when silver is of it, and why silver is not fresh */
export async function silverStatus(date: PartitionDate, published: Success | undefined, evidence: Evidence) {
  const look = await lookAtSilver(date, published, evidence);
  const reasons = await reasonsOf(look, 'silver is missing');
  const lineage = look.stands ? await evidence.silverLineage(date) : undefined;
  const silver: SilverStatus = {
    state: stateOf(look, reasons),
    rows: lineage?.silver.rows ?? null,
    quarantined: lineage?.silver.quarantined ?? null,
    runId: lineage?.runId ?? null,
  };
  return { silver, reasons, statuses: lineage && isOf(published, lineage) ? lineage.statuses : undefined };
}

export async function goldStatus(date: PartitionDate, evidence: Evidence) {
  const look = await lookAtGold(date, evidence);
  const reasons = await reasonsOf(look, 'gold is missing: it has no lineage that can be read');
  const lineage = await evidence.goldLineage(date);
  const stand = await Promise.all(
    datasets.map(({ name }) => evidence.datasetStands(name, date, lineage?.datasets[name])),
  );
  const gold: GoldStatus = {
    state: stateOf(look, reasons),
    datasets: stand.filter(Boolean).length,
    previousDate: lineage?.previous?.date ?? null,
  };
  return { gold, reasons };
}

async function reasonsOf({ stands, faults }: LayerLook, missing: string): Promise<string[]> {
  if (!stands) return [missing];
  const reasons: string[] = [];
  for await (const fault of faults) reasons.push(fault);
  return reasons;
}

function stateOf({ stands }: LayerLook, reasons: readonly string[]): LayerState {
  if (!stands) return 'missing';
  return reasons.length === 0 ? 'fresh' : 'stale';
}

function isOf(published: Success | undefined, { runId, bronze }: SilverLineage): boolean {
  return runId === published?.runId && bronze.sha256 === published.manifest.sha256;
}
