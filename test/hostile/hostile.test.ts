import t from 'tap';
import { withCheckedKeys } from '../../src/stores/checked.js';
import { memoryStore } from '../support/memory-store.js';
import { storeSuite } from '../support/store-suite.js';
import { hostileRun } from './run.js';

const CASES = 5_000;
const SEED = 20_261_123;

t.test('whatever comes in is taken, reported or refused, and breaks no promise', async (t) => {
  let cases = 0;
  for await (const run of hostileRun({ cases: CASES, seed: SEED })) {
    t.comment(run.line);
    t.equal(run.failure, undefined, run.kind);
    cases += run.cases;
  }
  t.ok(cases >= CASES, `${cases} cases`);
});

t.test('the layers in memory keep what src/stores/store.ts promises', (t) =>
  storeSuite(t, async () => {
    const store = withCheckedKeys(memoryStore('memory'));
    return { store, again: async () => store };
  }),
);
