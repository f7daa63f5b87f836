import t from 'tap';
import { bundleSimulation } from './bundle.js';
import { describe, replayOf, runSeeds } from './campaign.js';
import { mutations } from './mutations.js';
import { faultKinds, scenarioOf } from './scenario.js';
import type * as Simulation from './worker.js';

/** A full campaign is `npm run simulate -- --seeds 20000`. */
const SEEDS = 3_000;
const SCENARIOS = 20_000;
/** Up to here it is looked whether a smaller seed notices a mutation, too. */
const SEARCHED = 100;

t.test(`every promise holds in ${SEEDS} schedules`, async (t) => {
  const campaign = await runSeeds({ last: SEEDS });
  for (const line of describe(campaign)) t.comment(line);
  const { failure, seeds, faults } = campaign;
  t.equal(failure, undefined, failure ? `${failure.how}; ${replayOf(failure.seed)}` : 'none is broken');
  t.equal(seeds, SEEDS);
  const injected = new Map(faults);
  for (const kind of faultKinds) t.ok((injected.get(kind) ?? 0) > 100, `${kind} was injected`);
});

t.test('schedules are of every size, with runs of one date and of several', (t) => {
  const scenarios = Array.from({ length: SCENARIOS }, (_, index) => scenarioOf(index + 1));
  const plans = scenarios.flatMap(({ runs }) => runs);
  const sizes = plans.map(({ movies }) => movies);
  t.equal(Math.min(...sizes), 1);
  t.ok(Math.max(...sizes) > 2400, `up to ${Math.max(...sizes)} movies`);
  t.ok(
    plans.some(({ movies, batchSize }) => movies / batchSize > 2000),
    'and more than two groups of batches',
  );
  const having = (count: (dates: number[]) => boolean) =>
    scenarios.filter(({ runs }) => count(runs.map(({ date }) => date))).length;
  t.ok(having((dates) => new Set(dates).size < dates.length) > 1000, 'several runs of one date');
  t.ok(having((dates) => new Set(dates).size > 1) > 1000, 'several dates');
  t.end();
});

t.test('a seed is the same schedule every time', async (t) => {
  const { url, remove } = await bundleSimulation();
  t.teardown(remove);
  const { simulate } = (await import(url)) as typeof Simulation;
  for (const seed of [1, 2, 3, 4, 5]) {
    const told: string[][] = [[], []];
    for (const moments of told) await simulate(seed, (moment) => moments.push(moment));
    t.ok((told[0]?.length ?? 0) > 20);
    t.same(told[0], told[1], `seed ${seed}`);
  }
});

t.test('a rule that is left out is noticed', async (t) => {
  for (const { name, patches, seed } of mutations) {
    const first = seed <= SEARCHED ? 1 : seed;
    const { failure } = await runSeeds({ first, last: seed, patches, threads: 1 });
    t.equal(failure?.seed, seed, `${name}: ${failure?.how.split('\n')[0]}`);
  }
});

t.test('a mutation that does not fit its source is an error', async (t) => {
  const patch = { file: 'src/stages/gold.ts', from: 'no such line', to: '' };
  await t.rejects(bundleSimulation([patch]), /gold\.ts has 0 times: no such line/);
});
