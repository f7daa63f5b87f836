import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WORK } from './inputs/prepared.js';

const PEAK_FILE = join(WORK, `peak.${process.pid}`);
const PEAK_MEMORY = fileURLToPath(new URL('peak-memory.cjs', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/movie-etl.js', import.meta.url));
const CHARACTERS_OF_ERROR = 2000;

/** What one run of a program came to. */
export interface Run {
  /** From before it was started until its end. */
  seconds: number;
  /** Its peak resident memory; not known of a program that does not tell. */
  mebibytes: number | undefined;
  stdout: string;
}

export interface Program {
  file: string;
  args: readonly string[];
  env?: Record<string, string>;
}

const living = new Set<ChildProcess>();

/** Ends whatever still runs. */
export function endAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

/** Our command, told to write its peak memory. */
export function movieEtl(args: readonly string[], env: Record<string, string> = {}): Program {
  return nodeProgram(BIN, [...args, '--quiet'], env);
}

export function nodeProgram(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Program {
  return { file: process.execPath, args: ['--require', PEAK_MEMORY, script, ...args], env };
}

/** Our command as users start it, with nothing preloaded. */
export function bareMovieEtl(args: readonly string[], env: Record<string, string> = {}): Program {
  return { file: process.execPath, args: [BIN, ...args], env };
}

export function peer(name: string): string {
  return fileURLToPath(new URL(`peers/${name}`, import.meta.url));
}

/**
 * Runs a program to its end, in a folder without any settings.
 * @throws when it does not end with 0
 */
export async function run({ file, args, env }: Program): Promise<Run> {
  await rm(PEAK_FILE, { force: true });
  const start = performance.now();
  const child = spawn(file, args, {
    cwd: WORK,
    env: { ...bareEnvironment(), BENCH_PEAK_FILE: PEAK_FILE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const seconds = (performance.now() - start) / 1000;
  living.delete(child);
  if (code !== 0) {
    const said = (stderr || stdout).slice(-CHARACTERS_OF_ERROR);
    throw new Error(`${[file, ...args].join(' ')} ended with ${signal ?? code}: ${said}`);
  }
  const peak = await readFile(PEAK_FILE, 'utf8').catch(() => undefined);
  return { seconds, mebibytes: peak === undefined ? undefined : Number(peak) / 1024, stdout };
}

/** A server in a process of its own. */
export interface Server {
  url: string;
  close(): Promise<void>;
}

/** Starts one of the scripts in servers/, which print their URL. */
export async function serve(script: string, args: readonly string[] = []): Promise<Server> {
  const child = fork(fileURLToPath(new URL(`servers/${script}`, import.meta.url)), args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  living.add(child);
  const ended = once(child, 'exit').finally(() => living.delete(child));
  if (!child.stdout) throw new Error('no stdout');
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
  if (!first) throw new Error(`${script} ended before it served`);
  return {
    url: String(first[0]),
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}
