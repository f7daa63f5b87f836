import { type Command, CommanderError } from 'commander';

/**
 * Reads the command line of a tool of this project; help and mistakes are told here.
 * @returns its options, or the exit code of a command line that has nothing to do: 0 after help, 2 when it is wrong
 */
export function optionsOf<Options extends object>(program: Command): Options | number {
  try {
    program
      .helpOption('-h, --help', 'show this help')
      .exitOverride()
      .configureOutput({ outputError: () => {} })
      .parse();
    return program.opts<Options>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    process.stderr.write(`${error.message.replace(/\s*\n\s*/g, ' ')}\n`);
    return 2;
  }
}
