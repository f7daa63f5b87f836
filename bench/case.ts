import type { Row } from './figures.js';
import type { Run } from './programs.js';

/** How the bench was asked to measure. */
export interface Settings {
  /** Smaller inputs and fewer runs, to try the bench itself. */
  quick: boolean;
  /** How often each case runs, given how often it usually does. */
  runs(usual: number): number;
  /** Tells whoever waits what is going on. */
  say(text: string): void;
}

/** Something to measure. Its rows come out as they are known. */
export interface Case {
  name: string;
  /** What a reader needs to judge the figures: what ours does, what its peers do. */
  notes: readonly string[];
  /** Why rows miss their targets, by the row's name, where that is known. */
  why?: Readonly<Record<string, string>>;
  /** Whether its targets are for full inputs only, so that they say nothing of a quick run. */
  scales?: boolean;
  measure(settings: Settings): AsyncIterable<Row>;
}

/** One of those that take turns. */
export interface Contender {
  name: string;
  /** Before each run, unmeasured. */
  prepare?(): Promise<unknown>;
  run(): Promise<Run>;
}

/** Runs all of them in turn, several times over. @returns the runs of each, in the order of the contenders */
export async function inTurn(
  contenders: readonly Contender[],
  runs: number,
  { say }: Settings,
): Promise<Run[][]> {
  const results: Run[][] = contenders.map(() => []);
  for (let round = 1; round <= runs; round++) {
    for (const [index, { name, prepare, run }] of contenders.entries()) {
      await prepare?.();
      const result = await run();
      results[index]?.push(result);
      const memory = result.mebibytes === undefined ? '' : `, ${result.mebibytes.toFixed(0)} MiB`;
      say(`${round}/${runs} ${name}: ${result.seconds.toFixed(3)} s${memory}`);
    }
  }
  return results;
}

export function secondsOf(runs: readonly Run[] = []) {
  return { unit: 's', values: runs.map(({ seconds }) => seconds) } as const;
}

export function millisecondsOf(runs: readonly Run[] = []) {
  return { unit: 'ms', values: runs.map(({ seconds }) => seconds * 1000) } as const;
}

export function memoryOf(runs: readonly Run[] = []) {
  return { unit: 'MiB', values: runs.map(({ mebibytes = Number.NaN }) => mebibytes) } as const;
}
