import type { Flags } from '../config.js';
import { shellWord } from '../operations/shell-word.js';
import type { PartitionDate } from '../records/run.js';
import { flagOf } from './place-flags.js';

/** Flags that say what is done. Where it is done, the terminal adds to every command that it shows. */
const WHAT = [
  'run',
  'giveUp',
  'topN',
  'batchSize',
  'reprocess',
  'escapeFormulas',
  'concurrency',
  'rate',
  'output',
  'dryRun',
  'diff',
] as const;

/** The flags with which a command goes on with these dates, ready to be pasted. */
export function againFlags(dates: readonly PartitionDate[], flags: Flags): string {
  const [first, last] = [dates[0], dates.at(-1)];
  const which = first === last ? `--date ${first}` : `--from ${first} --to ${last}`;
  return [which, ...whatFlags(flags)].join(' ');
}

/** The flags that say what is done, as they are typed. */
export function whatFlags(flags: Flags): string[] {
  return WHAT.flatMap((name) => wordsOf(name, flags[name]));
}

function wordsOf(name: (typeof WHAT)[number], value: Flags[string]): string[] {
  const flag = flagOf(name);
  if (value === true) return [flag];
  if (name === 'reprocess' && value === 'failed') return [];
  if (typeof value === 'string') return [flag, shellWord(value)];
  return typeof value === 'object' ? [flag, ...value] : [];
}
