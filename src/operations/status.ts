import pMap from 'p-map';
import { throwIfInterrupted } from '../errors.js';
import { at, bronzeKeys } from '../keys.js';
import type { Log } from '../log.js';
import type { Queue } from '../queues/queue.js';
import { type PartitionDate, partitionDate, type RunId } from '../records/run.js';
import type { Store } from '../stores/store.js';
import { type Evidence, evidenceOfBytes, evidenceOfListings, remembered } from './evidence.js';
import { type BronzeLook, lookAtBronze, manifestFault } from './status/bronze.js';
import { type GoldStatus, goldStatus, type SilverStatus, silverStatus } from './status/layers.js';
import { type QueueFacts, queueFacts } from './status/letters.js';
import { mendOf } from './status/mend.js';
import type { MissingMovie, UnfinishedRun } from './status/missing.js';
import { type QuarantinedMovie, quarantineOf } from './status/quarantine.js';

const DATES_AT_ONCE = 8;

/**
 * - `complete`: the newest run is published, and silver and gold are of it.
 * - `behind`: the newest run is published, and silver or gold is missing or stale.
 * - `incomplete`: the newest run is not published; an older one may be.
 * - `unreadable`: a marker or manifest that counts cannot be read.
 */
export type StateOfDate = 'complete' | 'behind' | 'incomplete' | 'no run' | 'unreadable';

/** How far a date is, and what `--json` prints of it. Null is what is not known, or not there. */
export interface DateStatus {
  date: PartitionDate;
  state: StateOfDate;
  /** Movies in the manifest of the published run, or else of the newest. */
  list: number | null;
  /** The run that was started last. */
  run: RunId | null;
  /** The run that `_SUCCESS` names. */
  published: RunId | null;
  /** Movies of the list that have their record. */
  recorded: number | null;
  /** How these records end, from silver's lineage: null unless silver is of the published run. */
  enriched: number | null;
  not_found: number | null;
  /** Given up by a person. */
  failed: number | null;
  /** Movies of the newest run that have no record. */
  missing: number | null;
  /** These movies, and why; null where it was not asked for. */
  missingMovies: readonly MissingMovie[] | null;
  /** A newer run than the published one, and how far it is. */
  underWay: { run: RunId; list: number; recorded: number } | null;
  silver: SilverStatus;
  /** The movies without a row, and why; null where it was not asked for. */
  quarantine: readonly QuarantinedMovie[] | null;
  gold: GoldStatus;
  /** Seconds since the published run was completed. */
  ageSeconds: number | null;
  /** What is missing, stale or broken, one sentence each. */
  reasons: readonly string[];
  /** Command lines that mend it: each is enough, the first is the better one. Empty where it was not asked for. */
  mend: readonly string[];
  /** Not before this moment (ISO 8601): OMDb's quota is used up. */
  mendAfter: string | null;
}

export interface StatusServices {
  bronze: Store;
  silver: Store;
  gold: Store;
  queue: Pick<Queue, 'depth' | 'deadLetters'>;
  now: () => Date;
  log: Log;
  signal?: AbortSignal | undefined;
}

export interface StatusOptions {
  /** Says why movies are missing or in quarantine, and what mends a date. Costs requests only where there is something. */
  explain: boolean;
  /** Reads silver's and gold's files, instead of only looking whether they are there, so that a damaged one is found. */
  readFiles: boolean;
}

/**
 * How far each date is. For a date that is complete, four requests: its runs, `_SUCCESS`, silver's and gold's lineage.
 * For all dates together, a listing of silver's dates, of its quarantine and of each dataset.
 * @param dates oldest first
 */
export async function statusOf(
  dates: readonly PartitionDate[],
  services: StatusServices,
  options: StatusOptions,
): Promise<DateStatus[]> {
  const { silver, gold, queue, log, signal } = services;
  const evidence = options.readFiles
    ? remembered(evidenceOfBytes({ silver, gold }))
    : evidenceOfListings({ silver, gold }, dates);
  let asked: Promise<QueueFacts> | undefined;
  const askQueue = () => {
    asked ??= queueFacts(queue);
    return asked;
  };
  let done = 0;
  return pMap(
    dates,
    async (date) => {
      throwIfInterrupted(signal);
      const status = await statusOfDate(date, services, evidence, options.explain ? askQueue : undefined);
      log.progress({ done: ++done, total: dates.length, noun: 'dates' });
      return status;
    },
    { concurrency: DATES_AT_ONCE },
  );
}

/** @param askQueue undefined where nothing is to be explained */
async function statusOfDate(
  date: PartitionDate,
  services: StatusServices,
  evidence: Evidence,
  askQueue: (() => Promise<QueueFacts>) | undefined,
): Promise<DateStatus> {
  const now = services.now();
  const bronze = await lookAtBronze(date, services.bronze, partitionDate(now), askQueue);
  const { newest, published, isPublished, unfinished } = bronze;
  const { silver, statuses, reasons: ofSilver } = await silverStatus(date, published, evidence);
  const { gold, reasons: ofGold } = await goldStatus(date, evidence);
  const reasons = [...bronze.reasons];
  if (published || silver.state !== 'missing') reasons.push(...ofSilver);
  if (published || gold.state !== 'missing') reasons.push(...ofGold);
  if (silver.quarantined) reasons.push(`${silver.quarantined} of silver's movies are in quarantine`);
  const facts = {
    date,
    state: stateOfDate(bronze, silver, gold),
    ...progressOf(bronze),
    enriched: statuses?.enriched ?? null,
    not_found: statuses?.not_found ?? null,
    failed: statuses?.failed ?? null,
    silver,
    gold,
    ageSeconds: published ? ageOf(published.completedAt, now) : null,
  };
  if (!askQueue) return { ...facts, reasons, quarantine: null, mend: [], mendAfter: null };

  const rebuilds = published && isPublished && silver.state !== 'fresh';
  const lost = rebuilds ? await manifestFault(published, services.bronze) : undefined;
  const quarantine = silver.quarantined ? await quarantineOf(services.silver, date) : [];
  const mend = mendOf(
    {
      date,
      newestRun: newest,
      published,
      silver: silver.state,
      gold: gold.state,
      missing: unfinished?.missing ?? [],
      quarantine,
      obstacles: lost === undefined ? bronze.obstacles : [...bronze.obstacles, 'manifest'],
      marker: at(services.bronze, bronzeKeys.success(date)),
      list: published?.movies ?? rowsOf(silver),
      damagedBefore: gold.state === 'stale' ? await damagedBefore(date, evidence) : undefined,
    },
    now,
  );
  if (lost !== undefined) reasons.push(lost);
  return { ...facts, reasons, quarantine, mend: mend.commands, mendAfter: mend.after };
}

function rowsOf({ rows, quarantined }: SilverStatus): number | null {
  return rows === null ? null : rows + (quarantined ?? 0);
}

/** The newest earlier date, if its silver is not what its lineage says. */
async function damagedBefore(date: PartitionDate, evidence: Evidence): Promise<PartitionDate | undefined> {
  const earlier = await evidence.dateBefore(date);
  const lineage = earlier && (await evidence.silverLineage(earlier));
  if (!earlier || !lineage) return undefined;
  return lineage.silver.sha256 === (await evidence.silverHash(earlier)) ? undefined : earlier;
}

/** What bronze alone says: of the published run, or else of the newest. */
function progressOf({ newest, published, isPublished, unfinished }: BronzeLook) {
  return {
    list: published?.movies ?? unfinished?.list ?? null,
    run: newest ?? null,
    published: published?.runId ?? null,
    recorded: published?.movies ?? unfinished?.recorded ?? null,
    missing: isPublished ? 0 : unfinished ? unfinished.list - unfinished.recorded : null,
    missingMovies: isPublished ? [] : (unfinished?.missing ?? null),
    underWay: published && unfinished ? pick(unfinished) : null,
  };
}

function stateOfDate(
  { newest, isPublished, obstacles }: BronzeLook,
  silver: SilverStatus,
  gold: GoldStatus,
): StateOfDate {
  if (obstacles.length > 0) return 'unreadable';
  if (newest === undefined) return 'no run';
  if (!isPublished) return 'incomplete';
  return silver.state === 'fresh' && gold.state === 'fresh' ? 'complete' : 'behind';
}

function pick({ run, list, recorded }: UnfinishedRun) {
  return { run, list, recorded };
}

/** Whole seconds; null when the text is no moment. */
function ageOf(completedAt: string, now: Date): number | null {
  const seconds = Math.floor((now.getTime() - Date.parse(completedAt)) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
