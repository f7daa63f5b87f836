import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import xterm from '@xterm/headless';
import type { Test } from 'tap';
import { BIN, bareEnvironment } from './cli.js';
import { watch } from './secrets.js';

/** No test waits longer for a process: less than any server asks one to wait. */
const LONGEST_MS = 30_000;
const HISTORY_LINES = 1_000;

export interface ScreenOptions {
  cwd: string;
  /** Added to an environment that has nothing but what a process needs to run on a terminal. */
  env?: Record<string, string>;
  columns?: number;
}

/** A terminal on which `movie-etl` runs: a real pty, and what a person sees of it. */
export interface Screen {
  /** The lines that were ever shown, down to the last one that is not empty, as they stand now. */
  lines(): string[];
  /** The same with each line that the terminal wrapped in one piece. */
  unwrapped(): string[];
  /** Resolves as soon as a line looks so. Rejects when the command ends before. */
  shows(line: RegExp): Promise<string>;
  /** As if typed. */
  type(keys: string): void;
  /** The exit code, once all output is shown. */
  ended: Promise<number | null>;
  /** Every byte that came, as text. */
  raw(): string;
  isCursorShown(): boolean;
}

/** Runs `movie-etl` on a terminal of 24 lines; util-linux's `script` makes the pty and hands on what is typed. */
export function startOnScreen(t: Test, args: readonly string[], options: ScreenOptions): Screen {
  const { cwd, env, columns = 80 } = options;
  const terminal = new xterm.Terminal({
    cols: columns,
    rows: 24,
    scrollback: HISTORY_LINES,
    allowProposedApi: true,
  });
  const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 24; exec ${command}`, '/dev/null'], {
    cwd,
    env: { ...bareEnvironment(), TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  const events = new EventEmitter();
  let raw = '';
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    terminal.write(text, () => events.emit('shown'));
  });
  const lines = () => linesOf(terminal, false);
  const ended = once(child, 'close').then(async ([code]) => {
    await new Promise<void>((resolve) => terminal.write('', resolve));
    over = true;
    events.emit('shown');
    watch(`the terminal of ${args[0]}`, raw);
    return code as number | null;
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
    terminal.dispose();
  });
  return {
    lines,
    unwrapped: () => linesOf(terminal, true),
    shows: async (wanted) => {
      for (;;) {
        const found = lines().find((line) => wanted.test(line));
        if (found !== undefined) return found;
        if (over) throw new Error(`no line like ${wanted}: ${lines().join('\n')}`);
        await once(events, 'shown');
      }
    },
    type: (keys) => child.stdin.write(keys),
    ended,
    raw: () => raw,
    isCursorShown: () => raw.lastIndexOf('\u001b[?25h') >= raw.lastIndexOf('\u001b[?25l'),
  };
}

function linesOf({ buffer: { active } }: xterm.Terminal, unwrap: boolean): string[] {
  const lines: string[] = [];
  for (let row = 0; row < active.length; row++) {
    const line = active.getLine(row);
    const text = line?.translateToString(true) ?? '';
    if (unwrap && line?.isWrapped) lines.push(`${lines.pop()}${text}`);
    else lines.push(text);
  }
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
