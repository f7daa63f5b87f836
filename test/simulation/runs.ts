import { BATCHES_PER_GROUP, bronzeKeys, groupOf } from '../../src/keys.js';
import type { BronzeRecord } from '../../src/records/bronze-record.js';
import { encodeJson, VERSION } from '../../src/records/decode.js';
import { type Manifest, messageOfBatch } from '../../src/records/manifest.js';
import { deduplicationId } from '../../src/records/message.js';
import type { ListItem } from '../../src/records/movie-list.js';
import {
  newRunId,
  type PartitionDate,
  partitionDate,
  type RunId,
  scheduledRunId,
} from '../../src/records/run.js';
import { extract } from '../../src/stages/extract.js';
import { DAY_MS, MINUTE_MS } from './clock.js';
import { answerFor, listOfMovies } from './movies.js';
import type { RunPlan } from './scenario.js';
import type { Process, World } from './world.js';

/** A run that is going to be extracted. */
export interface Run {
  date: PartitionDate;
  id: RunId;
  plan: RunPlan;
}

export function runOfPlan(plan: RunPlan, world: World): Run {
  const start = new Date(world.clock.now + plan.minute * MINUTE_MS);
  const date = partitionDate(new Date(world.clock.now + plan.date * DAY_MS));
  const id = plan.scheduled ? scheduledRunId(start) : newRunId(start, world.dice.next());
  return { date, id, plan };
}

/** Extracts a run, or goes on with it. The list may be another one the next time. */
export function extractRun({ date, id: runId, plan }: Run, process: Process): Promise<unknown> {
  const { bronze, now, log, world } = process;
  const load = async () => ({ items: listNow(plan, world), errorMessage: '' });
  const movies = { label: 'simulated list', load };
  return extract(
    { date, runId, topN: plan.movies + 1, batchSize: plan.batchSize },
    { bronze, queue: process.queue(false), movies, now, log },
  );
}

/** The list as the source has it at this moment. */
function listNow({ movies, list }: RunPlan, world: World): unknown[] {
  const isAnother = world.faults.strikes('another movie list');
  return isAnother ? listOfMovies(movies + 1, (list + 1) % 3) : listOfMovies(movies, list);
}

/**
 * Puts a run into the state in which all but a few of its batches were done long ago, and sends the messages of those:
 * the end of a large run, without the time that its beginning takes.
 */
export function prepare({ date, id, plan }: Run, world: World): void {
  const { bucket, dice, messages, clock } = world;
  const movies = listOfMovies(plan.movies, plan.list);
  const { batchSize } = plan;
  const batches = Math.ceil(movies.length / batchSize);
  const manifest: Manifest = {
    version: VERSION,
    runId: id,
    date,
    topN: movies.length,
    batchSize,
    batches,
    movies,
    source: 'simulated list',
    createdAt: clock.date().toISOString(),
  };
  const put = (key: string, value: unknown) => bucket.put(`bronze/${key}`, encodeJson(value));
  put(bronzeKeys.manifest(date, id), manifest);
  const left = new Set([batches - 1]);
  while (left.size < Math.min(plan.batchesLeft ?? 0, batches)) left.add(dice.between(0, batches - 1));
  if (dice.chance(0.5)) left.delete(batches - 1);
  if (left.size === 0) left.add(0);
  for (let batch = 0; batch < batches; batch++) {
    const message = messageOfBatch(manifest, batch);
    if (left.has(batch)) {
      const ids = { group: deduplicationId(message), deduplicationId: deduplicationId(message) };
      messages.send([{ body: JSON.stringify(message), ...ids }]);
      continue;
    }
    for (const movie of message.movies) {
      put(bronzeKeys.record(date, id, movie.id), recordOf(movie, manifest));
    }
    put(bronzeKeys.done(date, id, batch), { version: VERSION, runId: id, batch, at: manifest.createdAt });
  }
  const unfinished = new Set([...left].map(groupOf));
  for (let group = 0; group < Math.ceil(batches / BATCHES_PER_GROUP); group++) {
    if (!unfinished.has(group))
      put(bronzeKeys.fullGroup(date, id, group), { version: VERSION, runId: id, group });
  }
}

function recordOf(movie: ListItem, { runId, date, createdAt }: Manifest): BronzeRecord {
  const omdb = answerFor(movie.id);
  const error = typeof omdb.Error === 'string' ? omdb.Error : null;
  const status = error === null ? 'enriched' : 'not_found';
  return { version: VERSION, runId, date, movie, omdb, status, error, fetchedAt: createdAt };
}
