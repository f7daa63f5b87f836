import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { simulate } from './simulate.js';

export { simulate, simulateScenario } from './simulate.js';

/** Which seeds a thread runs: from the first on, every so manieth, up to the last. */
export interface Share {
  first: number;
  last: number;
  step: number;
}

if (!isMainThread && parentPort && isShare(workerData)) {
  // Stack traces are most of what an error costs, and nobody reads them here: a seed can be run again.
  Error.stackTraceLimit = 0;
  const { first, last, step } = workerData;
  for (let seed = first; seed <= last; seed += step) {
    const { steps, faults, broken } = await simulate(seed);
    parentPort.postMessage({ seed, steps, faults, broken });
  }
}

function isShare(data: unknown): data is Share {
  return typeof data === 'object' && data !== null && 'first' in data;
}
