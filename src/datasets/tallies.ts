import { detached } from '../records/text.js';

/** A sum goes on in the next of these before it is no longer exact: below 2^53 with any number below 10^15. */
const SPILL = 2 ** 52;
const FIRST_KEYS = 64;

/** A sum is so many numbers: how many were added, the rest below SPILL, and how often SPILL was passed. */
const SUM_WIDTH = 3;

/** What tallies came to, for another thread. */
export interface TalliesState<Key> {
  keys: Key[];
  numbers: Float64Array;
}

/**
 * How many movies each key has, and exact sums of non-negative whole numbers below 10^15, however many. All numbers
 * are in one array: cheap to add to, to move to another thread, and to merge.
 */
export class Tallies<Key extends string | number> {
  readonly #width: number;
  readonly #places = new Map<Key, number>();
  #numbers: Float64Array;

  /** @param sums how many sums each key has */
  constructor(sums: number) {
    this.#width = 1 + SUM_WIDTH * sums;
    this.#numbers = new Float64Array(FIRST_KEYS * this.#width);
  }

  get size(): number {
    return this.#places.size;
  }

  /** Counts a movie. @returns the key's place, for `add` */
  count(key: Key, movies = 1): number {
    const place = this.#places.get(key) ?? this.#newPlace(key);
    this.#numbers[place] = (this.#numbers[place] as number) + movies;
    return place;
  }

  /** Adds to one of the sums at a place. Null is not counted. */
  add(place: number, sum: number, value: number | null): void {
    if (value !== null) this.#addSum(place + 1 + SUM_WIDTH * sum, 1, value, 0);
  }

  state(): TalliesState<Key> {
    return { keys: [...this.#places.keys()], numbers: this.#numbers.slice(0, this.size * this.#width) };
  }

  merge({ keys, numbers }: TalliesState<Key>): void {
    for (const [index, key] of keys.entries()) {
      const from = index * this.#width;
      const place = this.count(key, numbers[from]);
      for (let at = 1; at < this.#width; at += SUM_WIDTH) {
        const [count, rest, spills] = numbers.subarray(from + at, from + at + SUM_WIDTH);
        this.#addSum(place + at, count as number, rest as number, spills as number);
      }
    }
  }

  /** What each key came to. */
  *entries(): Generator<[Key, Tally]> {
    for (const [key, place] of this.#places)
      yield [key, new Tally(this.#numbers.subarray(place, place + this.#width))];
  }

  /** Both rests are below SPILL, so that their sum is exact. */
  #addSum(at: number, count: number, rest: number, spills: number): void {
    const numbers = this.#numbers;
    const sum = (numbers[at + 1] as number) + rest;
    const isOver = sum >= SPILL;
    numbers[at] = (numbers[at] as number) + count;
    numbers[at + 1] = isOver ? sum - SPILL : sum;
    if (isOver || spills > 0) numbers[at + 2] = (numbers[at + 2] as number) + spills + (isOver ? 1 : 0);
  }

  #newPlace(key: Key): number {
    const place = this.size * this.#width;
    if (place === this.#numbers.length) {
      const grown = new Float64Array(2 * place);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    // The text may be cut out of a large piece of the file, which is not to be kept.
    this.#places.set((typeof key === 'string' ? detached(key) : key) as Key, place);
    return place;
  }
}

/** What one key came to. */
export class Tally {
  constructor(private readonly numbers: Float64Array) {}

  get movies(): number {
    return this.numbers[0] as number;
  }

  /** How many numbers a sum is of. */
  counted(sum: number): number {
    return this.numbers[1 + SUM_WIDTH * sum] as number;
  }

  /** A sum in digits. Null when nothing was added. */
  sum(sum: number): string | null {
    return this.counted(sum) === 0 ? null : this.#exact(sum).toString();
  }

  /**
   * The average of what was added, half-up to two decimals: "8.53". Null when nothing was added.
   * @param scale what one is in these numbers
   */
  average(sum: number, scale = 1): string | null {
    const count = this.counted(sum);
    if (count === 0) return null;
    const divisor = BigInt(scale) * BigInt(count);
    const hundredths = (200n * this.#exact(sum) + divisor) / (2n * divisor);
    const digits = hundredths.toString().padStart(3, '0');
    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
  }

  #exact(sum: number): bigint {
    const at = 1 + SUM_WIDTH * sum;
    return BigInt(SPILL) * BigInt(this.numbers[at + 2] as number) + BigInt(this.numbers[at + 1] as number);
  }
}
