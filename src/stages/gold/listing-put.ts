import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { csvText } from '../../csv.js';
import type { Listing } from '../../datasets/dataset.js';
import type { Body, PutOutcome } from '../../stores/store.js';

/** A dataset that is put. */
export interface Output {
  name: string;
  key: string;
  rows: number;
  sha256: string;
  outcome: PutOutcome;
}

type Put = (key: string, body: Body) => Promise<PutOutcome>;

/** A put that takes bytes as they come. */
interface Begun {
  body: Readable;
  put: Promise<PutOutcome>;
  isOver: boolean;
}

/** A listing that is put while it is made. It begins with the first rows that it gets, or at the end. */
export class ListingPut {
  readonly #hash = createHash('sha256');
  #rows = 0;
  #begun: Begun | undefined;
  /** Called when the reader has taken what it was given. */
  #taken = () => {};

  constructor(
    private readonly listing: Listing,
    private readonly key: string,
    private readonly put: Put,
  ) {}

  /** Resolves when the rows were taken. @throws what the put throws */
  async give(bytes: Uint8Array, rows: number): Promise<void> {
    await this.#begin();
    this.#rows += rows;
    await this.#write(bytes);
  }

  async end(): Promise<Output> {
    const { body, put } = await this.#begin();
    body.push(null);
    const { listing, key } = this;
    return {
      name: listing.name,
      key,
      rows: this.#rows,
      sha256: this.#hash.digest('hex'),
      outcome: await put,
    };
  }

  /** Makes the put fail, if it has begun, and waits for that: nothing is left behind. */
  async fail(error: unknown): Promise<void> {
    if (!this.#begun) return;
    const { body, put } = this.#begun;
    body.destroy(error instanceof Error ? error : new Error(String(error)));
    await put.catch(() => {});
  }

  async #begin(): Promise<Begun> {
    if (this.#begun) return this.#begun;
    // Nothing is kept in between: it asks for more when the bytes before were taken.
    const body = new Readable({ highWaterMark: 1, read: () => this.#taken() });
    // The reader may have left, whose verdict is what counts.
    body.on('error', () => {});
    const begun = { body, put: this.put(this.key, body), isOver: false };
    const over = () => {
      begun.isOver = true;
    };
    begun.put.then(over, over);
    this.#begun = begun;
    await this.#write(Buffer.from(csvText([this.listing.columns])));
    return begun;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!this.#begun || bytes.length === 0) return;
    this.#hash.update(bytes);
    const { body, put, isOver } = this.#begun;
    // A put that is over, in a conflict say, takes nothing more.
    if (isOver) return void (await put);
    const taken = new Promise<void>((resolve) => {
      this.#taken = resolve;
    });
    body.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    await Promise.race([taken, put]);
  }
}
