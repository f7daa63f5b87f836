import { once } from 'node:events';
import { supportsColor } from 'chalk';
import { Command, InvalidArgumentError } from 'commander';
import { endQuietlyOnClosedPipe } from '../src/cli.js';
import { wantsColor } from '../src/config.js';
import { readableEnvironmentFile } from '../src/config-file.js';
import { startOffline } from '../src/offline.js';
import { counted } from '../src/terminal.js';
import type { Chain } from './chain.js';
import { optionsOf } from './command-line.js';
import { cutTo, Show } from './show.js';
import { usageOf } from './usage.js';

// Before the SDK is loaded: it would tell on stderr that this Node is older than it likes.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const LINES_OF_SAMPLE = 6;
const KEY_WIDTH = 58;

interface Options {
  topN: number;
  batchSize: number;
  stay?: true;
}

const program = new Command('chain')
  .description(
    'Runs what template.yaml deploys, on this machine: emulator, triggers, and the bundles in dist/lambda',
  )
  .option('--top-n <N>', 'how many movies of the list', count, 10)
  .option('--batch-size <N>', 'how many movies go into one message', count, 1)
  .option('--stay', 'stay up afterwards, for movie-etl and the AWS CLI in another terminal');

endQuietlyOnClosedPipe();
process.exitCode = await main();

/** @returns the exit code: 2 when the command line is wrong */
async function main(): Promise<number> {
  const options = optionsOf<Options>(program);
  return typeof options === 'number' ? options : run(options);
}

/** @returns the exit code: 1 when there is no gold at the end */
async function run({ topN, batchSize, stay }: Options): Promise<number> {
  const { startChain } = await import('./chain.js');
  const offline = await startOffline();
  const colorLevel =
    wantsColor(process.argv, await readableEnvironmentFile()) && supportsColor ? supportsColor.level : 0;
  const show = new Show(colorLevel, process.stdout, performance.now());
  let chain: Chain | undefined;
  try {
    chain = await startChain({
      parameters: {
        MoviesUrl: offline.moviesUrl,
        OmdbUrl: offline.omdbUrl,
        TopN: topN,
        BatchSize: batchSize,
      },
      onEvent: (event) => {
        const line = show.line(event);
        if (line !== undefined) write(line);
      },
    });
    const { OmdbKeyName } = chain.template.parameters;
    chain.emulator.putSecret(String(OmdbKeyName), JSON.stringify({ omdbapi_key: 'offline' }));
    chain.fire(new Date());
    await chain.settled();
    const usage = usageOf(chain);
    const exitCode = await tellGold(chain);
    print('', usage);
    if (stay) await stayUp(chain);
    return exitCode;
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await chain?.stop();
    await offline.close();
  }
}

/** Triggers go on working, and whoever pastes what is printed works on them, until Ctrl-C. */
async function stayUp({ emulator, template }: Chain): Promise<void> {
  const credentials = 'AWS_ACCESS_KEY_ID=operator AWS_SECRET_ACCESS_KEY=secret';
  const exports = `${template.outputs.TerminalEnvironment} AWS_ENDPOINT_URL=${emulator.url} ${credentials}`;
  write(`\nThe chain stays up until Ctrl-C. In another terminal:\n${exports}\n`);
  await once(process, 'SIGINT');
}

/** What the chain came to: the tables of gold, the first lines of one of them, and what failed for good. */
async function tellGold(chain: Chain): Promise<number> {
  const { clientsOf } = await import('./clients.js');
  const { objectsUnder } = await import('./objects.js');
  const { GoldUri, DeadLetterQueueUrl, FailureQueueUrl } = chain.template.outputs;
  const aws = clientsOf(chain.emulator.url, 'npm-run-chain');
  const objects = await objectsUnder(String(GoldUri), aws).finally(aws.close);
  const tables = [...objects].filter(([key]) => key.endsWith('.csv'));
  print('', `${GoldUri}/`);
  for (const [key, text] of tables) {
    const rows = text.split('\n').length - 2;
    print(`  ${key.padEnd(KEY_WIDTH)} ${counted(rows, 'row')}`);
  }
  for (const url of [DeadLetterQueueUrl, FailureQueueUrl]) {
    const depth = await chain.depth(String(url));
    if (depth > 0) print(`${counted(depth, 'message')} in ${url}`);
  }
  const [name, sample] = tables.find(([key]) => key.startsWith('top_rated/')) ?? tables[0] ?? [];
  if (name === undefined || sample === undefined) {
    process.stderr.write('error: there is no gold\n');
    return 1;
  }
  print('', name, ...sample.split('\n').slice(0, LINES_OF_SAMPLE));
  return 0;
}

/** Lines, none longer than a terminal is wide. */
function print(...lines: string[]): void {
  for (const line of lines) write(cutTo(process.stdout, line));
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 999999.');
}
