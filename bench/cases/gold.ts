import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { goldKeys, silverKeys } from '../../src/keys.js';
import { daysAfter } from '../../src/records/run.js';
import { mustAgree } from '../agreement.js';
import { type Case, inTurn, memoryOf, type Settings, secondsOf } from '../case.js';
import { median, type Peer, type Row, type Target } from '../figures.js';
import { DATE } from '../inputs/bronze.js';
import { emptied } from '../inputs/prepared.js';
import { silverOf } from '../inputs/silver.js';
import { versionOf } from '../machine.js';
import { movieEtl, nodeProgram, type Program, peer, type Run, run } from '../programs.js';
import { NO_PANDAS, pythonProgram, pythonWithPandas } from '../python.js';

/** Of the largest. */
const TARGETS = { ofPandas: 0.25, ofDuckdb: 3, mebibytes: 250, growthPercent: 20 };

export const gold: Case = {
  name: 'gold',
  scales: true,
  notes: [
    `Silver has 978 bytes a row (978 MB for 1,000,000 rows), and lies in a directory. Ours is \`movie-etl gold\`: thirteen
tables, each put whole and flushed to disk. Pandas makes the same thirteen (bench/peers/pandas_gold.py), DuckDB six in SQL, on
all cores (bench/peers/duckdb-gold.mjs); neither flushes. Movies per genre are compared between all of them after each size.`,
  ],
  why: {
    'gold of 1,000,000 rows':
      'reading and checking each field takes most of the time of two threads; cells are checked as strictly as csv-parse does.',
    'gold of 1,000,000 rows, memory': 'two threads have a heap of their own each.',
    'gold of 1,000,000 rows, compared with as many, memory':
      'two threads have a heap of their own each, and where a million movies stood before takes 17 MB.',
  },
  async *measure(settings) {
    const sizes = settings.quick ? [1_000, 10_000] : [10_000, 100_000, 1_000_000];
    const peaks: number[] = [];
    for (const rows of sizes) {
      const isLargest = rows === sizes.at(-1);
      const runs = await ofRows(rows, isLargest ? 3 : 5, settings);
      const name = `gold of ${rows.toLocaleString('en-US')} rows`;
      const ours = secondsOf(runs.ours);
      const memory = memoryOf(runs.ours);
      const target = (goal: Target) => (isLargest ? { target: goal } : {});
      yield { name, ours, peer: pandas(runs, secondsOf), ...target({ atMostTimes: TARGETS.ofPandas }) };
      yield { name, ours, peer: duckdb(runs, secondsOf), ...target({ atMostTimes: TARGETS.ofDuckdb }) };
      const inMemory = { name: `${name}, memory`, ours: memory };
      yield { ...inMemory, peer: pandas(runs, memoryOf), ...target({ atMost: TARGETS.mebibytes }) };
      yield { ...inMemory, peer: duckdb(runs, memoryOf) };
      peaks.push(median(memory.values));
    }
    yield* afterAnother(sizes.at(-1) ?? 0, settings);
    const [before = Number.NaN, largest = Number.NaN] = peaks.slice(-2);
    const [smaller, larger] = sizes.slice(-2).map((rows) => rows.toLocaleString('en-US'));
    yield {
      name: `gold, growth of memory from ${smaller} to ${larger} rows`,
      ours: { unit: '%', values: [(largest / before - 1) * 100] },
      target: { atMost: TARGETS.growthPercent },
    };
  },
};

type Runs = Partial<Record<'ours' | 'pandas' | 'duckdb', Run[]>>;
type FiguresOf = typeof secondsOf | typeof memoryOf;

function pandas({ pandas: runs }: Runs, figuresOf: FiguresOf): Peer {
  return runs ? { name: 'pandas', ...figuresOf(runs) } : { name: 'pandas', absent: NO_PANDAS };
}

function duckdb({ duckdb: runs }: Runs, figuresOf: FiguresOf): Peer {
  return runs ? { name: 'DuckDB', ...figuresOf(runs) } : { name: 'DuckDB', absent: 'not installed' };
}

async function ofRows(rows: number, usual: number, settings: Settings): Promise<Runs> {
  settings.say(`input: ${rows.toLocaleString('en-US')} rows of silver`);
  const silver = await silverOf(rows);
  const folder = await emptied('gold');
  const programs = await programsOn(silver, folder);
  const names = Object.keys(programs);
  const contenders = Object.entries(programs).map(([name, program]) => ({
    name,
    prepare: async () => {
      await rm(join(folder, name), { recursive: true, force: true });
      await mkdir(join(folder, name));
    },
    run: () => run(program),
  }));
  const runs = await inTurn(contenders, settings.runs(usual), settings);
  const genres = names.map((name) => {
    const path = name === 'ours' ? goldKeys.dataset('movies_by_genre', DATE) : 'movies_by_genre.csv';
    return [name, join(folder, name, path)];
  });
  await mustAgree(Object.fromEntries(genres));
  return Object.fromEntries(names.map((name, index) => [name, runs[index]]));
}

/** As every night's: the day before has as many rows, with which rank_changes compares. */
async function* afterAnother(rows: number, settings: Settings): AsyncGenerator<Row> {
  const one = join(await silverOf(rows), silverKeys.movies(DATE));
  const silver = await emptied('silver-of-two');
  for (const date of [daysAfter(DATE, -1), DATE]) {
    const path = join(silver, silverKeys.movies(date));
    await mkdir(dirname(path), { recursive: true });
    await link(one, path);
  }
  let into = '';
  const ours = {
    name: 'movie-etl gold',
    prepare: async () => {
      into = await emptied('gold-of-two');
    },
    run: () => run(movieEtl(['gold', '--date', DATE, '--silver', silver, '--gold', into])),
  };
  const [runs] = await inTurn([ours], settings.runs(2), settings);
  const name = `gold of ${rows.toLocaleString('en-US')} rows, compared with as many`;
  yield { name, ours: secondsOf(runs) };
  yield { name: `${name}, memory`, ours: memoryOf(runs), target: { atMost: TARGETS.mebibytes } };
}

/** What there is to compare, by the folder that each writes into. */
async function programsOn(silver: string, folder: string): Promise<Record<string, Program>> {
  const csv = join(silver, silverKeys.movies(DATE));
  const into = (name: string) => join(folder, name);
  const python = await pythonWithPandas();
  const hasDuckdb = (await versionOf('@duckdb/node-api')) !== undefined;
  return {
    ours: movieEtl(['gold', '--date', DATE, '--silver', silver, '--gold', into('ours')]),
    ...(python && { pandas: pythonProgram(python, 'pandas_gold.py', [csv, into('pandas')]) }),
    ...(hasDuckdb && { duckdb: nodeProgram(peer('duckdb-gold.mjs'), [csv, into('duckdb')]) }),
  };
}
