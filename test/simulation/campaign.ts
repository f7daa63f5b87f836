import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { bundleSimulation, type Patch } from './bundle.js';
import type { Counted } from './scenario.js';
import type { Result } from './simulate.js';

export interface Campaign {
  seeds: number;
  steps: number;
  /** Injected faults by kind, most first. */
  faults: [kind: Counted, times: number][];
  seconds: number;
  /** The smallest seed whose schedule breaks a promise. */
  failure: Failure | undefined;
}

export interface Failure {
  seed: number;
  promise: string;
  how: string;
}

interface Options {
  first?: number;
  last: number;
  /** What is broken on purpose. */
  patches?: readonly Patch[];
  threads?: number;
  /** Called now and then with how many seeds are done. */
  onProgress?: (done: number) => void;
}

type Told = Pick<Result, 'seed' | 'steps' | 'faults' | 'broken'>;

/** Runs every seed from the first to the last, on all cores, or up to the first that breaks a promise. */
export async function runSeeds({
  first = 1,
  last,
  patches = [],
  onProgress,
  ...options
}: Options): Promise<Campaign> {
  const { threads = Math.min(availableParallelism(), 4) } = options;
  const { url, remove } = await bundleSimulation(patches);
  const started = performance.now();
  const counts = new Map<Counted, number>();
  let steps = 0;
  let done = 0;
  let failure: Failure | undefined;
  const work = (thread: number) =>
    new Promise<void>((resolve, reject) => {
      const share = { first: first + thread, last, step: threads };
      // Not with what tap or tsx preload: the bundle is plain JavaScript.
      const plain = { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } };
      const worker = new Worker(new URL(url), { ...plain, workerData: share });
      worker.on('message', (told: Told) => {
        done++;
        steps += told.steps;
        for (const [kind, times] of told.faults) counts.set(kind, (counts.get(kind) ?? 0) + times);
        if (told.broken && (!failure || told.seed < failure.seed))
          failure = { seed: told.seed, ...told.broken };
        // The other threads go on up to it: theirs may be a smaller one.
        if (failure && told.seed >= failure.seed) void worker.terminate();
        if (done % 500 === 0) onProgress?.(done);
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  try {
    await Promise.all(Array.from({ length: threads }, (_, thread) => work(thread)));
  } finally {
    await remove();
  }
  const faults = [...counts].sort(([, a], [, b]) => b - a);
  return { seeds: done, steps, faults, seconds: (performance.now() - started) / 1000, failure };
}

/** What a campaign came to, in lines. */
export function describe({ seeds, steps, faults, seconds, failure }: Campaign): string[] {
  const injected = faults.reduce((sum, [, times]) => sum + times, 0);
  const lines = [
    `${seeds} seeds, ${steps} steps, ${injected} faults in ${seconds.toFixed(0)} s`,
    ...faults.map(([kind, times]) => `${String(times).padStart(9)} ${kind}`),
  ];
  if (failure) lines.push(`seed ${failure.seed} breaks: ${failure.how}`, replayOf(failure.seed));
  return lines;
}

export function replayOf(seed: number): string {
  return `replay it with: npm run simulate -- --seed ${seed}`;
}
