import assert from 'node:assert/strict';
import { understand } from '../../src/omdb-answer.js';
import { decodeJson, parseJson } from '../../src/records/decode.js';
import { Message } from '../../src/records/message.js';
import { parseMovieList } from '../../src/records/movie-list.js';
import { readManifest } from '../../src/records/runs.js';
import { decodeTrigger, runOfTrigger } from '../../src/records/trigger.js';
import { redaction } from '../../src/redaction.js';
import { enrichDate, enrichMessage } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { DATE, RUN } from '../support/pipeline.js';
import { type Kind, kindOf } from './kind.js';
import { mutated, mutation, type Slip, slipped, slipping } from './mutation.js';
import { isBounded, outcomeOf, staysWithin } from './promises.js';
import { answerFor, begun, eventOf, movieList, World } from './world.js';

const ANY_NUMBER = 1_000_000;
const MESSAGE_BYTES = 1_048_576;

/** Every item is taken, or reported with its place and why: bad ones and repeated ones. */
const list = kindOf('movie list', 12, mutation, async (change) => {
  const bytes = mutated(movieList, change);
  const world = new World();
  const movies = { label: 'hostile', load: async () => parseJson(bytes, 'movie list hostile') };
  const request = { date: DATE, runId: RUN, topN: ANY_NUMBER, batchSize: 2 };
  const { result } = await outcomeOf(() => extract(request, { ...world.services, movies }));
  staysWithin(world, [DATE]);
  isBounded(world, bytes.length);
  if (!result) {
    assert.deepEqual([world.puts, world.sent], [[], []], 'nothing of a list that is refused is written');
    return 'refused';
  }
  const { items } = JSON.parse(bytes.toString().replace(/^\ufeff/, '')) as { items: unknown[] };
  assert.equal(result.movies + result.rejected.length, items.length, 'taken, rejected and repeated are all');
  assert.equal(new Set(result.rejected.map(({ position }) => position)).size, result.rejected.length);
  const standing = await readManifest(world.bronze, DATE, RUN);
  const sent = world.sent.flatMap(({ body }) => decodeJson(Message, body, 'message').movies);
  assert.deepEqual(sent, standing?.manifest.movies, 'what is sent is what the manifest has');
  for (const { body } of world.sent) assert.ok(Buffer.byteLength(body) <= MESSAGE_BYTES);
  for (const movie of sent) assert.equal(Object.getPrototypeOf(movie), Object.prototype);
  return 'taken';
});

const redact = redaction(['0f1e2d3c']);
const firstId = parseMovieList(JSON.parse(movieList), 'list').movies[0]?.id ?? '';
const firstAnswer = JSON.stringify(answerFor(firstId).omdb);

/** Whatever OMDb answers: what is stored once can be read, and is a row of silver and of gold. */
const omdb = kindOf('OMDb answer', 14, mutation, async (change) => {
  const world = new World(begun);
  const body = mutated(firstAnswer, change);
  const answered = { status: 200, body, retryAfterSeconds: undefined, redirectOrigin: undefined };
  const lookup = async (imdbId: string) =>
    imdbId === firstId ? understand(imdbId, answered, redact) : answerFor(imdbId);
  const understood = await outcomeOf(() => lookup(firstId));
  const { services } = world;
  const { result } = await outcomeOf(() =>
    enrichDate({ date: DATE, runId: RUN }, { ...services, omdb: { lookup } }),
  );
  staysWithin(world, [DATE]);
  isBounded(world, 12 * body.length);
  if (understood.refused) {
    assert.notEqual(result?.complete, true, 'without an answer the run is not complete');
    return 'refused';
  }
  assert.deepEqual([result?.failed, result?.complete], [[], true]);
  const { rows, quarantined } = await silver(DATE, services);
  assert.deepEqual({ rows, quarantined }, { rows: 6, quarantined: 0 });
  assert.equal((await gold(DATE, services)).movies, 6);
  staysWithin(world, [DATE]);
  return understood.result.status;
});

const messageSlips: readonly Slip[] = [
  (message) => ({ ...message, version: 2 }),
  (message) => ({ ...message, batch: -1 }),
  (message) => ({ ...message, batch: 3 }),
  (message) => ({ ...message, run: { ...message.run, batches: 1e9 } }),
  (message) => ({ ...message, run: { ...message.run, batches: 1e6 }, batch: 999_999 }),
  (message) => ({ ...message, run: { ...message.run, date: '2026-02-30' } }),
  (message) => ({ ...message, run: { ...message.run, date: '2026-01-03' } }),
  (message) => ({ ...message, run: { ...message.run, id: '../../20260102T030000Z' } }),
  (message) => ({ ...message, run: { ...message.run, id: '20260102T030000Z-other' } }),
  (message) => ({ ...message, movies: [...message.movies, ...message.movies] }),
  (message) => ({ ...message, movies: [{ id: 'tt0000001', rank: 1 }] }),
];

/** A message is refused, or done within the partition that it names; the run it spoils still has all its lines. */
const message = kindOf('message', 10, slipping(...messageSlips), async (change) => {
  const world = new World(begun);
  const bytes = slipped(begun.sent[1]?.body ?? '', change);
  const received = { id: 'hostile', body: bytes.toString(), attempt: 1, receipt: 'r' };
  const { services } = world;
  const { result } = await outcomeOf(() => enrichMessage(received, services));
  const decoded = await outcomeOf(() => decodeJson(Message, bytes, 'message'));
  staysWithin(world, decoded.result ? [decoded.result.run.date] : []);
  isBounded(world, 8 * bytes.length);
  await enrichDate({ date: DATE, runId: RUN }, services);
  const { rows, quarantined } = await silver(DATE, services);
  assert.equal(rows + quarantined, 6);
  return result ? 'taken' : 'refused';
});

const triggerEvent = await eventOf('get-movies-and-send-to-queue');
const ruleEvent = JSON.stringify({ time: '2026-11-23T03:00:00Z', detail: {}, date: null, top_n: '5' });

const triggerSlips: readonly Slip[] = [
  (event) => ({ ...event, scheduled_time: '0000-01-01T00:00:00+23:59' }),
  (event) => ({ ...event, scheduled_time: '9999-12-31T23:59:59-23:59' }),
  (event) => ({ ...event, scheduled_time: '2026-02-30T03:00:00Z' }),
  (event) => ({ ...event, scheduled_time: '2026-01-02T24:00:00Z' }),
  (event) => ({ ...event, scheduled_time: '2026-12-31T23:59:60Z' }),
  (event) => ({ ...event, scheduled_time: '2026-01-02T03:00:00.123456789+05:30' }),
];

/** A trigger is refused, or begins a run of a date of the calendar. */
const trigger = kindOf('trigger', 8, slipping(...triggerSlips), async (change) => {
  const world = new World();
  const text = slipped(change.edits.length % 2 ? triggerEvent : ruleEvent, change).toString();
  const event = await jsonOf(text);
  const { services } = world;
  const movies = { label: 'fixtures', load: async () => JSON.parse(movieList) as unknown };
  const { result } = await outcomeOf(async () => {
    const asked = decodeTrigger(event, 'c3d13fe5-8de4-c810', services.now());
    const runId = await runOfTrigger(world.bronze, asked);
    const { date, topN, batchSize } = asked;
    return extract({ date, runId, topN, batchSize }, { ...services, movies });
  });
  staysWithin(world, result ? [result.date] : []);
  isBounded(world, text.length);
  return result ? 'taken' : 'refused';
});

/** An event as Lambda hands it over: parsed already. What is no JSON never arrives. */
export async function jsonOf(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const sourceKinds: readonly Kind[] = [list, omdb, message, trigger];
