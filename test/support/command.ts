import type { Flags } from '../../src/config.js';
import { Terminal } from '../../src/terminal.js';
import { jsonLines } from './cli.js';
import { OMDB_KEY, watch } from './secrets.js';

/**
 * Runs a command in this process, which takes a tenth of the time of a process of its own, with `--json --quiet`.
 * @param flags as commander hands them over
 * @param onLine called after every object that it prints
 * @returns what it printed, and what it threw
 */
export async function command<Line>(
  name: string,
  flags: Flags,
  { signal = new AbortController().signal, onLine = () => {} } = {},
): Promise<{ lines: Line[]; error: unknown }> {
  let [stdout, stderr] = ['', ''];
  const terminal = new Terminal({
    stdout: streamTo((text) => {
      stdout += text;
      onLine();
    }),
    stderr: streamTo((text) => {
      stderr += text;
    }),
    json: true,
    quiet: true,
    verbose: false,
    color: false,
    tableOf: undefined,
    help: '',
    pasteable: (message) => message,
  });
  const context = {
    now: () => new Date(),
    random: Math.random,
    terminal: async () => terminal,
    signal,
  };
  const { run } = (await import(`../../src/commands/${name}.js`)) as {
    run: (given: typeof context, flags: Flags) => Promise<void>;
  };
  const error = await run(context, flags).catch((thrown: unknown) => thrown);
  watch(`${name} in this process`, stdout + stderr);
  return { lines: jsonLines<Line>(stdout), error };
}

const streamTo = (write: (text: string) => void) => ({ write }) as unknown as NodeJS.WriteStream;

/** Does something while the environment has an OMDb key. */
export async function withKey<Result>(work: () => Promise<Result>): Promise<Result> {
  process.env.OMDB_API_KEY = OMDB_KEY;
  try {
    return await work();
  } finally {
    delete process.env.OMDB_API_KEY;
  }
}
