import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CliResult, startCli } from './cli.js';

const PRELOAD = new URL('kill-at.mjs', import.meta.url);

/**
 * When a process is killed. `operation`: before its nth change of a file, a write in its middle. `request`: when
 * the servers get its nth request. `time`: so many milliseconds after its first change of a file. `never`: only
 * counted.
 */
export type Moment =
  | { kind: 'operation' | 'request'; nth: number }
  | { kind: 'time'; ms: number }
  | { kind: 'never' };

export interface Victim extends CliResult {
  /** It lived when the signal came. */
  killed: boolean;
  /** How often it changed a file, and for how long from the first time on; only of one that was not killed. */
  operations: number;
  workMs: number;
}

export interface VictimOptions {
  cwd: string;
  env: Record<string, string>;
  moment: Moment;
  /** Resolves when the servers have got so many more requests. */
  requests: (count: number) => Promise<void>;
}

/** Runs `movie-etl` and kills it with SIGKILL at a moment, or lets it end if that comes sooner. */
export async function runAndKill(args: readonly string[], options: VictimOptions): Promise<Victim> {
  const { cwd, env, moment, requests } = options;
  const KILL_AT = moment.kind === 'operation' ? `${moment.nth}` : '0';
  const NODE_OPTIONS = `--import=${fileURLToPath(PRELOAD)}`;
  const { child, result } = startCli(args, { cwd, env: { ...env, KILL_AT, NODE_OPTIONS } });
  let sent = moment.kind === 'operation';
  const kill = () => {
    sent = true;
    child.kill('SIGKILL');
  };
  if (moment.kind === 'request') void requests(moment.nth).then(kill);
  let begun = 0;
  child.stderr?.on('data', (text: string) => {
    if (begun > 0 || !text.includes('first operation')) return;
    begun = performance.now();
    if (moment.kind === 'time') void sleep(moment.ms, undefined, { ref: false }).then(kill);
  });
  const ended = await result;
  return {
    ...ended,
    killed: sent && ended.signal === 'SIGKILL',
    operations: Number(/^(\d+) operations$/m.exec(ended.stderr)?.[1] ?? 0),
    workMs: begun === 0 ? 0 : performance.now() - begun,
  };
}
