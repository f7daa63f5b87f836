import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvText } from '../../src/csv.js';
import { bronzeKeys, goldKeys, silverKeys } from '../../src/keys.js';
import { eachDate } from '../../src/lambda/invocation/object-created.js';
import { standingFor } from '../../src/operations/standing.js';
import { stateOf } from '../../src/operations/state.js';
import { decodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { GoldLineage, Success } from '../../src/records/markers.js';
import type { PartitionDate } from '../../src/records/run.js';
import { enrichDate, enrichMessage } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { DATE, RUN } from '../support/pipeline.js';
import { type Kind, kindOf } from './kind.js';
import { cuts, cutUp, mutated, mutation, type Slip, slipped, slipping, structural } from './mutation.js';
import { isBounded, outcomeOf, staysWithin } from './promises.js';
import { jsonOf } from './sources.js';
import { hostileText } from './values.js';
import { BEFORE, begun, complete, eventOf, World } from './world.js';

const MANIFEST = bronzeKeys.manifest(DATE, RUN);
const SUCCESS = bronzeKeys.success(DATE);
const RECORD = bronzeKeys.record(DATE, RUN, 'tt0468569');

/** One record never costs another its row, and is a row or a line in quarantine itself. */
const record = kindOf('bronze record', 14, mutation, async (change) => {
  const world = new World(complete);
  const bytes = mutated(complete.text('bronze', RECORD), change);
  world.place('bronze', RECORD, bytes);
  const { rows, quarantined } = await silver(DATE, world.services);
  assert.equal(rows + quarantined, 6);
  assert.ok(quarantined <= 1, `${quarantined} are quarantined`);
  assert.equal(independentRecords(world.text('silver', silverKeys.movies(DATE))).length, rows + 1);
  const lines = world.text('silver', silverKeys.quarantine(DATE)).split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).imdbId),
    quarantined ? ['tt0468569'] : [],
  );
  assert.equal((await gold(DATE, world.services)).movies, rows);
  staysWithin(world, [DATE], [BEFORE]);
  isBounded(world, 12 * bytes.length);
  return quarantined ? 'quarantined' : 'taken';
});

const manifestSlips: readonly Slip[] = [
  (manifest) => ({ ...manifest, version: 2 }),
  (manifest) => ({ ...manifest, runId: '20260102T030000Z-other' }),
  (manifest) => ({ ...manifest, date: BEFORE }),
  (manifest) => ({ ...manifest, batches: 1e9 }),
  (manifest) => ({ ...manifest, batchSize: 6, batches: 1 }),
  (manifest) => ({ ...manifest, batches: 4, movies: [manifest.movies[0], ...manifest.movies] }),
  (manifest) => ({ ...manifest, batches: 4, movies: [...manifest.movies, { id: 'tt0000001', rank: 7 }] }),
  (manifest) => ({ ...manifest, movies: manifest.movies.toReversed() }),
];

/** A manifest that stands is refused, or the run has a row or a line for each of its movies. */
const manifest = kindOf('manifest', 9, slipping(...manifestSlips), async (change) => {
  const world = new World(complete);
  const bytes = slipped(complete.text('bronze', MANIFEST), change);
  world.place('bronze', MANIFEST, bytes);
  const success = decodeJson(Success, world.text('bronze', SUCCESS), 'success');
  const vouching = { ...success, manifest: { ...success.manifest, sha256: sha256(bytes) } };
  world.place('bronze', SUCCESS, JSON.stringify(vouching));
  const { services } = world;
  const refined = await outcomeOf(() => silver(DATE, services));
  if (refined.result) {
    const { movies } = JSON.parse(bytes.toString().replace(/^\ufeff/, '')) as { movies: unknown[] };
    assert.equal(refined.result.rows + refined.result.quarantined, movies.length);
    assert.equal((await gold(DATE, services)).movies, refined.result.rows);
  }
  const movies = { label: 'none', load: () => Promise.reject(new Error('the manifest is the list')) };
  const continued = await outcomeOf(() => extract({ date: DATE, runId: RUN }, { ...services, movies }));
  const finished = await outcomeOf(() => enrichDate({ date: DATE, runId: RUN }, services));
  assert.equal(continued.result === undefined, refined.result === undefined, 'extract and silver agree');
  assert.equal(finished.result === undefined, refined.result === undefined, 'enrich and silver agree');
  staysWithin(world, [DATE], [BEFORE]);
  isBounded(world, 24 * bytes.length);
  return refined.result ? 'taken' : 'refused';
});

const successSlips: readonly Slip[] = [
  (success) => ({ ...success, version: 2 }),
  (success) => ({ ...success, date: BEFORE }),
  (success) => ({ ...success, runId: '20260101T030000Z' }),
  (success) => ({ ...success, runId: '20260103T030000Z' }),
  (success) => ({ ...success, date: '2026-02-30' }),
  (success) => ({ ...success, movies: 0 }),
];

const lastMessage = { id: 'last', body: begun.sent.at(-1)?.body ?? '', attempt: 1, receipt: 'r' };

/** A `_SUCCESS` is refused, or is the one of a run of this date. */
const success = kindOf('_SUCCESS', 7, slipping(...successSlips), async (change) => {
  const world = new World(complete);
  const bytes = slipped(complete.text('bronze', SUCCESS), change);
  world.place('bronze', SUCCESS, bytes);
  const { services } = world;
  await outcomeOf(() => stateOf(DATE, services));
  await outcomeOf(() => standingFor(DATE, services));
  const { result } = await outcomeOf(() => silver(DATE, services));
  if (result) {
    assert.deepEqual([result.rows, result.quarantined, result.runId], [6, 0, RUN]);
    assert.equal(decodeJson(Success, bytes, 'success').date, DATE);
  }
  await outcomeOf(() => enrichMessage(lastMessage, services));
  staysWithin(world, [DATE], [BEFORE]);
  return result ? 'taken' : 'refused';
});

/** A lineage that is not ours vouches for nothing, stops nothing, and leads nowhere else. */
const lineage = kindOf(
  'lineage',
  7,
  fc.record({ change: mutation, layer: fc.constantFrom('silver' as const, 'gold' as const) }),
  async ({ change, layer }) => {
    const world = new World(complete);
    const key = layer === 'silver' ? silverKeys.lineage(DATE) : goldKeys.lineage(DATE);
    world.place(layer, key, mutated(complete.text(layer, key), change));
    const { services } = world;
    const state = await stateOf(DATE, services);
    await standingFor(DATE, services);
    const { rebuilt } = await gold(BEFORE, services);
    staysWithin(world, [DATE, BEFORE]);
    await silver(DATE, services);
    await gold(DATE, services);
    const mended = await stateOf(DATE, services);
    assert.deepEqual([mended.silver, mended.gold], ['fresh', 'fresh']);
    if (rebuilt.length > 0) return 'built again';
    return state[layer] === 'fresh' ? 'taken' : 'refused';
  },
);

const events = {
  silver: await eventOf('process-bronze-to-silver'),
  gold: await eventOf('process-silver-to-gold'),
};
const bucket = 'movie-etl-bronze-123456789012-eu-west-1';

/** An event names dates of the layer, or is passed over. */
const s3Event = kindOf(
  'S3 event',
  8,
  fc.record({ change: structural, layer: fc.constantFrom('silver' as const, 'gold' as const) }),
  async ({ change, layer }) => {
    const world = new World(complete);
    const text = events[layer]
      .replaceAll('2026-11-23', DATE)
      .replaceAll('movie-etl-silver', 'movie-etl-bronze');
    const event = await jsonOf(mutated(text, change).toString());
    const { services } = world;
    const dates: PartitionDate[] = [];
    const lambda = {
      log: services.log,
      report: <Summary>(work: () => Promise<Summary>) => work(),
      failed: () => {},
    };
    const work = (date: PartitionDate): Promise<object> => {
      dates.push(date);
      return layer === 'silver' ? silver(date, services) : gold(date, services);
    };
    const dateOf = layer === 'silver' ? bronzeKeys.dateOfSuccess : silverKeys.dateOfMovies;
    const uri = layer === 'silver' ? `s3://${bucket}/bronze` : `s3://${bucket}/silver`;
    const { result } = await outcomeOf(() => eachDate(event, uri, dateOf, lambda, work));
    assert.equal(new Set(dates).size, dates.length, 'each date once');
    staysWithin(world, [...dates, ...(dates.includes(BEFORE) ? [DATE] : [])], dates.length ? [BEFORE] : []);
    return result?.length ? 'taken' : 'passed over';
  },
);

/** A CSV that is not silver's is refused before anything is written; else gold counts its records. */
const csv = kindOf(
  'silver CSV',
  9,
  fc.record({
    cells: fc.array(fc.record({ at: fc.nat(), text: hostileText }), { maxLength: 2 }),
    changes: fc.oneof(fc.constant([]), cuts),
    date: fc.constantFrom(DATE, BEFORE),
  }),
  async ({ cells, changes, date }) => {
    const world = new World(complete);
    const key = silverKeys.movies(date);
    const bytes = cutUp(Buffer.from(withCells(world.text('silver', key), cells)), changes);
    world.place('silver', key, bytes);
    const { result } = await outcomeOf(() => gold(DATE, world.services));
    staysWithin(world, [DATE], [BEFORE]);
    if (!result) {
      assert.deepEqual(world.puts, [], 'nothing is written');
      return 'refused';
    }
    assert.equal(result.movies + 1, independentRecords(world.text('silver', silverKeys.movies(DATE))).length);
    const made = decodeJson(GoldLineage, world.text('gold', goldKeys.lineage(DATE)), 'lineage');
    for (const { key, sha256: expected } of Object.values(made.datasets))
      assert.equal(sha256(world.text('gold', key)), expected);
    return 'taken';
  },
);

/** The CSV with other texts in some of its cells, written as silver writes. */
function withCells(text: string, cells: readonly { at: number; text: string }[]): string {
  const rows = independentRecords(text);
  const width = rows[0]?.length ?? 1;
  for (const { at, text } of cells) {
    const row = rows[1 + (Math.floor(at / width) % (rows.length - 1))];
    if (row) row[at % width] = text;
  }
  return csvText(rows);
}

/** What another reader of RFC 4180 makes of a CSV. */
function independentRecords(text: string): string[][] {
  return parse(text, { bom: true, relax_column_count: false });
}

export const storedKinds: readonly Kind[] = [record, manifest, success, lineage, s3Event, csv];
