import { writeFile } from 'node:fs/promises';
import type { Case } from './case.js';
import { COLUMNS, cellsOf, isMet, type Row } from './figures.js';

export const RESULTS = new URL('RESULTS.md', import.meta.url);

export interface Measured {
  case: Case;
  rows: Row[];
}

/** The page that people are pointed at. */
export async function writeResults(
  measured: readonly Measured[],
  conditions: readonly string[],
  date: Date,
): Promise<void> {
  const rows = measured.flatMap((each) => each.rows);
  const withTarget = rows.filter((row) => isMet(row) !== undefined);
  const met = withTarget.filter((row) => isMet(row)).length;
  const lines = [
    '# How fast, how lean',
    '',
    `${met} of ${withTarget.length} targets are met. Each figure is the median of several runs, in turn with its peer, on one machine at
one time: the ratios say more than the seconds. This page is written by \`npm run bench\`, misses included.`,
    '',
    `Measured on ${date.toISOString().slice(0, 10)}:`,
    '',
    ...conditions.map((line) => `- ${line}`),
    '',
    ...tableOf(rows),
    '',
    ...missesOf(measured),
    '## What is measured',
    '',
    `A time is that of a whole process, from before its start to its end. Memory is the most that the process ever had resident:
\`VmHWM\` of /proc on Linux, else \`ru_maxrss\`, which it writes itself at its end; by a preload of a few lines, the same for
our command and for its peers (bench/peak-memory.cjs, bench/peers/peak_memory.py). 1 MiB = 1,048,576 bytes. Inputs are
generated from a seed. Each run starts with empty outputs; files that it reads have been read before.`,
    '',
    ...measured.flatMap(({ case: { name, notes } }) => [
      `### ${name}`,
      '',
      ...notes.flatMap((note) => [note, '']),
    ]),
  ];
  await writeFile(RESULTS, `${lines.join('\n').trimEnd()}\n`);
}

function tableOf(rows: readonly Row[]): string[] {
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
}

function missesOf(measured: readonly Measured[]): string[] {
  const misses = measured.flatMap(({ case: { why = {} }, rows }) =>
    rows
      .filter((row) => isMet(row) === false)
      .map(({ name }) => `- ${name}: ${why[name] ?? 'not looked into yet.'}`),
  );
  return misses.length === 0 ? [] : ['## What is missed, and why', '', ...new Set(misses), ''];
}
