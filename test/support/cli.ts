import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watch } from './secrets.js';

export const BIN = fileURLToPath(new URL('../../bin/movie-etl.js', import.meta.url));

/** No test waits longer for a process; one that hangs is killed and its result says so. */
const LONGEST_MS = 60_000;

export interface CliOptions {
  cwd: string;
  /** Added to an environment that has nothing but what a process needs to run. */
  env?: Record<string, string>;
}

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  child: ChildProcess;
  /** Resolves when the process has ended and its output is read. */
  result: Promise<CliResult>;
}

/** Runs `movie-etl` to its end. */
export function cli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).result;
}

/** Starts `movie-etl`, for tests that signal it or look at what it does meanwhile. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  return start(process.execPath, [BIN, ...args], options);
}

/** Runs a shell script in which `$MOVIE_ETL` is the command. */
export function shell(script: string, options: CliOptions): Promise<CliResult> {
  const MOVIE_ETL = `"${process.execPath}" "${BIN}"`;
  return start('/bin/sh', ['-c', script.replaceAll('$MOVIE_ETL', MOVIE_ETL)], options).result;
}

function start(command: string, args: readonly string[], { cwd, env }: CliOptions): RunningCli {
  // tap loads itself into every process that a test starts, which takes half as long again as the command itself.
  const nodeOptions =
    env?.NODE_OPTIONS === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${env.NODE_OPTIONS}`];
  const child = spawn('env', [...nodeOptions, command, ...args], {
    cwd,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      watch(`stdout of ${args.at(1)}`, stdout);
      watch(`stderr of ${args.at(1)}`, stderr);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, result };
}

export function bareEnvironment(): Record<string, string> {
  const { PATH, HOME, TMPDIR } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** What a process came to, for the message of an assertion on it. */
export function told({ code, signal, stderr }: CliResult): string {
  return `ended with ${signal ?? code}: ${stderr}`;
}

/** The objects of a line-delimited JSON output. */
export function jsonLines<Line = Record<string, unknown>>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** The lines of an output, without the empty one after the last. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Every file under a directory, hidden ones too, as sorted relative paths; none when there is no directory. */
export async function filesUnder(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What stands in a directory: each file's text by its relative path. */
export async function contentsOf(directory: string): Promise<Map<string, string>> {
  const files = await filesUnder(directory);
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await readFile(join(directory, file), 'utf8')] as const),
    ),
  );
}
