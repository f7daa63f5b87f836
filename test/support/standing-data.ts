import { join } from 'node:path';
import { messageOf } from '../../src/errors.js';
import { parseName } from '../../src/queues/message-file.js';
import { BronzeRecord } from '../../src/records/bronze-record.js';
import { decodeJson, parseJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { Manifest, messageOfBatch } from '../../src/records/manifest.js';
import { Success } from '../../src/records/markers.js';
import { Message } from '../../src/records/message.js';
import { contentsOf } from './cli.js';

/** A run as it stands in bronze. */
export interface StandingRun {
  date: string;
  runId: string;
  manifest?: Manifest;
  /** Movies that have their record. */
  records: Set<string>;
  /** Batches that have their marker. */
  done: Set<number>;
}

/** What stands in a data directory, and what is wrong with it. */
export interface StandingData {
  runs: StandingRun[];
  /** `runId batch` of each message, in `queue/` or `dead/`. */
  messages: Set<string>;
  held: number;
  deadLetters: number;
  temporary: string[];
  /** Lock files that name a holder. */
  locksHeld: string[];
  /** Lock files beyond the one that stays. */
  locksLeft: string[];
  /** Silver's and gold's objects. */
  refined: Map<string, string>;
  /** Objects that are not whole or not what their key says, and promises that do not hold. */
  faults: string[];
}

/** Reads all of a data directory while no process works in it. */
export async function standingData(data: string): Promise<StandingData> {
  const standing: StandingData = {
    runs: [],
    messages: new Set(),
    held: 0,
    deadLetters: 0,
    temporary: [],
    locksHeld: [],
    locksLeft: [],
    refined: new Map(),
    faults: [],
  };
  const successes: Success[] = [];
  const manifests = new Map<string, string>();
  const locks = new Map<string, string>();
  for (const [path, text] of await contentsOf(data)) {
    try {
      if (path.includes('/.movie-etl-tmp')) standing.temporary.push(path);
      else if (path.includes('/.movie-etl-lock/')) addLock(standing, locks, path, text);
      else if (path.startsWith('bronze/')) addBronze(standing, manifests, successes, path, text);
      else if (path.startsWith('queue/')) addMessage(standing, path, text);
      else addRefined(standing, path, text);
    } catch (error) {
      standing.faults.push(`${path}: ${messageOf(error)}`);
    }
  }
  for (const run of standing.runs) standing.faults.push(...faultsOfMarkers(run));
  for (const success of successes) {
    const run = standing.runs.find(({ runId }) => runId === success.runId);
    const missing = run?.manifest?.movies.filter(({ id }) => !run.records.has(id));
    if (missing?.length !== 0) standing.faults.push(`_SUCCESS of ${success.runId} without all its records`);
    if (manifests.get(success.runId) !== success.manifest.sha256)
      standing.faults.push(`_SUCCESS of ${success.runId} names another manifest`);
  }
  return standing;
}

function addLock(standing: StandingData, locks: Map<string, string>, path: string, text: string): void {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const lower = locks.get(directory);
  if (lower !== undefined) standing.locksLeft.push(lower);
  locks.set(directory, path);
  if (text !== '') standing.locksHeld.push(path);
}

function addBronze(
  standing: StandingData,
  manifests: Map<string, string>,
  successes: Success[],
  path: string,
  text: string,
): void {
  const [, date = '', runId = '', name = ''] =
    /^bronze\/dt=([^/]+)\/(?:run=([^/]+)\/)?(.+)$/.exec(path) ?? [];
  if (name === '_SUCCESS') {
    successes.push(decodeJson(Success, text, '_SUCCESS'));
    return;
  }
  const run = standing.runs.find((known) => known.runId === runId) ?? newRun(standing, date, runId);
  const [, id] = /^(tt\d+)\.json$/.exec(name) ?? [];
  const [, batch] = /^_done\/\d{3}\/(\d{6})$/.exec(name) ?? [];
  if (name === '_manifest.json') {
    run.manifest = decodeJson(Manifest, text, 'manifest');
    manifests.set(runId, sha256(text));
    if (run.manifest.runId !== runId) throw new Error(`is of run ${run.manifest.runId}`);
  } else if (id !== undefined) {
    const record = decodeJson(BronzeRecord, text, 'record');
    if (record.runId !== runId || record.date !== date) throw new Error(`is of run ${record.runId}`);
    if (record.movie.id !== id) throw new Error(`is of ${record.movie.id}`);
    if (record.status === 'enriched' && record.omdb?.imdbID !== id) throw new Error('has another answer');
    run.records.add(id);
  } else {
    parseJson(text, name);
    if (batch !== undefined) run.done.add(Number(batch));
  }
}

function newRun(standing: StandingData, date: string, runId: string): StandingRun {
  const run: StandingRun = { date, runId, records: new Set(), done: new Set() };
  standing.runs.push(run);
  return run;
}

function addMessage(standing: StandingData, path: string, text: string): void {
  const { run, batch } = decodeJson(Message, text, 'message');
  const file = parseName(path.slice(path.lastIndexOf('/') + 1));
  if (!file) throw new Error('is no name of a message');
  standing.messages.add(`${run.id} ${batch}`);
  if (file.holder !== 'free') standing.held++;
  if (path.startsWith('queue/dead/')) standing.deadLetters++;
}

/** Outputs are compared with those of an undisturbed run; the lineage of silver has run ids. */
function addRefined(standing: StandingData, path: string, text: string): void {
  if (path.startsWith('silver/_lineage/')) parseJson(text, path);
  else standing.refined.set(path, text);
}

/** A marker promises that each movie of its batch has its record. */
function faultsOfMarkers({ runId, manifest, records, done }: StandingRun): string[] {
  if (!manifest) return records.size + done.size > 0 ? [`${runId} has records but no manifest`] : [];
  return [...done]
    .filter((batch) => messageOfBatch(manifest, batch).movies.some(({ id }) => !records.has(id)))
    .map((batch) => `batch ${batch} of ${runId} is marked and not done`);
}

/** The batches of a run whose messages were sent that are neither done nor have their message. */
export function lostMessages(standing: StandingData, sent: ReadonlySet<string>): string[] {
  return standing.runs.flatMap(({ runId, manifest, done }) => {
    if (!sent.has(runId)) return [];
    if (!manifest) return [`${runId} lost its manifest`];
    const batches = Array.from({ length: manifest.batches }, (_, batch) => batch);
    return batches
      .filter((batch) => !done.has(batch) && !standing.messages.has(`${runId} ${batch}`))
      .map((batch) => `${runId} ${batch}`);
  });
}

/** The path of a movie's record in a data directory. */
export function recordPath(data: string, date: string, runId: string, imdbId: string): string {
  return join(data, 'bronze', `dt=${date}`, `run=${runId}`, `${imdbId}.json`);
}
