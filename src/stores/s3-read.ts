import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Etag } from './store.js';

export interface OpenedObject {
  body: Readable;
  etag: Etag;
  /** Bytes of the body. */
  length: number;
  /** What part of the object it is, if it is not all of it: `bytes 5-9/10`. */
  range: string | undefined;
}

/** How often a body may break off without a byte of progress in between. */
const MOST_BREAKS = 4;
const FIRST_PAUSE_MS = 100;

/**
 * The body of an object. Where it breaks off, the rest is asked for, as long as the object is the same.
 * @param from opens the object with this etag from a byte on
 * @param errorOf makes an error of ours of why it broke off for good
 */
export function resumed(
  object: OpenedObject,
  from: (start: number, etag: Etag) => Promise<OpenedObject | undefined>,
  errorOf: (error: unknown) => Error,
): Readable {
  const rest = async (start: number): Promise<Readable> => {
    const opened = await from(start, object.etag);
    if (opened?.range?.startsWith(`bytes ${start}-`)) return opened.body;
    opened?.body.destroy();
    throw new Error(opened ? 'the rest cannot be had' : 'the object is gone');
  };
  async function* bytes(): AsyncGenerator<Buffer> {
    let at = 0;
    let body: Readable | undefined = object.body;
    for (let breaks = 0; ; ) {
      try {
        body ??= await rest(at);
        for await (const chunk of body) {
          at += (chunk as Buffer).length;
          breaks = 0;
          yield chunk as Buffer;
        }
        return;
      } catch (error) {
        // With all bytes here it is not the connection: they are not what was put.
        if (++breaks === MOST_BREAKS || at >= object.length) throw errorOf(error);
        body = undefined;
        await sleep(FIRST_PAUSE_MS * 2 ** breaks);
      }
    }
  }
  return Readable.from(bytes(), { objectMode: false }).once('close', () => object.body.destroy());
}
