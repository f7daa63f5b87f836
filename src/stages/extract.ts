import { DecodeError, PipelineError } from '../errors.js';
import { bronzeKeys } from '../keys.js';
import type { Log } from '../log.js';
import { type OutgoingMessage, oversizeOf, type QueueSender, SMALLER_BATCHES } from '../queues/queue.js';
import { encodeJson, JSON_LIMITS, VERSION } from '../records/decode.js';
import { type Manifest, messageOfBatch } from '../records/manifest.js';
import { deduplicationId } from '../records/message.js';
import { type MovieSource, parseMovieList, type RejectedItem } from '../records/movie-list.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { newestRun, readManifest } from '../records/runs.js';
import type { ObjectLister, ObjectReader, ObjectWriter } from '../stores/store.js';

export const DEFAULT_TOP_N = 10;
export const DEFAULT_BATCH_SIZE = 1;

/** The run to start, or to go on with. */
export interface ExtractRequest {
  date: PartitionDate;
  /** A run that exists already is continued from its manifest: same list, same batch size. */
  runId: RunId;
  /** Where it is not given, the newest run of the date decides, then the default. */
  topN?: number | undefined;
  batchSize?: number | undefined;
}

/** What a run is extracted with. */
export interface ExtractServices {
  bronze: ObjectReader & ObjectLister & ObjectWriter;
  queue: QueueSender;
  movies: MovieSource;
  now: () => Date;
  log: Log;
}

/** What was written and sent. */
export interface ExtractSummary {
  date: PartitionDate;
  runId: RunId;
  movies: number;
  batches: number;
  topN: number;
  batchSize: number;
  rejected: RejectedItem[];
  /** The run existed already; its manifest was kept and its messages were sent again. */
  continued: boolean;
}

/**
 * Takes the movie list, writes the run's manifest and sends a message per batch. Sending again is harmless: what
 * has its record is not fetched again.
 * @throws PipelineError when the list cannot be had, holds no movie, or makes a message larger than a queue takes;
 * then nothing is written
 */
export async function extract(request: ExtractRequest, services: ExtractServices): Promise<ExtractSummary> {
  const { bronze, queue, log } = services;
  const { date, runId } = request;
  const standing = (await readManifest(bronze, date, runId))?.manifest;
  const { manifest, rejected, continued } = standing
    ? { manifest: standing, rejected: [], continued: true }
    : await begin(request, services);
  if (continued) log.info(`run ${runId} exists already: it goes on with its own list`);
  await queue.send(messagesOf(manifest));
  const { topN, batchSize, batches } = manifest;
  return { date, runId, movies: manifest.movies.length, batches, topN, batchSize, rejected, continued };
}

/** Puts the manifest if none stands; of two that begin the same run at once, both go on with the one that stands. */
async function begin(
  { date, runId, ...given }: ExtractRequest,
  { bronze, movies, now, log }: ExtractServices,
) {
  const before = await newestManifest(date, { bronze, log });
  const topN = given.topN ?? before?.topN ?? DEFAULT_TOP_N;
  const batchSize = given.batchSize ?? before?.batchSize ?? DEFAULT_BATCH_SIZE;
  const list = parseMovieList(await movies.load(), `movie list ${movies.label}`);
  for (const { position, reason } of list.rejected) {
    log.warn(`movie list item ${position} is left out: ${reason}`, { position, reason });
  }
  const taken = list.movies.slice(0, topN);
  const manifest: Manifest = {
    version: VERSION,
    runId,
    date,
    topN,
    batchSize,
    batches: Math.ceil(taken.length / batchSize),
    movies: taken,
    source: movies.label,
    createdAt: now().toISOString(),
  };
  checkRun(manifest);
  const outcome = await bronze.put(bronzeKeys.manifest(date, runId), encodeJson(manifest), {
    ifAbsent: true,
  });
  if (outcome === 'written') return { manifest, rejected: list.rejected, continued: false };
  const standing = await readManifest(bronze, date, runId);
  if (!standing) throw new PipelineError('retry', `manifest of run ${runId} was there and is gone`);
  return { manifest: standing.manifest, rejected: list.rejected, continued: true };
}

/** A manifest that cannot be read keeps no new run from its beginning. */
async function newestManifest(
  date: PartitionDate,
  { bronze, log }: Pick<ExtractServices, 'bronze' | 'log'>,
): Promise<Manifest | undefined> {
  const newest = await newestRun(bronze, date);
  if (newest === undefined) return undefined;
  try {
    return (await readManifest(bronze, date, newest))?.manifest;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    log.warn(`${error.message}: the new run does not take its top n and batch size`);
    return undefined;
  }
}

function messagesOf(manifest: Manifest): OutgoingMessage[] {
  return Array.from({ length: manifest.batches }, (_, batch) => {
    const message = messageOfBatch(manifest, batch);
    const id = deduplicationId(message);
    return { body: JSON.stringify(message), group: id, deduplicationId: id };
  });
}

/** A run whose messages no queue takes, or whose manifest nobody can read, must not begin. */
function checkRun(manifest: Manifest): void {
  const messages = messagesOf(manifest);
  const oversize = oversizeOf(messages);
  if (oversize)
    throw new PipelineError('stop', `cannot extract ${manifest.date}: ${oversize}`, SMALLER_BATCHES);
  const bytes = messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  if (bytes <= JSON_LIMITS.bytes) return;
  throw new PipelineError('stop', `cannot extract ${manifest.date}: its movies have ${bytes} bytes`, {
    hint: 'use a smaller --top-n',
  });
}
