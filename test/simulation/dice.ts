import fc from 'fast-check';

const SIDES = 2 ** 31;

/** Every choice of a schedule that the scenario leaves open. The same seed gives the same choices. */
export class Dice {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;

  constructor(seed: number) {
    const throws = fc.noBias(fc.infiniteStream(fc.nat({ max: SIDES - 1 }), { noHistory: true }));
    const [stream] = fc.sample(throws, { seed, numRuns: 1 });
    this.next = () => (stream?.next().value ?? 0) / SIDES;
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** A whole number from the least to the most, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)] as Item;
  }
}
