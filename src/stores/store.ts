import type { Readable } from 'node:stream';

/** Where large bodies go up in parts, a streamed one up to this size does not; else each part has it. Bytes. */
export const PART_BYTES = 8 * 1024 * 1024;

/** Names one content of an object: equal etags mean equal bytes. */
export type Etag = string;

/** What is put: a text, bytes, or pieces of either as they come. */
export type Body = string | Buffer | AsyncIterable<string | Buffer>;

/** A put happens only if the object is absent, or only if it still is the one with this etag. */
export type Condition = { ifAbsent: true } | { ifMatch: Etag };

/**
 * `written`: the object that stands is the one that was put, also when the acknowledgement got lost on the way.
 * `conflict`: the condition did not hold; nothing was changed.
 */
export type PutOutcome = 'written' | 'conflict';

/** A missing key is an answer (`undefined`), never an error. Any other failure is an error with its cause. */
export interface ObjectReader {
  get(key: string): Promise<{ body: Buffer; etag: Etag } | undefined>;
  /** As `get`, for a large object: the body arrives while it is read. Read it to its end, or destroy it. */
  read(key: string): Promise<{ body: Readable } | undefined>;
  head(key: string): Promise<{ etag: Etag } | undefined>;
}

/** The part of a store that finds keys. */
export interface ObjectLister {
  /**
   * Every key that begins with the prefix, in lexical order of UTF-8, however many pages that takes.
   * With a delimiter, keys that share a part up to the next `/` are one entry that ends in `/`.
   * Temporary files and empty directories are never shown.
   */
  list(prefix: string, options?: { delimiter: '/' }): AsyncIterable<string>;
}

/** The part of a store that puts objects. */
export interface ObjectWriter {
  /** Whole or not at all, also when the process is killed in the middle; no reader sees half an object. */
  put(key: string, body: Body, condition?: Condition): Promise<PutOutcome>;
}

/**
 * One layer's objects under a base URI. One conformance suite (test/support/store-suite.ts) holds every driver
 * to these words.
 */
export interface Store extends ObjectReader, ObjectLister, ObjectWriter {
  readonly uri: string;
}

/** The condition under which a put replaces just what was seen before: this object, or none. */
export function unchangedSince(seen: { etag: Etag } | undefined): Condition {
  return seen ? { ifMatch: seen.etag } : { ifAbsent: true };
}
