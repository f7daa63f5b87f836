import type { Command, Option } from 'commander';

/** What the value of a flag is completed with; `nothing`: it has one, and nobody can guess it. */
export type Value = { choices: readonly string[] } | 'files' | 'directories' | 'nothing';

export interface CompletedFlag {
  /** `--help`, `-h`. */
  names: readonly string[];
  description: string;
  /** Undefined for a switch. */
  value: Value | undefined;
}

export interface CompletedCommand {
  name: string;
  description: string;
  flags: readonly CompletedFlag[];
  /** What may stand where no flag does. */
  words: readonly string[];
}

/** All that a shell has to know of the program: static, so that no process is started at a press of Tab. */
export interface Completed {
  program: string;
  flags: readonly CompletedFlag[];
  commands: readonly CompletedCommand[];
}

/** What a placeholder in a flag's definition stands for: `--data-dir <dir>`. A layer may be in a bucket, too. */
const PLACEHOLDERS: Readonly<Record<string, Value>> = {
  dir: 'directories',
  uri: 'directories',
  file: 'files',
  'url|file': 'files',
};

/** The definition as commander has it, `help` with it. */
export function completedOf(program: Command): Completed {
  const visible = program.createHelp().visibleCommands(program);
  const names = visible.map((command) => command.name());
  return {
    program: program.name(),
    flags: flagsOf(program),
    commands: visible.map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: command.name() === 'help' ? [] : flagsOf(command),
      words:
        command.name() === 'help'
          ? names
          : command.registeredArguments.flatMap((each) => each.argChoices ?? []),
    })),
  };
}

function flagsOf(command: Command): CompletedFlag[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].filter((name) => name !== undefined),
      description: option.description,
      value: completionOf(option),
    }));
}

function completionOf({ flags, required, argChoices }: Option): Value | undefined {
  if (!required) return undefined;
  if (argChoices) return { choices: argChoices };
  return PLACEHOLDERS[/<(.+)>/.exec(flags)?.[1] ?? ''] ?? 'nothing';
}

/** The text as one word of bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
