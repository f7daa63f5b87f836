import type { Command } from 'commander';
import type { Flags } from '../config.js';
import type { Context } from './context.js';
import {
  type AddFlags,
  dateFlags,
  dateOrQueueFlags,
  escapeFlag,
  giveUpFlag,
  listFlags,
  offlineFlag,
  omdbFlags,
  outputFlags,
  placeFlags,
  queueOutputFlags,
  queuePlaceFlags,
  reprocessFlag,
  runFlag,
} from './flags.js';

interface Subcommand {
  name: string;
  description: string;
  flags: readonly AddFlags[];
  examples: readonly string[];
  /** Loaded only when it is the one that was asked for. */
  load: () => Promise<{ run: (context: Context, flags: Flags) => Promise<void> }>;
}

const subcommands: readonly Subcommand[] = [
  {
    name: 'extract',
    description: 'Take the movie list, write the manifest of a new run, and send its batches to the queue.',
    flags: [
      dateFlags,
      runFlag('go on with this run instead of a new one: send its batches again'),
      listFlags,
      offlineFlag,
      placeFlags,
      outputFlags,
    ],
    examples: ['movie-etl extract --movies top-250.json --top-n 250 --batch-size 10'],
    load: () => import('./extract.js'),
  },
  {
    name: 'enrich',
    description:
      'Look the movies up at OMDb. Without a date: whatever is in the queue. ' +
      'With a date: what its newest run still lacks, straight from the manifest.',
    flags: [
      dateOrQueueFlags,
      runFlag('finish this run of the date instead of its newest'),
      giveUpFlag,
      omdbFlags,
      offlineFlag,
      placeFlags,
      outputFlags,
    ],
    examples: [
      'movie-etl enrich',
      'movie-etl enrich --date 2026-11-23 --rate 10',
      'movie-etl enrich --date 2026-11-23 --give-up tt0111161 tt0068646',
    ],
    load: () => import('./enrich.js'),
  },
  {
    name: 'silver',
    description: 'Make silver of a complete run: one clean CSV with a row per movie.',
    flags: [dateFlags, placeFlags, outputFlags],
    examples: ['movie-etl silver --date 2026-11-23', 'movie-etl silver --from 2026-11-01 --to 2026-11-23'],
    load: () => import('./silver.js'),
  },
  {
    name: 'gold',
    description: 'Make the thirteen gold datasets of a date in one pass over its silver.',
    flags: [dateFlags, placeFlags, escapeFlag, outputFlags],
    examples: ['movie-etl gold --date 2026-11-23', 'movie-etl gold --from 2026-11-01 --to 2026-11-23'],
    load: () => import('./gold.js'),
  },
  {
    name: 'run-all',
    description: 'Extract, enrich, silver and gold for one date or each date of a range.',
    flags: [dateFlags, listFlags, omdbFlags, offlineFlag, reprocessFlag, placeFlags, outputFlags],
    examples: [
      'movie-etl run-all --offline --top-n 250 --batch-size 10',
      'movie-etl run-all --from 2026-11-01 --to 2026-11-23 --movies top-250.json',
    ],
    load: () => import('./run-all.js'),
  },
  {
    name: 'redrive',
    description:
      'Bring dead letters back: messages that failed ten times go from the dead-letter queue to the queue.',
    flags: [queuePlaceFlags, queueOutputFlags],
    examples: [
      'movie-etl redrive',
      'movie-etl redrive --queue https://sqs.eu-west-1.amazonaws.com/123456789012/movies.fifo',
    ],
    load: () => import('./redrive.js'),
  },
];

/** Adds every subcommand with its flags, and its examples below them. */
export function addCommands(program: Command, context: Context): void {
  for (const { name, description, flags, examples, load } of subcommands) {
    const command = program.command(name).description(description).allowExcessArguments(false);
    for (const add of flags) add(command);
    command.helpOption('-h, --help', 'this help');
    command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
    command.action(async (values: Flags) => (await load()).run(context, values));
  }
}
