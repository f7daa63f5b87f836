import { Argument, type Command, Option } from 'commander';

export type AddFlags = (command: Command) => Command;

const option = (flags: string, description: string) => new Option(flags, description);
const group =
  (heading: string, ...options: Option[]): AddFlags =>
  (command) => {
    command.optionsGroup(heading);
    for (const each of options) command.addOption(each);
    return command;
  };

/** Which dates. @param withoutDate what a command does when none is given */
const datesOr = (withoutDate: string) =>
  group(
    'Dates:',
    option('--date <date>', `the partition, YYYY-MM-DD, UTC (default: ${withoutDate})`),
    option('--from <date>', 'the first date of a range, with --to'),
    option('--to <date>', 'the last date of a range, included'),
  );

export const dateFlags = datesOr('today');
export const dateOrQueueFlags = datesOr('whatever is in the queue');
export const dateOrWeekFlags = datesOr('the last seven days');

/** Which run of the date. */
export const runFlag = (description: string): AddFlags => group('Dates:', option('--run <id>', description));

const dataDirFlag = option('--data-dir <dir>', 'holds bronze, silver, gold and queue (default: ./data)');
const queueFlag = option(
  '--queue <uri>',
  'queue between extract and enrich: a directory or an SQS queue URL [QUEUE_URL]',
);
const awsFlags = [
  option('--region <region>', 'of AWS [AWS_REGION]'),
  option('--profile <name>', 'of your AWS configuration [AWS_PROFILE]'),
  option('--endpoint-url <url>', 'where AWS is, for an emulator [AWS_ENDPOINT_URL]'),
];

export const placeFlags = group(
  'Where:',
  dataDirFlag,
  option('--bronze <uri>', 'bronze layer: a directory or s3://BUCKET/PREFIX [BRONZE_URI]'),
  option('--silver <uri>', 'silver layer [SILVER_URI]'),
  option('--gold <uri>', 'gold layer [GOLD_URI]'),
  queueFlag,
  ...awsFlags,
);

export const queuePlaceFlags = group('Where:', dataDirFlag, queueFlag, ...awsFlags);

export const listFlags = group(
  'What:',
  option('--movies <url|file>', 'the movie list [MOVIES_URL]'),
  option('--top-n <n>', 'take the first n movies (default: as the last run of the date, or 10) [TOP_N]'),
  option('--batch-size <n>', 'movies per message (default: as the last run of the date, or 1) [BATCH_SIZE]'),
);

export const omdbFlags = group(
  'What:',
  option(
    '--omdb-url <url>',
    'OMDb (default: https://www.omdbapi.com/) [OMDB_URL]; its key: [OMDB_API_KEY] [OMDB_API_KEY_SECRET]',
  ),
  option('--concurrency <n>', 'OMDb calls at once (default: 8) [CONCURRENCY]'),
  option('--rate <n>', 'OMDb calls a second at most (default: no limit) [RATE]'),
);

export const giveUpFlag = group(
  'What:',
  option('--give-up <id...>', 'with --date: close these movies of the run without an answer, as failed'),
);

export const offlineFlag = group(
  'What:',
  option('--offline', 'the shipped fixtures stand in for both sources; no key, no network'),
);

export const reprocessFlag = group(
  'What:',
  option(
    '--reprocess <which>',
    'failed: skip complete dates, mend the others; none: only dates without a run; all: start new runs',
  )
    .choices(['failed', 'none', 'all'])
    .default('failed'),
);

export const escapeFlag = group(
  'How:',
  option('--escape-formulas', 'an apostrophe before texts that a spreadsheet would take for formulas'),
);

const dryRunOption = option(
  '--dry-run',
  'say what would be done, with its calls and their price; touch nothing',
);
export const dryRunFlag = group('How:', dryRunOption);
export const previewFlags = group(
  'How:',
  dryRunOption,
  option('--diff', 'show which rows and columns would change; write nothing'),
);

export const reportFlags = group(
  'What:',
  option('--output <file>', 'where the page goes (default: report-DATE.html here)'),
  option('--open', 'open the page in your browser'),
);

export const checkFlag = group(
  'What:',
  option('--check', 'see whether each store, queue and source can be reached (asks OMDb once)'),
);

export const shellArgument: AddFlags = (command) =>
  command.addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']));

/** @param json what `--json` prints */
const outputOf = (json: string) =>
  group(
    'How:',
    option('--json', `${json} on stdout, nothing else`),
    option('--quiet', 'no progress and no tables; warnings and errors stay'),
    option('--verbose', 'more of what happens, and where an error comes from'),
    option('--no-color', 'no colours; the same as NO_COLOR=1'),
  );

export const outputFlags = outputOf('one JSON object per date');
export const queueOutputFlags = outputOf('one JSON object');
