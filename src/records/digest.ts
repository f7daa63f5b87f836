import { createHash } from 'node:crypto';

/** The sha256 of a text in UTF-8 or of bytes, in lower-case hex. */
export function sha256(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Passes chunks on and takes their sha256 on the way. */
export class Digest {
  readonly #hash = createHash('sha256');

  async *through<Chunk extends string | Uint8Array>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  /** The digest in lower-case hex; call it once, after the last chunk. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
