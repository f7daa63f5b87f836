import assert from 'node:assert/strict';
import { PipelineError } from '../../src/errors.js';
import type { Call, World } from './world.js';

const MOST_CHARACTERS = 2_000;

/** What the work came to, or the error of ours that it was refused with. Anything else that is thrown goes on. */
export async function outcomeOf<Result>(
  work: () => Promise<Result> | Result,
): Promise<{ result: Result; refused?: undefined } | { result?: undefined; refused: PipelineError }> {
  try {
    return { result: await work() };
  } catch (error) {
    return { refused: ours(error) };
  }
}

/** An error of ours all the way down, short enough to be read. */
function ours(error: unknown): PipelineError {
  if (!(error instanceof PipelineError)) throw error;
  if (error.cause !== undefined) ours(error.cause);
  assert.ok(error.message.length <= MOST_CHARACTERS, `an error of ${error.message.length} characters`);
  return error;
}

/** @param dates the partitions that may be written; `read` may be read besides */
export function staysWithin(world: World, dates: readonly string[], read: readonly string[] = []): void {
  for (const call of world.calls) {
    const of = call.verb === 'put' ? dates : [...dates, ...read];
    const isListing = call.verb === 'list' && call.layer === 'silver' && call.key === 'movies/';
    const date = dateOf(call);
    const inside = isListing || (date !== undefined && isDay(date) && of.includes(date));
    assert.ok(inside, `${call.verb} of ${call.layer} ${JSON.stringify(call.key.slice(0, 200))}`);
  }
}

/** A day of the calendar, in other words than the pipeline's own. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(date) && new Date(time || 0).toISOString().startsWith(date);
}

const FILES: Readonly<Record<string, RegExp>> = {
  bronze:
    /^dt=([^/]+)\/(?:|_SUCCESS|run=\d{8}T\d{6}Z(?:-[a-z0-9]{1,40})?\/(?:_manifest\.json|tt(?:\d{7,10}\.json)?|_done\/(?:\d{3}\/(?:\d{6})?|_groups\/(?:\d{3})?)?|_errors\/\d{6}\.json))$/,
  silver:
    /^(?:movies\/dt=([^/]+)\/movies\.csv|_quarantine\/dt=([^/]+)\/movies\.ndjson|_lineage\/dt=([^/]+)\.json)$/,
  gold: /^(?:([a-z_]+)\/dt=([^/]+)\/\1\.csv|_lineage\/dt=([^/]+)\.json)$/,
};

function dateOf({ layer, key }: Call): string | undefined {
  return FILES[layer]
    ?.exec(key)
    ?.slice(1)
    .findLast((group) => group !== undefined);
}

/** What was written is in proportion to what came in. */
export function isBounded(world: World, input: number): void {
  const stored = world.puts.reduce((sum, { bytes }) => sum + bytes, 0);
  const sent = world.sent.reduce((sum, { body }) => sum + body.length, 0);
  assert.ok(stored + sent <= 16 * input + 256_000, `${stored} bytes stored and ${sent} sent of ${input}`);
  for (const warning of world.warnings)
    assert.ok(warning.length <= MOST_CHARACTERS, `a warning of ${warning.length} characters`);
}

const BUILT_IN = [Object, Array, String, Number, Boolean, Function, Map, Set, Promise, Error, Buffer].flatMap(
  (each) => [each, each.prototype],
);

/** A picture of everything that all objects inherit from. */
export function builtIns(): string {
  const names = BUILT_IN.map((each) => Reflect.ownKeys(each).map(String).join());
  const inherited: string[] = [];
  for (const key in {}) inherited.push(key);
  return [...names, ...inherited].join('\n');
}
