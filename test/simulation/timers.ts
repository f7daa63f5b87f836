import type { Clock } from './clock.js';
import type { Dice } from './dice.js';

/**
 * What the bundle of a simulation has instead of Node's timers and `Math.random`, so that the pauses of our own code
 * and of the libraries in it pass in simulated time. One schedule runs at a time.
 */
let clock: Clock | undefined;
let dice: Dice | undefined;

export function useTimers(simulated: { clock: Clock; dice: Dice } | undefined): void {
  clock = simulated?.clock;
  dice = simulated?.dice;
}

function running(): Clock {
  if (!clock) throw new Error('no schedule is running');
  return clock;
}

type Timer = ReturnType<Clock['after']>;

export function setTimeout(action: () => void, milliseconds = 0): Timer {
  return running().after(milliseconds, action);
}

export function clearTimeout(timer: Timer | undefined): void {
  if (timer) running().cancel(timer);
}

/** As that of `node:timers/promises`, for code whose signal is never aborted. */
export function sleep<Value>(milliseconds?: number, value?: Value): Promise<Value> {
  return running()
    .wait(milliseconds ?? 0)
    .then(() => value as Value);
}

export function simulatedRandom(): number {
  return dice?.next() ?? 0.5;
}

export function simulatedNow(): number {
  return clock?.now ?? 0;
}
