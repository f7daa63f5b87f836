import t from 'tap';
import { bundleSimulation } from './bundle.js';
import { faultKinds, type RunPlan, type Scenario } from './scenario.js';
import type * as Simulation from './worker.js';

const DATES = 10;
const MOVIES = 250;
const CALLS_A_DAY = 1000;

const { url, remove } = await bundleSimulation();
t.teardown(remove);
const { simulateScenario } = (await import(url)) as typeof Simulation;

/** Ten dates at once, as a backfill has them, and nothing goes wrong but that the quota ends. */
function backfill(operation: Scenario['operation'], queue: Scenario['queue'], batchSize: number): Scenario {
  const runs = Array.from({ length: DATES }, (_, date): RunPlan => {
    const first = { minute: date, scheduled: false, triggers: 1, batchesLeft: undefined };
    return { ...first, date, movies: MOVIES, batchSize, list: 0 };
  });
  return {
    operation,
    store: 's3',
    queue,
    layers: false,
    runs,
    workers: 4,
    concurrency: 4,
    page: 1000,
    quotaDays: (DATES * MOVIES) / CALLS_A_DAY,
    commands: 0,
    calmAfter: 1,
    faults: Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Scenario['faults'],
  };
}

const ways = [
  ['functions', 'fifo', 1],
  ['functions', 'fifo', 10],
  ['terminal', 'directory', 1],
] as const;

for (const [operation, queue, batchSize] of ways) {
  t.test(`${operation}, a ${queue} queue, ${batchSize} movies a message`, async (t) => {
    const { broken, faults, refused, days } = await simulateScenario(
      backfill(operation, queue, batchSize),
      1,
    );
    t.equal(broken, undefined, broken?.how ?? 'every promise held');
    t.ok(
      days > 1 && days <= 3,
      `ten dates of 250 on a thousand calls a day: done after ${days.toFixed(1)} days`,
    );
    t.equal(faults.get('dead letter') ?? 0, 0, 'no message is dead-lettered by the waiting');
    const most = Math.max(...refused.values());
    t.ok(most > 0 && most <= 40, `at most ${most} calls a day are refused`);
  });
}
