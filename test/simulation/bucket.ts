import { createHash } from 'node:crypto';

export interface StoredObject {
  body: Buffer;
  etag: string;
  metadata: Record<string, string>;
}

/** Told of every object that is put, right when it stands. */
export type Watcher = (key: string, now: StoredObject, before: StoredObject | undefined) => void;

/** What stands in a bucket, or in a directory. Each method is one moment. */
export class Bucket {
  readonly objects = new Map<string, StoredObject>();
  /** In order. */
  readonly #keys: string[] = [];
  readonly #watchers: Watcher[] = [];

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  put(key: string, body: Buffer | string, metadata: Record<string, string> = {}): StoredObject {
    const before = this.objects.get(key);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const object = { body: bytes, etag: createHash('sha1').update(bytes).digest('hex'), metadata };
    this.objects.set(key, object);
    if (!before) this.#keys.splice(this.#position(key), 0, key);
    for (const watcher of this.#watchers) watcher(key, object, before);
    return object;
  }

  delete(key: string): void {
    if (this.objects.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  /**
   * A page of a listing, as S3 has it (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
   * @param after names the last entry of the page before
   */
  page({ prefix, delimiter, after, most, hidden = () => false }: PageRequest): {
    names: string[];
    isLast: boolean;
  } {
    const names: string[] = [];
    let position = this.#position(after === undefined ? prefix : endOf(after));
    for (; position < this.#keys.length; ) {
      const key = this.#keys[position] as string;
      if (!key.startsWith(prefix)) break;
      if (hidden(key)) {
        position++;
        continue;
      }
      if (names.length === most) return { names, isLast: false };
      const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      const name = end === -1 ? key : key.slice(0, end + 1);
      names.push(name);
      position = end === -1 ? position + 1 : this.#position(endOf(name));
    }
    return { names, isLast: true };
  }

  /** Where a key is, or would be. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface PageRequest {
  prefix: string;
  delimiter?: string | undefined;
  after?: string | undefined;
  most: number;
  /** Keys that are as if they were not there. */
  hidden?: (key: string) => boolean;
}

/** Behind a key, and behind all that begin with a shared prefix. */
function endOf(name: string): string {
  return name.endsWith('/') ? `${name}\uffff` : `${name}\u0000`;
}
