import { parseArgs } from 'node:util';
import { bundleSimulation } from './bundle.js';
import { describe, runSeeds } from './campaign.js';
import { type Mutation, mutations } from './mutations.js';
import type { simulate } from './simulate.js';

const USAGE = `npm run simulate -- [flags]
  --seeds N         run N seeds (default: 20000)
  --from S          from this seed on (default: 1)
  --seed S          run one seed, and tell what happens in it
  --mutation NAME   with our code broken in this way: find the smallest seed that notices
  --mutations       that for every mutation`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutation: { type: 'string' },
    mutations: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const first = Number(values.from);
const last = first + Number(values.seeds) - 1;

if (values.help) console.log(USAGE);
else if (values.mutations) for (const mutation of mutations) await search(mutation);
else if (values.seed !== undefined) await replay(Number(values.seed), named(values.mutation));
else if (values.mutation !== undefined) await search(named(values.mutation) as Mutation);
else await campaign();

function named(name: string | undefined): Mutation | undefined {
  if (name === undefined) return undefined;
  const mutation = mutations.find((each) => each.name === name);
  if (mutation) return mutation;
  throw new Error(
    `no mutation is called ${name}; there are:\n${mutations.map((each) => each.name).join('\n')}`,
  );
}

async function campaign(): Promise<void> {
  const onProgress = (done: number) => process.stderr.write(`\r${done} seeds`);
  const result = await runSeeds({ first, last, onProgress });
  process.stderr.write('\n');
  for (const line of describe(result)) console.log(line);
  if (result.failure) process.exitCode = 1;
}

async function search({ name, patches }: Mutation): Promise<void> {
  const { failure, seeds } = await runSeeds({ first, last, patches });
  const found = failure
    ? `seed ${failure.seed}: ${failure.how.split('\n')[0]}`
    : `not noticed by ${seeds} seeds`;
  console.log(`${name}: ${found}`);
}

async function replay(seed: number, mutation: Mutation | undefined): Promise<void> {
  const { url, remove } = await bundleSimulation(mutation?.patches);
  try {
    const module = (await import(url)) as { simulate: typeof simulate };
    const { scenario, broken, steps } = await module.simulate(seed, (moment) => console.log(moment));
    console.dir(scenario, { depth: 4 });
    console.log(broken ? `broken: ${broken.how}` : `every promise held (${steps} steps)`);
    if (broken) process.exitCode = 1;
  } finally {
    await remove();
  }
}
