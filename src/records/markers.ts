import * as z from 'zod/mini';
import { Count, Positive, Version } from './decode.js';
import { ImdbId } from './movie-list.js';
import { PartitionDate, RunId } from './run.js';

const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: 'is no sha256' }));

/** An object as it was when something was made of it. */
export const ObjectReference = z.object({ key: z.string(), sha256: Sha256 });
export type ObjectReference = z.infer<typeof ObjectReference>;

/** `_SUCCESS`: the run whose records silver is to be made of. */
export const Success = z.object({
  version: Version,
  runId: RunId,
  date: PartitionDate,
  movies: Positive,
  batches: Positive,
  manifest: ObjectReference,
  completedAt: z.string(),
});
export type Success = z.infer<typeof Success>;

/** `_errors/000007.json`: why the latest attempt at a batch failed. */
export const BatchError = z.object({
  version: Version,
  verdict: z.enum(['answer', 'retry', 'quota', 'stop']),
  message: z.string(),
  imdbId: z.nullable(ImdbId),
  attempt: Positive,
  at: z.string(),
});
export type BatchError = z.infer<typeof BatchError>;

/** `_lineage/dt=….json` of silver: what the CSV was made of, and how good it is. */
export const SilverLineage = z.object({
  version: Version,
  runId: RunId,
  bronze: ObjectReference,
  silver: z.extend(ObjectReference, { rows: Count, quarantined: Count }),
  statuses: z.object({ enriched: Count, not_found: Count, failed: Count }),
  nulls: z.record(z.string(), Count),
});
export type SilverLineage = z.infer<typeof SilverLineage>;

/** `_lineage/dt=….json` of gold. A gold whose silver or previous silver has changed since is stale. */
export const GoldLineage = z.object({
  version: Version,
  silver: z.extend(ObjectReference, { rows: Count }),
  previous: z.nullable(z.extend(ObjectReference, { date: PartitionDate })),
  datasets: z.record(z.string(), z.extend(ObjectReference, { rows: Count })),
});
export type GoldLineage = z.infer<typeof GoldLineage>;
