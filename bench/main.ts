import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { optionsOf } from '../chain/command-line.js';
import { tableOf } from '../src/terminal/table.js';
import type { Case, Settings } from './case.js';
import { cases } from './cases/index.js';
import { COLUMNS, cellsOf, isMet, type Row } from './figures.js';
import { removeOutputs, WORK } from './inputs/prepared.js';
import { conditions } from './machine.js';
import { endAll, run } from './programs.js';
import { type Measured, writeResults } from './results.js';

interface Options {
  only: string[];
  runs?: number;
  quick?: boolean;
  write?: true;
  build: boolean;
}

const names = cases.map(({ name }) => name);
const program = new Command('bench')
  .description('Measures movie-etl beside its peers, and writes bench/RESULTS.md when all cases ran in full')
  .option('--only <case>', `one of ${names.join(', ')}; may be given several times`, oneOf, [])
  .option('--runs <N>', 'how often each case runs (default: as often as suits it)', count)
  .option('--quick', 'small inputs and few runs, to try the bench itself')
  .option('--write', 'write bench/RESULTS.md also of some cases or small inputs')
  .option('--no-build', 'measure dist as it stands, instead of building it first');

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => {
    endAll();
    process.exit(code);
  });
}
process.exitCode = await main();

/** @returns the exit code: 1 when something could not be measured, 2 when the command line is wrong */
async function main(): Promise<number> {
  const options = optionsOf<Options>(program);
  return typeof options === 'number' ? options : measure(options);
}

/** @returns the exit code */
async function measure(options: Options): Promise<number> {
  const { only, quick, write, build } = options;
  await mkdir(WORK, { recursive: true });
  if (build) await buildDist();
  const measured: Measured[] = [];
  let failed = 0;
  for (const each of cases.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const rows: Row[] = [];
    measured.push({ case: each, rows });
    try {
      for await (const row of rowsOf(each, options)) rows.push(row);
    } catch (error) {
      endAll();
      process.stderr.write(`${each.name}: ${error instanceof Error ? error.message : String(error)}\n`);
      failed++;
    }
    process.stdout.write(`${tableOf(COLUMNS, rows.map(cellsOf), (text) => text)}\n\n`);
  }
  await removeOutputs();
  const isWhole = !quick && only.length === 0 && failed === 0;
  if (write || isWhole) await writeResults(measured, await conditions(), new Date());
  const rows = measured.flatMap((each) => each.rows);
  const missed = rows.filter((row) => isMet(row) === false).length;
  process.stderr.write(`${missed} of ${rows.length} figures miss their target\n`);
  return failed === 0 ? 0 : 1;
}

/** The rows of a case, told as they come. */
async function* rowsOf(each: Case, { runs, quick = false }: Options): AsyncGenerator<Row> {
  const settings: Settings = {
    quick,
    runs: (usual) => runs ?? (quick ? Math.min(usual, 2) : usual),
    say: (text) => process.stderr.write(`${each.name}: ${text}\n`),
  };
  for await (const { target, ...untargeted } of each.measure(settings)) {
    const row = target && !(quick && each.scales) ? { ...untargeted, target } : untargeted;
    settings.say(cellsOf(row).filter(Boolean).join(' | '));
    yield row;
  }
}

async function buildDist(): Promise<void> {
  process.stderr.write('npm run build\n');
  const root = fileURLToPath(new URL('..', import.meta.url));
  await run({ file: 'npm', args: ['run', 'build', '--prefix', root] });
}

function oneOf(name: string, others: string[]): string[] {
  if (names.includes(name)) return [...others, name];
  throw new InvalidArgumentError(`one of ${names.join(', ')}.`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 999.');
}
