import type { PartitionDate } from '../../src/records/run.js';
import { DAY_MS, StuckError } from './clock.js';
import { Functions } from './functions.js';
import { useServer } from './http.js';
import { checkOutcome } from './outcome.js';
import { runOfPlan } from './runs.js';
import { type Counted, type Scenario, scenarioOf } from './scenario.js';
import { Terminal } from './terminal.js';
import { useTimers } from './timers.js';
import { World } from './world.js';

/** No schedule needs as much. */
const MOST = { steps: 400_000, days: 60 };

/** What became of one schedule. */
export interface Result {
  seed: number;
  scenario: Scenario;
  /** Requests, answers and timers. */
  steps: number;
  faults: Map<Counted, number>;
  /** Calls that OMDb refused, by day. */
  refused: ReadonlyMap<PartitionDate, number>;
  /** When the last run was published, in days after the start. */
  days: number;
  /** The promise that did not hold, and how; undefined when all did. */
  broken: { promise: string; how: string } | undefined;
}

/**
 * Runs the schedule of a seed: the same every time.
 * @param tell is told what happens, moment by moment
 */
export async function simulate(seed: number, tell?: (moment: string) => void): Promise<Result> {
  return simulateScenario(scenarioOf(seed), seed, tell);
}

/** The same for a scenario of one's own. */
export async function simulateScenario(
  scenario: Scenario,
  seed: number,
  tell?: (moment: string) => void,
): Promise<Result> {
  const world = new World(scenario, seed, tell);
  const { clock, dice, faults, omdb, promises } = world;
  const started = clock.now;
  useTimers({ clock, dice });
  useServer(omdb);
  try {
    const runs = scenario.runs.map((plan) => runOfPlan(plan, world));
    const terminal = new Terminal(world, runs);
    if (scenario.operation === 'functions') new Functions(world, runs).start();
    else terminal.start();
    void terminal.typeAtRandom();
    await clock.run(MOST);
    await checkOutcome(world, runs);
  } catch (error) {
    if (!(error instanceof StuckError)) throw error;
    promises.break('no run is stuck', error.message);
  } finally {
    useTimers(undefined);
    useServer(undefined);
  }
  const { broken } = promises;
  return {
    seed,
    scenario,
    steps: clock.steps,
    faults: faults.counts,
    refused: omdb.refused,
    days: (promises.lastPublished - started) / DAY_MS,
    broken: broken && { promise: broken.promise, how: broken.message },
  };
}
