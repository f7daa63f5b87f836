import type { Command } from 'commander';
import type { Flags } from '../config.js';
import { bashScript } from './completion/bash.js';
import { completedOf } from './completion/completed.js';
import { fishScript } from './completion/fish.js';
import { zshScript } from './completion/zsh.js';
import type { Context } from './context.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script. Straight to stdout: every new shell waits for it, and a terminal takes long to load. */
export async function run(_context: Context, _flags: Flags, command: Command): Promise<void> {
  const program = command.parent;
  const script = SCRIPTS[command.args[0] as keyof typeof SCRIPTS];
  if (program) process.stdout.write(script(completedOf(program)));
}
