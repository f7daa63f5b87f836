import { serve } from './processes.js';

/** A command for a process that has the program loaded already. */
export interface CliJob {
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
}

const { main } = await import(new URL('../../dist/cli.cjs', import.meta.url).href);
process.setMaxListeners(0);
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);

/** Runs the program as `bin/movie-etl.js` does, one command after the other. Its output is handed back. */
serve<CliJob>(async ({ args, cwd, env }) => {
  process.chdir(cwd);
  Object.assign(process.env, env);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (text: string | Uint8Array) => {
      printed[name] += text;
      return true;
    };
  }
  process.exitCode = 0;
  await main(['node', 'movie-etl', ...args]);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, signal: null, ...printed };
});
