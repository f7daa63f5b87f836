import { createHash } from 'node:crypto';
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

/** A listing that is put while it is made. It begins with the first rows that it gets, or at the end. */
export class ListingPut {
  readonly #hash = createHash('sha256');
  #rows = 0;
  #begun:
    | { writer: WritableStreamDefaultWriter<Buffer>; put: Promise<PutOutcome>; isOver: boolean }
    | undefined;

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
    const { writer, put } = await this.#begin();
    // The reader may have left, whose verdict is what counts.
    writer.close().catch(() => {});
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
    const { writer, put } = this.#begun;
    writer.abort(error).catch(() => {});
    await put.catch(() => {});
  }

  async #begin() {
    if (this.#begun) return this.#begun;
    // Nothing is kept in between: a write is over when its bytes were taken.
    const { readable, writable } = new TransformStream<Buffer, Buffer>(
      {},
      { highWaterMark: 1 },
      { highWaterMark: 0 },
    );
    const put = this.put(this.key, readable);
    const begun = { writer: writable.getWriter(), put, isOver: false };
    const over = () => {
      begun.isOver = true;
    };
    put.then(over, over);
    this.#begun = begun;
    await this.#write(Buffer.from(csvText([this.listing.columns])));
    return begun;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!this.#begun || bytes.length === 0) return;
    this.#hash.update(bytes);
    const { writer, put, isOver } = this.#begun;
    // A put that is over, in a conflict say, takes nothing more.
    if (isOver) return void (await put);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    await Promise.race([writer.write(chunk).catch(() => put), put]);
  }
}
