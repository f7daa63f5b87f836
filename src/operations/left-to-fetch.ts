import { bronzeKeys } from '../keys.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { newestRun, readManifest, recordsOf } from '../records/runs.js';
import type { ObjectLister, ObjectReader } from '../stores/store.js';

/**
 * Whether a run has movies without a record, which have to be looked up.
 * @param run of the date; by default its newest
 * @param except IMDb ids that are closed without an answer
 */
export async function isLeftToFetch(
  date: PartitionDate,
  bronze: ObjectReader & ObjectLister,
  run?: RunId | undefined,
  except: readonly string[] = [],
): Promise<boolean> {
  const runId = run ?? (await newestRun(bronze, date));
  const standing = runId === undefined ? undefined : await readManifest(bronze, date, runId);
  if (!standing) return false;
  const { manifest } = standing;
  const recorded = await recordsOf(bronze, date, manifest.runId);
  return manifest.movies.some(
    ({ id }) => !recorded.has(bronzeKeys.record(date, manifest.runId, id)) && !except.includes(id),
  );
}
