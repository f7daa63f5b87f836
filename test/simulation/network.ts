import type { Actor } from './actor.js';
import { type Clock, MINUTE_MS } from './clock.js';
import type { Dice } from './dice.js';
import type { Faults } from './faults.js';

const never = new Promise<never>(() => {});

/** Carries requests to what is shared, and answers back. Between the two, anybody else may be faster. */
export class Network {
  constructor(
    private readonly clock: Clock,
    private readonly dice: Dice,
    private readonly faults: Faults,
  ) {}

  /** One request that is not lost. Its sender may be killed before it leaves, on the way, or before the answer. */
  async call<Answer>(sender: Actor, effect: () => Answer): Promise<Answer> {
    if (sender.dead) return never;
    const mayCrash = !sender.isImmortal && this.faults.strikes('crash');
    const crash = mayCrash ? this.dice.between(0, 2) : undefined;
    if (crash === 0) {
      sender.kill();
      return never;
    }
    const way = this.clock.wait(this.#latency());
    if (crash === 1) sender.kill();
    await way;
    const answer = attempt(effect);
    if (crash === 2) sender.kill();
    await this.clock.wait(this.#latency());
    if (sender.dead) return never;
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  /** A request that the sender gives up; it may arrive all the same, then or much later. */
  async lose(sender: Actor, effect: (() => unknown) | undefined, late: boolean): Promise<void> {
    if (sender.dead) return never;
    if (effect) {
      const delay = late ? this.dice.between(1, 30) * MINUTE_MS * this.dice.next() : this.#latency();
      this.clock.after(delay, () => void attempt(effect));
    }
    await this.clock.wait(this.dice.between(1, 6) * 1000);
    return sender.dead ? never : undefined;
  }

  /** Waits as the process that does so: a killed one never goes on. */
  async pause(sender: Actor, milliseconds: number): Promise<void> {
    await this.clock.wait(milliseconds);
    return sender.dead ? never : undefined;
  }

  #latency(): number {
    return this.faults.strikes('slow call') ? this.dice.between(1, 20 * MINUTE_MS) : this.dice.between(1, 60);
  }
}

function attempt<Answer>(effect: () => Answer): { value: Answer } | { error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}
