import { DecodeError } from '../../errors.js';
import type { Success } from '../../records/markers.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { newestRun, readManifest, readSuccess, waysOut } from '../../records/runs.js';
import type { ObjectLister, ObjectReader } from '../../stores/store.js';
import type { QueueFacts } from './letters.js';
import { type UnfinishedRun, unfinishedRun } from './missing.js';

type Bronze = ObjectReader & ObjectLister;

/** How far bronze is with a date. */
export interface BronzeLook {
  /** The run that was started last. */
  newest: RunId | undefined;
  published: Success | undefined;
  /** The newest run is the published one. */
  isPublished: boolean;
  /** The newest run, when it is another one, and its manifest can be read. */
  unfinished: UnfinishedRun | undefined;
  /** What keeps the date from being told or finished; empty when all can be read. */
  obstacles: readonly Obstacle[];
  reasons: readonly string[];
}

/**
 * - `success`: `_SUCCESS` cannot be read, and has to be deleted.
 * - `manifest`: the manifest of the run that counts is gone, changed, or cannot be read: only a new run helps.
 * - `release`: another release of this program wrote it, and only that one can go on.
 */
export type Obstacle = 'success' | 'manifest' | 'release';

/** @param askQueue undefined where nobody asks why a movie is missing */
export async function lookAtBronze(
  date: PartitionDate,
  bronze: Bronze,
  today: PartitionDate,
  askQueue: (() => Promise<QueueFacts>) | undefined,
): Promise<BronzeLook> {
  const obstacles: Obstacle[] = [];
  const reasons: string[] = [];
  const readable = async <Result>(work: Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      obstacles.push(obstacleOf(error, date));
      reasons.push(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
      return undefined;
    }
  };
  const [newest, standing] = await Promise.all([
    newestRun(bronze, date),
    readable(readSuccess(bronze, date)),
  ]);
  const published = standing?.success;
  const isPublished = published !== undefined && newest !== undefined && newest <= published.runId;
  const unfinished =
    newest === undefined || isPublished
      ? undefined
      : await readable(unfinishedRun(date, newest, bronze, askQueue));
  if (newest === undefined) {
    const list = date < today ? '; one that is started now gets the list of today' : '';
    reasons.push(
      published ? `run ${published.runId} is published, and its records are gone` : `it has no run${list}`,
    );
  }
  if (published && unfinished) reasons.push(`run ${published.runId} is published, and a newer one under way`);
  if (unfinished) reasons.push(progressOf(unfinished));
  return { newest, published, isPublished, unfinished, obstacles, reasons };
}

/** Why no silver can be made of the published run any more; undefined when it can. */
export async function manifestFault(success: Success, bronze: Bronze): Promise<string | undefined> {
  const { date, runId, manifest } = success;
  try {
    const standing = await readManifest(bronze, date, runId);
    if (standing?.reference.sha256 === manifest.sha256) return undefined;
    return `the manifest of run ${runId} ${standing ? 'was changed after the run' : 'is gone'}`;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function obstacleOf({ hint }: DecodeError, date: PartitionDate): Obstacle {
  if (hint === waysOut.success(date)) return 'success';
  return hint === waysOut.manifest(date) ? 'manifest' : 'release';
}

function progressOf({ run, list, recorded }: UnfinishedRun): string {
  return recorded === list
    ? `every movie of run ${run} has its record, but the run is not published`
    : `${list - recorded} of ${list} movies of run ${run} have no record`;
}
