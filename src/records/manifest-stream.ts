import { DecodeError } from '../errors.js';
import { decode, JSON_LIMITS, JSON_MARKS, parseJson } from './decode.js';
import { numberOf } from './imdb-id.js';
import { ManifestHead } from './manifest.js';
import { compareMovies, ListItem } from './movie-list.js';

const { QUOTE, BACKSLASH, SQUARE_OPEN, SQUARE_CLOSE, CURLY_OPEN, CURLY_CLOSE } = JSON_MARKS;

/** Far more than a list item has; what is longer was not cut where it should be. */
const MAX_PIECE_BYTES = 8 * 1024 * 1024;

/**
 * The movies of a manifest one after the other while it is read, and what is around them at the end, when the whole of
 * it was checked as `Manifest` checks it.
 * @param place what is read, for the error
 * @throws DecodeError where it cannot be read
 */
export async function* manifestMovies(
  manifest: AsyncIterable<Buffer>,
  place: string,
): AsyncGenerator<ListItem, ManifestHead, undefined> {
  const pieces = new Pieces(place);
  const ids = new Set<number>();
  let before: ListItem | undefined;
  let count = 0;
  for await (const chunk of manifest) {
    for (const entry of pieces.endingIn(chunk)) {
      const movie = decode(ListItem, entry, `${place}: movies.${count}`);
      if (before && compareMovies(before, movie) > 0)
        throw new DecodeError(`${place}: movies: are not in rank order`);
      if (ids.size === ids.add(numberOf(movie.id)).size)
        throw new DecodeError(`${place}: movies: have an id twice`);
      before = movie;
      count++;
      yield movie;
    }
  }
  const head = decode(ManifestHead, pieces.around(), place);
  if (head.batches !== Math.ceil(count / head.batchSize))
    throw new DecodeError(`${place}: batches: does not fit the movies and the batch size`);
  return head;
}

/** What is before the list, and in how many bytes. */
const KEY = /[{,]\s*"movies"\s*:\s*$/;
const KEY_BYTES = 64;

/**
 * Cuts JSON text behind the entries of the list `movies` in its outermost object. It only follows strings and brackets:
 * whether the pieces are JSON is `JSON.parse`'s to say, which reads them all, in a third to a twentieth of the time that
 * a parser in JavaScript takes.
 */
class Pieces {
  readonly #around: Buffer[] = [];
  #bytes = 0;
  /** What was read and is in no piece yet, from `#begin` on; whole entries go up to `#end`. */
  #text: Buffer = Buffer.alloc(0);
  #begin = 0;
  #end = 0;
  #depth = 0;
  #inString = false;
  #inList = false;
  #isFirst = true;
  /** How many bytes to come belong to an escape that has begun. */
  #escaped = 0;

  constructor(private readonly place: string) {}

  /** The entries that end in a chunk. */
  endingIn(chunk: Buffer): unknown[] {
    const entries: unknown[] = [];
    let at = this.#append(chunk) + this.#escaped;
    const text = this.#text;
    let inString = this.#inString;
    for (; at < text.length; at++) {
      const byte = text[at];
      if (inString) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === CURLY_OPEN || byte === SQUARE_OPEN) this.#open(at, byte === SQUARE_OPEN);
      else if (byte === CURLY_CLOSE || byte === SQUARE_CLOSE) entries.push(...this.#close(at));
    }
    this.#escaped = at - text.length;
    this.#inString = inString;
    if (this.#inList) entries.push(...this.#whole());
    else this.#leave(Math.max(this.#begin, text.length - KEY_BYTES));
    return entries;
  }

  /** What is around the entries, once all was read. */
  around(): unknown {
    return parseJson(Buffer.concat([...this.#around, this.#text.subarray(this.#begin)]), this.place);
  }

  /** @returns where in the text the chunk begins */
  #append(chunk: Buffer): number {
    const open = this.#text.subarray(this.#begin);
    this.#bytes += chunk.length;
    if (this.#bytes > JSON_LIMITS.bytes)
      throw new DecodeError(`${this.place} is longer than ${JSON_LIMITS.bytes} bytes`);
    if (open.length > MAX_PIECE_BYTES)
      throw new DecodeError(`${this.place}: movies: one is longer than ${MAX_PIECE_BYTES} bytes`);
    this.#text = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
    this.#begin = 0;
    this.#end = 0;
    return open.length;
  }

  #open(at: number, isSquare: boolean): void {
    if (++this.#depth > JSON_LIMITS.depth)
      throw new DecodeError(`${this.place} is nested deeper than ${JSON_LIMITS.depth} levels`);
    if (this.#depth !== 2 || !isSquare) return;
    const before = this.#text.toString('latin1', Math.max(this.#begin, at - KEY_BYTES), at);
    if (!KEY.test(before)) return;
    this.#leave(at + 1);
    this.#inList = true;
  }

  /** @returns the last entries, where the list ends */
  #close(at: number): unknown[] {
    this.#depth--;
    if (!this.#inList || this.#depth > 2) return [];
    this.#end = this.#depth === 2 ? at + 1 : at;
    if (this.#depth === 2) return [];
    this.#inList = false;
    return this.#whole();
  }

  #leave(end: number): void {
    this.#around.push(this.#text.subarray(this.#begin, end));
    this.#begin = end;
    this.#end = end;
  }

  /** The entries that are there as a whole. All but the first begin behind a comma. */
  #whole(): unknown[] {
    const text = this.#text.toString('utf8', this.#begin, this.#end);
    if (text === '') return [];
    const isFirst = this.#isFirst;
    this.#begin = this.#end;
    this.#isFirst = false;
    try {
      return isFirst ? JSON.parse(`[${text}]`) : JSON.parse(`[0${text}]`).slice(1);
    } catch {
      // The text up to here ends within its list, so this throws an error that says how it begins.
      return [parseJson(Buffer.concat(this.#around), this.place)];
    }
  }
}
