import type { Body } from './store.js';

/** A body that is known in full, or the stream of one that is larger. */
export type Gathered = { whole: Buffer } | { stream: AsyncIterable<Buffer> };

/** A failure of what is put, not of S3. */
export class SourceError extends Error {
  constructor(cause: unknown) {
    super('the source of the body failed', { cause });
  }
}

/**
 * Reads a body up to a number of bytes. What was read is the beginning of the stream.
 * @throws SourceError, from here or from the stream, with what the body threw
 */
export async function gather(body: Body, most: number): Promise<Gathered> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { whole: bytesOf(body) };
  const chunks = buffersOf(body);
  const gathered: Buffer[] = [];
  for (let bytes = 0; bytes <= most; ) {
    const next = await chunks.next();
    if (next.done) return { whole: Buffer.concat(gathered) };
    gathered.push(next.value);
    bytes += next.value.length;
  }
  return { stream: joined(gathered, chunks) };
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

async function* buffersOf(body: AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield bytesOf(chunk);
  } catch (error) {
    throw new SourceError(error);
  }
}

async function* joined(gathered: Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* gathered.splice(0);
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
