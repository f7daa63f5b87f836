/** A segment is filled up to this share, so that most movies are found where they are first looked for. */
const FULLEST = 0.8;
/** Each segment has sixteen times the slots of the one before, up to the most. Powers of two. */
const FIRST_SLOTS = 2 ** 10;
const GROWTH = 2 ** 4;
const MOST_SLOTS = 2 ** 18;

/**
 * Where each movie of a silver stood, and whether it was seen since, in memory that threads share: 13 bytes a slot, 17 MB
 * for a million movies. Filled by one thread; then all look up and mark. It grows by one more table of open addressing,
 * and never moves what it has: memory that threads share comes back late.
 */
export class Standings {
  readonly #segments: Segment[];
  /** Where the last movie was found: those of today come much in the order of those before. */
  #likely = 0;

  /** @param shared what `shared` of a full one is; else an empty one is begun */
  constructor(shared: readonly SharedArrayBuffer[] = []) {
    this.#segments = shared.map((memory) => new Segment(memory));
  }

  /** Its memory, for other threads. */
  get shared(): SharedArrayBuffer[] {
    return this.#segments.map(({ memory }) => memory);
  }

  set(id: number, rank: number): void {
    (this.#with(id) ?? this.#open()).set(id, rank);
  }

  /** The rank of a movie that is seen now, undefined when it was not on the list. */
  see(id: number): number | undefined {
    return this.#with(id)?.see(id);
  }

  /** Whether a movie was at this rank and was not seen. */
  isMissing(id: number, rank: number): boolean {
    return this.#with(id)?.isMissing(id, rank) ?? false;
  }

  /** Whether any movie up to this rank was not seen. */
  hasMissing(lastRank: number): boolean {
    return this.#segments.some((segment) => segment.hasMissing(lastRank));
  }

  #with(id: number): Segment | undefined {
    const segments = this.#segments;
    for (let tried = 0; tried < segments.length; tried++) {
      const segment = segments[this.#likely] as Segment;
      if (segment.has(id)) return segment;
      this.#likely = (this.#likely + 1) % segments.length;
    }
    return undefined;
  }

  /** The segment that has room. */
  #open(): Segment {
    const newest = this.#segments.at(-1);
    if (newest && !newest.isFull) return newest;
    const segment = Segment.empty(newest ? Math.min(MOST_SLOTS, newest.slots * GROWTH) : FIRST_SLOTS);
    this.#segments.push(segment);
    return segment;
  }
}

/** Beside the upper bits of an id. */
const SEEN = 0x80;
const LOWER = 2 ** 32;
const BYTES_PER_SLOT = 13;

/** A table of open addressing: the lower 32 bits of ids, ranks, and the upper bits with the mark, 0 where no movie is. */
class Segment {
  readonly slots: number;
  readonly #ids: Uint32Array;
  readonly #ranks: Float64Array;
  readonly #marked: Uint8Array;
  #size = 0;

  static empty(slots: number): Segment {
    return new Segment(new SharedArrayBuffer(slots * BYTES_PER_SLOT));
  }

  constructor(readonly memory: SharedArrayBuffer) {
    const slots = memory.byteLength / BYTES_PER_SLOT;
    this.slots = slots;
    this.#ranks = new Float64Array(memory, 0, slots);
    this.#ids = new Uint32Array(memory, 8 * slots, slots);
    this.#marked = new Uint8Array(memory, 12 * slots, slots);
  }

  get isFull(): boolean {
    return this.#size >= FULLEST * this.slots;
  }

  has(id: number): boolean {
    return this.#marked[this.#slotOf(id)] !== 0;
  }

  set(id: number, rank: number): void {
    const slot = this.#slotOf(id);
    if (this.#marked[slot] === 0) this.#size++;
    this.#ids[slot] = id % LOWER;
    this.#marked[slot] = id / LOWER;
    this.#ranks[slot] = rank;
  }

  /** Marks a movie that it has. @returns its rank */
  see(id: number): number {
    const slot = this.#slotOf(id);
    // One byte, and the same one whoever writes it: threads cannot disturb each other.
    this.#marked[slot] = (this.#marked[slot] as number) | SEEN;
    return this.#ranks[slot] as number;
  }

  isMissing(id: number, rank: number): boolean {
    const slot = this.#slotOf(id);
    return isUnseen(this.#marked[slot] as number) && this.#ranks[slot] === rank;
  }

  hasMissing(lastRank: number): boolean {
    return this.#marked.some((mark, slot) => isUnseen(mark) && (this.#ranks[slot] as number) <= lastRank);
  }

  /** The slot that has the id, or the one where it would go. */
  #slotOf(id: number): number {
    const [ids, marked] = [this.#ids, this.#marked];
    const [lower, upper] = [id % LOWER, Math.floor(id / LOWER)];
    const last = this.slots - 1;
    let slot = scattered(lower) & last;
    while (marked[slot] !== 0 && (ids[slot] !== lower || ((marked[slot] as number) & ~SEEN) !== upper))
      slot = (slot + 1) & last;
    return slot;
  }
}

function isUnseen(mark: number): boolean {
  return mark !== 0 && mark < SEEN;
}

/** 32 bits in which neighbours are far apart (Knuth's multiplicative hashing; the upper half is the better one). */
function scattered(id: number): number {
  const product = Math.imul(id, 0x9e3779b1);
  return product ^ (product >>> 15);
}
