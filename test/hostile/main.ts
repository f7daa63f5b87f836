// npm run hostile -- --cases 100000            all kinds, a seed of its own
// npm run hostile -- --seed 7 --kind manifest  one kind again
import { parseArgs } from 'node:util';
import { hostileRun, kinds } from './run.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string' },
    kind: { type: 'string' },
    path: { type: 'string' },
  },
});
const cases = Number(values.cases);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const chosen = kinds.filter(({ name }) => values.kind === undefined || name === values.kind);
if (!(cases >= 1) || !Number.isInteger(seed) || chosen.length === 0) {
  console.error(
    `--cases N --seed N --kind NAME --path PATH; kinds: ${kinds.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
let failed = false;
for await (const { line, failure } of hostileRun({ cases, seed, chosen, path: values.path })) {
  console.log(line);
  if (failure) console.log(failure);
  failed ||= failure !== undefined;
}
process.exitCode = failed ? 1 : 0;
