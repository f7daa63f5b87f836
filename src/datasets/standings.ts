/** A table is filled up to this share, so that most movies are found where they are first looked for. */
const FULLEST = 0.6;
const FIRST_SLOTS = 1024;

/**
 * Where each movie of a silver stood, and whether it was seen since. 17 bytes a slot in memory that threads share: an
 * open-addressing table of ids as numbers, ranks, and marks. Filled by one thread; then all look up and mark.
 */
export class Standings {
  #size = 0;
  #slots: number;
  #shared: SharedArrayBuffer;
  #ids: Float64Array;
  #ranks: Float64Array;
  #marks: Uint8Array;

  /** @param shared what `shared` of a full table is; else an empty one is begun */
  constructor(shared = memoryFor(FIRST_SLOTS)) {
    this.#shared = shared;
    this.#slots = shared.byteLength / BYTES_PER_SLOT;
    [this.#ids, this.#ranks, this.#marks] = columnsOf(shared);
  }

  /** The memory of the table, for other threads. It is another one after the table grew. */
  get shared(): SharedArrayBuffer {
    return this.#shared;
  }

  set(id: number, rank: number): void {
    const slot = this.#slotOf(id);
    if (this.#ids[slot] === 0 && ++this.#size > FULLEST * this.#slots) {
      this.#grow();
      this.#put(this.#slotOf(id), id, rank);
    } else this.#put(slot, id, rank);
  }

  /** The rank of a movie that is seen now, undefined when it was not on the list. */
  see(id: number): number | undefined {
    const slot = this.#slotOf(id);
    if (this.#ids[slot] === 0) return undefined;
    // One byte, and the same one whoever writes it: threads cannot disturb each other.
    this.#marks[slot] = 1;
    return this.#ranks[slot];
  }

  /** Whether a movie was at this rank and was not seen. */
  isMissing(id: number, rank: number): boolean {
    const slot = this.#slotOf(id);
    return this.#ids[slot] === id && this.#ranks[slot] === rank && this.#marks[slot] === 0;
  }

  /** Whether any movie up to this rank was not seen. */
  hasMissing(lastRank: number): boolean {
    return this.#ids.some(
      (id, slot) => id !== 0 && this.#marks[slot] === 0 && (this.#ranks[slot] as number) <= lastRank,
    );
  }

  #put(slot: number, id: number, rank: number): void {
    this.#ids[slot] = id;
    this.#ranks[slot] = rank;
  }

  /** The slot that has the id, or the one where it would go. */
  #slotOf(id: number): number {
    const last = this.#slots - 1;
    let slot = scattered(id) & last;
    for (let found = this.#ids[slot]; found !== id && found !== 0; found = this.#ids[slot])
      slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const [ids, ranks] = [this.#ids, this.#ranks];
    this.#slots *= 2;
    this.#shared = memoryFor(this.#slots);
    [this.#ids, this.#ranks, this.#marks] = columnsOf(this.#shared);
    for (const [slot, id] of ids.entries()) {
      if (id !== 0) this.#put(this.#slotOf(id), id, ranks[slot] as number);
    }
  }
}

/** 32 bits in which neighbours are far apart (Knuth's multiplicative hashing; the upper half is the better one). */
function scattered(id: number): number {
  const product = Math.imul(id % 2 ** 32, 0x9e3779b1);
  return product ^ (product >>> 15);
}

const BYTES_PER_SLOT = 17;

function memoryFor(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * BYTES_PER_SLOT);
}

function columnsOf(shared: SharedArrayBuffer): [Float64Array, Float64Array, Uint8Array] {
  const slots = shared.byteLength / BYTES_PER_SLOT;
  return [
    new Float64Array(shared, 0, slots),
    new Float64Array(shared, 8 * slots, slots),
    new Uint8Array(shared, 16 * slots, slots),
  ];
}
