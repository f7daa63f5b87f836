const SPILL = 2 ** 52;
/** Decimals are summed as whole millionths, so that no binary fraction gets in. */
const DECIMALS = 6;

/** An exact sum of non-negative whole numbers below 10^15, however many. Null when nothing was added. */
export class Sum {
  #small = 0;
  #large = 0n;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number | null): void {
    if (value === null) return;
    this.#count++;
    this.#small += value;
    if (this.#small > SPILL) this.#spill();
  }

  exact(): bigint {
    return this.#large + BigInt(this.#small);
  }

  /** The sum in digits. */
  value(): string | null {
    return this.#count === 0 ? null : this.exact().toString();
  }

  #spill(): void {
    this.#large += BigInt(this.#small);
    this.#small = 0;
  }
}

/** An exact average, half-up to two decimals: "8.53". Nulls are left out; over nothing it is null. */
export class Average {
  readonly #sum = new Sum();
  readonly #scale: bigint;

  constructor(scale = 1) {
    this.#scale = BigInt(scale);
  }

  add(value: number | null): void {
    this.#sum.add(value);
  }

  value(): string | null {
    if (this.#sum.count === 0) return null;
    const divisor = this.#scale * BigInt(this.#sum.count);
    const hundredths = (200n * this.#sum.exact() + divisor) / (2n * divisor);
    const digits = hundredths.toString().padStart(3, '0');
    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
  }
}

/** An average of decimals given as text, such as ratings. */
export class DecimalAverage {
  readonly #average = new Average(10 ** DECIMALS);

  add(text: string | null): void {
    if (text === null) return;
    const [whole = '0', fraction = ''] = text.split('.');
    this.#average.add(Number(whole) * 10 ** DECIMALS + Number(fraction.padEnd(DECIMALS, '0')));
  }

  value(): string | null {
    return this.#average.value();
  }
}
