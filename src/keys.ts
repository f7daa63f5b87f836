import { PipelineError } from './errors.js';
import { isPartitionDate, type PartitionDate, RunId } from './records/run.js';

/** Batches whose markers are listed and counted together. */
export const BATCHES_PER_GROUP = 1000;
const MAX_KEY_BYTES = 1024;

const digits = (value: number, width: number) => String(value).padStart(width, '0');

export function groupOf(batch: number): number {
  return Math.floor(batch / BATCHES_PER_GROUP);
}

/** Every key of bronze, relative to the layer's URI. */
export const bronzeKeys = {
  date: (date: string) => `dt=${date}/`,
  success: (date: string) => `dt=${date}/_SUCCESS`,
  run: (date: string, run: string) => `dt=${date}/run=${run}/`,
  manifest: (date: string, run: string) => `dt=${date}/run=${run}/_manifest.json`,
  record: (date: string, run: string, imdbId: string) => `dt=${date}/run=${run}/${imdbId}.json`,
  done: (date: string, run: string, batch: number) =>
    `${bronzeKeys.doneGroup(date, run, groupOf(batch))}${digits(batch, 6)}`,
  doneMarkers: (date: string, run: string) => `dt=${date}/run=${run}/_done/`,
  doneGroup: (date: string, run: string, group: number) =>
    `${bronzeKeys.doneMarkers(date, run)}${digits(group, 3)}/`,
  fullGroups: (date: string, run: string) => `${bronzeKeys.doneMarkers(date, run)}_groups/`,
  fullGroup: (date: string, run: string, group: number) =>
    `${bronzeKeys.fullGroups(date, run)}${digits(group, 3)}`,
  error: (date: string, run: string, batch: number) =>
    `dt=${date}/run=${run}/_errors/${digits(batch, 6)}.json`,
  /** The date of a `_SUCCESS`, if the key is one. */
  dateOfSuccess: (key: string) => dateIn(/^dt=([^/]+)\/_SUCCESS$/.exec(key)),
  /** The run of a listed prefix `dt=…/run=…/`, if it is one. */
  runOf: (prefix: string): RunId | undefined => {
    const parsed = RunId.safeParse(/\/run=([^/]+)\/$/.exec(prefix)?.[1]);
    return parsed.success ? parsed.data : undefined;
  },
  /** What the keys of a run's records begin with. */
  records: (date: string, run: string) => `${bronzeKeys.run(date, run)}tt`,
  /** The batch of a listed marker `…/_done/000/000007`, if it is one. */
  batchOf: (key: string): number | undefined => {
    const match = /\/_done\/\d{3}\/(\d{6})$/.exec(key);
    return match ? Number(match[1]) : undefined;
  },
};

/** Every key of silver. */
export const silverKeys = {
  dates: 'movies/',
  movies: (date: string) => `movies/dt=${date}/movies.csv`,
  quarantine: (date: string) => `${silverKeys.quarantines(date)}/movies.ndjson`,
  /** What the keys of all dates with this start begin with. */
  quarantines: (start: string) => `_quarantine/dt=${start}`,
  lineage: (date: string) => `_lineage/dt=${date}.json`,
  /** The date of a listed prefix `movies/dt=…/`, if it is one. */
  dateOf: (prefix: string) => dateIn(/\/dt=([^/]+)\/$/.exec(prefix)),
  /** The date of a `movies.csv`, if the key is one. */
  dateOfMovies: (key: string) => dateIn(/^movies\/dt=([^/]+)\/movies\.csv$/.exec(key)),
};

/** Every key of gold. */
export const goldKeys = {
  dataset: (name: string, date: string) => `${goldKeys.datasets(name, date)}/${name}.csv`,
  /** What the keys of a dataset, of all dates with this start, begin with. */
  datasets: (name: string, start: string) => `${name}/dt=${start}`,
  lineage: (date: string) => `_lineage/dt=${date}.json`,
};

function dateIn(match: RegExpExecArray | null): PartitionDate | undefined {
  const date = match?.[1] ?? '';
  return isPartitionDate(date) ? date : undefined;
}

/** The same for the prefix of a listing, which may be empty and may end anywhere. */
export function checkPrefix(prefix: string): void {
  const fault = prefix === '' ? undefined : faultOf(`${prefix}x`);
  if (fault) throw new PipelineError('stop', `prefix ${JSON.stringify(prefix.slice(0, 100))} ${fault}`);
}

/**
 * Refuses a key that could leave the store or that S3 does not take. Called once, above the drivers.
 * @throws PipelineError that names the key
 */
export function checkKey(key: string): void {
  const fault = faultOf(key);
  if (fault) throw new PipelineError('stop', `object key ${JSON.stringify(key.slice(0, 100))} ${fault}`);
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (key.startsWith('/')) return 'is an absolute path';
  if (/[\u0000-\u001f\u007f-\u009f]/.test(key)) return 'has a control character';
  if (key.split('/').some((part) => part === '..' || part === '.')) return 'has a "." or ".." in its path';
  if (key.includes('//') || key.endsWith('/')) return 'has an empty part in its path';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  return undefined;
}

/** Where a key is, as a user would name it. */
export function at({ uri }: { uri: string }, key: string): string {
  return `${uri.replace(/\/+$/, '')}/${key}`;
}
