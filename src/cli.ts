import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { Context } from './commands/context.js';
import { addCommands } from './commands/program.js';
import type { Flags } from './config.js';
import { PipelineError, UsageError } from './errors.js';
import type { Terminal } from './terminal.js';

/** The program: reads the command line, does what it says, and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const stop = new AbortController();
  endQuietlyOnClosedPipe();
  let terminal: Promise<Terminal> | undefined;
  const context: Context = {
    now: () => new Date(),
    random: Math.random,
    terminal: () => {
      terminal ??= openTerminal(argv, program, () => flags);
      return terminal;
    },
    signal: stop.signal,
  };
  let flags: Flags = {};
  const program = programFor(context).hook('preAction', (_, command) => {
    flags = command.opts();
  });
  stopOnSignals(stop, async (signal) => {
    const again = signal === 'SIGINT' ? '; Ctrl-C again ends at once' : '';
    (await context.terminal()).info(`stopping: what is in flight is finished or goes back${again}`);
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const failure = error instanceof CommanderError ? usageErrorOf(error, argv) : error;
    (await context.terminal()).error(failure);
    process.exitCode = failure instanceof PipelineError ? failure.exitCode : 1;
  }
}

function programFor(context: Context): Command {
  const program = new Command('movie-etl')
    .description('IMDb Top 250 through OMDb, refined bronze -> silver -> gold.')
    .usage('<command> [flags]')
    .version(version(), '-V, --version', 'the version')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'the help of a command')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      '\nExamples:\n  $ movie-etl run-all --offline --top-n 250\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 75 try again later, 130 interrupted',
    );
  addCommands(program, context);
  return program;
}

/** Commander's "error: unknown option '--tpo-n'\n(Did you mean --top-n?)" as one mistake. */
function usageErrorOf(error: CommanderError, argv: readonly string[]): UsageError {
  if (error.code === 'commander.help') {
    const [, , first, second] = argv;
    const isUnknown = first === 'help' && second;
    return new UsageError([isUnknown ? `unknown command '${second}'` : 'no command is given']);
  }
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  // A value that was meant for another flag may be a secret.
  return new UsageError([message.replace(/^(unknown option '[^'=]*)=.*'/, "$1'")]);
}

/** @param flags those of the subcommand, once they are known */
async function openTerminal(
  argv: readonly string[],
  program: Command,
  flags: () => Flags,
): Promise<Terminal> {
  const { Terminal } = await import('./terminal.js');
  const { withPlaces } = await import('./commands/place-flags.js');
  const { wantsColor } = await import('./config.js');
  const { readableEnvironmentFile } = await import('./config-file.js');
  const { stdout, stderr } = process;
  const has = (flag: string) => argv.includes(flag);
  const name = argv.slice(2).find((argument) => !argument.startsWith('-'));
  const command = program.commands.find((each) => each.name() === name);
  const [json, quiet] = [has('--json'), has('--quiet')];
  return new Terminal({
    stdout,
    stderr,
    json,
    quiet,
    verbose: has('--verbose'),
    tableOf: json || quiet ? undefined : (await import('./terminal/table.js')).tableOf,
    color: wantsColor(argv, await readableEnvironmentFile()),
    help: `movie-etl ${command ? `${name} ` : ''}--help`,
    pasteable: (message) => withPlaces(message, flags()),
  });
}

/** The first signal asks for a clean stop, the second ends the process as if nobody listened. */
function stopOnSignals(stop: AbortController, tell: (signal: NodeJS.Signals) => void): void {
  const listener = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      process.off(signal, listener);
      process.kill(process.pid, signal);
      return;
    }
    tell(signal);
    stop.abort();
  };
  // Not `once`: the spinner's own exit hook ends the process when it is the only listener.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener);
}

/** `movie-etl … | head` closes our stdout; that is no failure of ours. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
