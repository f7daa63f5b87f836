import * as z from 'zod';
import { Version } from './decode.js';
import { ImdbId } from './movie-list.js';
import { PartitionDate, RunId } from './run.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'is no sha256' });

/** An object as it was when something was made of it. */
export const ObjectReference = z.object({ key: z.string(), sha256: Sha256 });
export type ObjectReference = z.infer<typeof ObjectReference>;

/** `_SUCCESS`: the run whose records silver is to be made of. */
export const Success = z.object({
  version: Version,
  runId: RunId,
  date: PartitionDate,
  movies: z.int().min(1),
  batches: z.int().min(1),
  manifest: ObjectReference,
  completedAt: z.string(),
});
export type Success = z.infer<typeof Success>;

/** `_errors/000007.json`: why the latest attempt at a batch failed. */
export const BatchError = z.object({
  version: Version,
  verdict: z.enum(['answer', 'retry', 'quota', 'stop']),
  message: z.string(),
  imdbId: ImdbId.nullable(),
  attempt: z.int().min(1),
  at: z.string(),
});
export type BatchError = z.infer<typeof BatchError>;

const Count = z.int().min(0);

/** `_lineage/dt=….json` of silver: what the CSV was made of, and how good it is. */
export const SilverLineage = z.object({
  version: Version,
  runId: RunId,
  bronze: ObjectReference,
  silver: ObjectReference.extend({ rows: Count, quarantined: Count }),
  statuses: z.object({ enriched: Count, not_found: Count, failed: Count }),
  nulls: z.record(z.string(), Count),
});
export type SilverLineage = z.infer<typeof SilverLineage>;

/** `_lineage/dt=….json` of gold. A gold whose silver or previous silver has changed since is stale. */
export const GoldLineage = z.object({
  version: Version,
  silver: ObjectReference.extend({ rows: Count }),
  previous: ObjectReference.extend({ date: PartitionDate }).nullable(),
  datasets: z.record(z.string(), ObjectReference.extend({ rows: Count })),
});
export type GoldLineage = z.infer<typeof GoldLineage>;
