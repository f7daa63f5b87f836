import type { Command } from 'commander';
import type { Flags } from '../config.js';
import type { Context } from './context.js';
import {
  type AddFlags,
  checkFlag,
  dateFlags,
  dateOrQueueFlags,
  dateOrWeekFlags,
  dryRunFlag,
  escapeFlag,
  giveUpFlag,
  listFlags,
  offlineFlag,
  omdbFlags,
  outputFlags,
  placeFlags,
  previewFlags,
  queueOutputFlags,
  queuePlaceFlags,
  reportFlags,
  reprocessFlag,
  runFlag,
  shellArgument,
} from './flags.js';

interface Subcommand {
  name: string;
  description: string;
  flags: readonly AddFlags[];
  examples: readonly string[];
  /** Loaded only when it is the one that was asked for. */
  load: () => Promise<{ run: (context: Context, flags: Flags, command: Command) => Promise<void> }>;
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
      dryRunFlag,
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
      dryRunFlag,
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
    flags: [dateFlags, placeFlags, previewFlags, outputFlags],
    examples: ['movie-etl silver --date 2026-11-23', 'movie-etl silver --from 2026-11-01 --to 2026-11-23'],
    load: () => import('./silver.js'),
  },
  {
    name: 'gold',
    description: 'Make the thirteen gold datasets of a date in one pass over its silver.',
    flags: [dateFlags, placeFlags, escapeFlag, previewFlags, outputFlags],
    examples: ['movie-etl gold --date 2026-11-23', 'movie-etl gold --from 2026-11-01 --to 2026-11-23'],
    load: () => import('./gold.js'),
  },
  {
    name: 'run-all',
    description: 'Extract, enrich, silver and gold for one date or each date of a range.',
    flags: [dateFlags, listFlags, omdbFlags, offlineFlag, reprocessFlag, placeFlags, dryRunFlag, outputFlags],
    examples: [
      'movie-etl run-all --offline --top-n 250 --batch-size 10',
      'movie-etl run-all --from 2026-11-01 --to 2026-11-23 --movies top-250.json',
    ],
    load: () => import('./run-all.js'),
  },
  {
    name: 'status',
    description:
      'How far each date is: what is missing or stale in which layer and, with --verbose, why, and the command that mends it.',
    flags: [dateOrWeekFlags, placeFlags, outputFlags],
    examples: ['movie-etl status', 'movie-etl status --date 2026-11-23 --verbose'],
    load: () => import('./status.js'),
  },
  {
    name: 'report',
    description:
      "Write a self-contained HTML page of a date's gold: figures, charts, tables and the CSV files.",
    flags: [dateFlags, reportFlags, placeFlags, outputFlags],
    examples: ['movie-etl report --open', 'movie-etl report --date 2026-11-23 --output top-250.html'],
    load: () => import('./report.js'),
  },
  {
    name: 'redrive',
    description:
      'Bring dead letters back: messages that failed ten times go from the dead-letter queue to the queue.',
    flags: [queuePlaceFlags, dryRunFlag, queueOutputFlags],
    examples: [
      'movie-etl redrive',
      'movie-etl redrive --queue https://sqs.eu-west-1.amazonaws.com/123456789012/movies.fifo',
    ],
    load: () => import('./redrive.js'),
  },
  {
    name: 'config',
    description: 'Every setting, its value, and where it comes from. Secrets are masked.',
    flags: [placeFlags, listFlags, omdbFlags, offlineFlag, checkFlag, queueOutputFlags],
    examples: ['movie-etl config', 'movie-etl config --check'],
    load: () => import('./config.js'),
  },
  {
    name: 'completion',
    description:
      'Print the completion of commands, flags and their values for a shell. ' +
      'It is for a movie-etl that is found by its name (npm install --global), not for npx.',
    flags: [shellArgument],
    examples: [
      "echo 'source <(movie-etl completion bash)' >> ~/.bashrc",
      "echo 'source <(movie-etl completion zsh)' >> ~/.zshrc    # below compinit",
      'movie-etl completion fish > ~/.config/fish/completions/movie-etl.fish',
    ],
    load: () => import('./completion.js'),
  },
];

/** Adds every subcommand with its flags, and its examples below them. */
export function addCommands(program: Command, context: Context): void {
  for (const { name, description, flags, examples, load } of subcommands) {
    const command = program.command(name).description(description).allowExcessArguments(false);
    for (const add of flags) add(command);
    command.helpOption('-h, --help', 'this help');
    command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
    command.action(async () => (await load()).run(context, command.opts<Flags>(), command));
  }
}
