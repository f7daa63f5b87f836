import type { Clock } from './clock.js';
import type { Dice } from './dice.js';
import type { Counted, FaultKind, Scenario } from './scenario.js';

/** Decides what goes wrong, and counts it. From the calm on nothing does. */
export class Faults {
  readonly counts = new Map<Counted, number>();
  readonly #calm: number;

  constructor(
    private readonly scenario: Scenario,
    private readonly clock: Clock,
    private readonly dice: Dice,
    private readonly note: (kind: Counted) => void,
  ) {
    this.#calm = clock.now + scenario.calmAfter * 60_000;
  }

  get areOver(): boolean {
    return this.clock.now >= this.#calm;
  }

  /** Until when it is not yet calm, in milliseconds from now. */
  get left(): number {
    return Math.max(0, this.#calm - this.clock.now);
  }

  strikes(kind: FaultKind): boolean {
    if (this.areOver || !this.dice.chance(this.scenario.faults[kind])) return false;
    this.count(kind);
    return true;
  }

  count(kind: Counted): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.note(kind);
  }
}
