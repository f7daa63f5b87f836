import { buffer } from 'node:stream/consumers';
import type { Test } from 'tap';
import { type Body, type Condition, type Store, unchangedSince } from '../../src/stores/store.js';

/** An empty store, and a way to open the same one a second time, as another process would. */
export interface OpenedStore {
  store: Store;
  again(): Promise<Store>;
}

/** Opens a fresh store for one test; `t` is there for temporary directories and teardown. */
export type OpenStore = (t: Test) => Promise<OpenedStore>;

const MEGABYTE = 1_000_000;
const TOGETHER = 20;

/** Holds a driver to every promise in src/stores/store.ts, through that port alone. */
export async function storeSuite(t: Test, open: OpenStore): Promise<void> {
  await t.test('a missing key is an answer, not an error', async (t) => {
    const { store } = await open(t);
    await isMissing(t, store, 'movies.csv', 'in an empty store');
    await store.put('dt=2026-11-23/movies.csv', 'rank');
    await isMissing(t, store, 'dt=2026-11-23/movies.cs', 'the beginning of another name');
    await isMissing(t, store, 'dt=2026-11-23', 'the folder of another key');
    await isMissing(t, store, 'dt=2026-11-23/movies.csv/part', 'below another key');
    await isMissing(t, store, 'dt=2026-11-23/movies.csv/part/1', 'far below another key');
    await isMissing(t, store, 'dt=2026-11-24/movies.csv', 'in a folder that is not there');
  });

  await t.test('what was put is what is read, byte for byte', async (t) => {
    const { store, again } = await open(t);
    const other = await again();
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const title = Buffer.from('Le Fabuleux Destin d’Amélie 🎬 千と千尋\r\n');
    const large = pattern(6 * MEGABYTE + 7);
    const bodies: Record<string, { put: Body; bytes: Buffer }> = {
      'UTF-8 text': { put: title.toString(), bytes: title },
      'bytes that are no UTF-8': { put: everyByte, bytes: everyByte },
      'empty text': { put: '', bytes: Buffer.alloc(0) },
      'empty bytes': { put: Buffer.alloc(0), bytes: Buffer.alloc(0) },
      'chunks that split a character': { put: chunks(...bytewise(title)), bytes: title },
      'chunks of text and of bytes': {
        put: chunks('é', everyByte, '', '🎬'),
        bytes: mixed('é', everyByte, '🎬'),
      },
      'no chunk at all': { put: chunks(), bytes: Buffer.alloc(0) },
      'a large text': { put: 'é'.repeat(MEGABYTE), bytes: Buffer.from('é'.repeat(MEGABYTE)) },
      'large bytes': { put: large, bytes: large },
      'large chunks': { put: chunks(large, large), bytes: Buffer.concat([large, large]) },
      'many small chunks': { put: chunks(...lines(2000)), bytes: Buffer.from(lines(2000).join('')) },
    };
    for (const [name, { put, bytes }] of Object.entries(bodies)) {
      t.equal(await store.put(name, put), 'written', name);
      await holds(t, store, name, bytes);
      await holds(t, other, name, bytes);
    }
  });

  await t.test('a key may hold any printable character, and 1,024 bytes', async (t) => {
    const { store } = await open(t);
    const keys = [
      'a b/c  d.csv',
      'a+b%20c%2F&d=e?f#g',
      'it\'s (a) [b] {c} ~!@$^,;`|"<>\\',
      'Amélie/千と千尋/🎬',
      '..a/b../.c/d..e',
      'dt=2026-11-23/run=20261123T030000Z/_done/_groups/000',
      `${'long/'.repeat(204)}1024`,
    ];
    for (const key of keys) {
      t.equal(await store.put(key, key), 'written', key);
      await holds(t, store, key, Buffer.from(key));
    }
    t.same(await listed(store, ''), inByteOrder(keys));
  });

  await t.test('equal etags mean equal bytes', async (t) => {
    const { store } = await open(t);
    await store.put('text', 'The Godfather');
    await store.put('bytes', Buffer.from('The Godfather'));
    await store.put('chunks', chunks('The ', 'Godfather'));
    await store.put('other', 'The Godfather ');
    const etag = await etagOf(store, 'text');
    t.equal(await etagOf(store, 'bytes'), etag);
    t.equal(await etagOf(store, 'chunks'), etag);
    t.not(await etagOf(store, 'other'), etag);
    await store.put('text', 'The Godfather');
    t.equal(await etagOf(store, 'text'), etag, 'the same bytes again');
    await store.put('text', 'The godfather');
    t.not(await etagOf(store, 'text'), etag, 'one other byte');
  });

  await t.test('a put without a condition replaces what stands there, all of it', async (t) => {
    const { store, again } = await open(t);
    const other = await again();
    t.equal(await store.put('movies.csv', 'a much longer first version'), 'written');
    t.equal(await other.put('movies.csv', 'short'), 'written');
    await holds(t, store, 'movies.csv', Buffer.from('short'));
    t.same(await listed(store, ''), ['movies.csv']);
  });

  await t.test('a put if absent happens once', async (t) => {
    const { store, again } = await open(t);
    const other = await again();
    t.equal(await store.put('dt=1/_SUCCESS', 'first', { ifAbsent: true }), 'written');
    t.equal(await store.put('dt=1/_SUCCESS', 'second', { ifAbsent: true }), 'conflict');
    t.equal(await other.put('dt=1/_SUCCESS', chunks('thi', 'rd'), { ifAbsent: true }), 'conflict');
    t.equal(await other.put('dt=1/_SUCCESS', pattern(6 * MEGABYTE), { ifAbsent: true }), 'conflict');
    await holds(t, store, 'dt=1/_SUCCESS', Buffer.from('first'));
    t.equal(await other.put('dt=2/_SUCCESS', chunks('fir', 'st'), { ifAbsent: true }), 'written');
    t.equal(await other.put('dt=3/large', pattern(6 * MEGABYTE), { ifAbsent: true }), 'written');
    await holds(t, store, 'dt=2/_SUCCESS', Buffer.from('first'));
    await holds(t, store, 'dt=3/large', pattern(6 * MEGABYTE));
    t.same(await listed(store, ''), ['dt=1/_SUCCESS', 'dt=2/_SUCCESS', 'dt=3/large']);
  });

  await t.test('a put if-match replaces only the object that was seen', async (t) => {
    const { store, again } = await open(t);
    const other = await again();
    await store.put('gold.csv', 'first');
    const first = { ifMatch: await etagOf(store, 'gold.csv') };
    t.equal(await other.put('gold.csv', 'second', first), 'written');
    t.equal(await store.put('gold.csv', 'late', first), 'conflict', 'the etag is of the object before');
    t.equal(await store.put('gold.csv', chunks('la', 'te'), first), 'conflict');
    t.equal(await store.put('gold.csv', 'late', { ifMatch: 'no such etag' }), 'conflict');
    await holds(t, store, 'gold.csv', Buffer.from('second'));
    const second = { ifMatch: await etagOf(store, 'gold.csv') };
    t.equal(await store.put('gold.csv', pattern(6 * MEGABYTE), second), 'written');
    await holds(t, other, 'gold.csv', pattern(6 * MEGABYTE));
  });

  await t.test('a put if-match of an absent key is a conflict', async (t) => {
    const { store } = await open(t);
    await store.put('here/seen', 'first');
    const seen = { ifMatch: await etagOf(store, 'here/seen') };
    t.equal(await store.put('absent', 'late', seen), 'conflict');
    t.equal(await store.put('here/absent', 'late', seen), 'conflict');
    t.equal(await store.put('nowhere/absent', chunks('late'), seen), 'conflict');
    t.same(await listed(store, ''), ['here/seen']);
    await isMissing(t, store, 'here/absent', 'nothing was made');
  });

  await t.test('what was seen is the condition: this object, or none', async (t) => {
    const { store } = await open(t);
    const none = unchangedSince(await store.head('silver.csv'));
    t.equal(await store.put('silver.csv', 'first', none), 'written');
    t.equal(await store.put('silver.csv', 'late', none), 'conflict');
    const first = unchangedSince(await store.head('silver.csv'));
    t.equal(await store.put('silver.csv', 'second', first), 'written');
    t.equal(await store.put('silver.csv', 'late', first), 'conflict');
    await holds(t, store, 'silver.csv', Buffer.from('second'));
  });

  await t.test('a body that fails in the middle leaves what stood there', async (t) => {
    const { store } = await open(t);
    await store.put('dt=1/old', 'old');
    const old = { ifMatch: await etagOf(store, 'dt=1/old') };
    const failures: [string, string, number, Condition | undefined][] = [
      ['the old object', 'dt=1/old', 0, undefined],
      ['the old object', 'dt=1/old', MEGABYTE, undefined],
      ['the old object', 'dt=1/old', 6 * MEGABYTE, undefined],
      ['the old object, if-match', 'dt=1/old', MEGABYTE, old],
      ['no object', 'dt=1/new', 0, undefined],
      ['no object', 'dt=1/new', 6 * MEGABYTE, undefined],
      ['no object, if absent', 'dt=1/new', MEGABYTE, { ifAbsent: true }],
      ['no folder', 'dt=2/new', MEGABYTE, undefined],
    ];
    for (const [left, key, bytes, condition] of failures) {
      const cause = new Error('the source broke off');
      const failed = await failureOf(store.put(key, breaksOff(bytes, cause), condition));
      t.ok(causesOf(failed).includes(cause), `${left} after ${bytes} bytes: an error with its cause`);
      await holds(t, store, 'dt=1/old', Buffer.from('old'));
      t.same(await listed(store, ''), ['dt=1/old']);
    }
    await isMissing(t, store, 'dt=1/new', 'nothing was made');
    t.equal(await store.put('dt=1/new', 'whole', { ifAbsent: true }), 'written', 'a later put goes through');
    t.equal(await store.put('dt=1/old', 'newer', old), 'written');
  });

  await t.test('a reader sees a whole object, the one before or the one after', async (t) => {
    const { store, again } = await open(t);
    const other = await again();
    const versions = ['a', 'b', 'c'].map((letter) => Buffer.alloc(MEGABYTE, letter));
    const isWhole = (body: Buffer) => versions.some((version) => version.equals(body));
    const body = (turn: number) => versions[turn % versions.length] ?? Buffer.alloc(0);
    await store.put('movies.csv', body(0));
    const before = await store.read('movies.csv');
    let writing = true;
    const writer = (async () => {
      for (let turn = 1; turn <= 12; turn++) await store.put('movies.csv', body(turn));
      writing = false;
    })();
    let halves = 0;
    while (writing) {
      const got = await other.get('movies.csv');
      const read = await other.read('movies.csv');
      if (!got || !isWhole(got.body) || !read || !isWhole(await buffer(read.body))) halves++;
    }
    await writer;
    t.equal(halves, 0);
    t.ok(before && isWhole(await buffer(before.body)), 'also when it began to read long ago');
  });

  await t.test('a reader may leave in the middle', async (t) => {
    const { store } = await open(t);
    await store.put('large', pattern(6 * MEGABYTE));
    for (let times = 0; times < 5; times++) {
      const large = await store.read('large');
      for await (const _chunk of large?.body ?? []) break;
      (await store.read('large'))?.body.destroy();
    }
    await holds(t, store, 'large', pattern(6 * MEGABYTE));
  });

  await t.test('a list is in the order of UTF-8', async (t) => {
    const { store, again } = await open(t);
    const keys = [
      'dt=2026-11-23/_SUCCESS',
      'dt=2026-11-23/run=20261123T030000Z/_manifest.json',
      'dt=2026-11-23/run=20261123T030000Z/tt0111161.json',
      'dt=2026-11-23/run=20261123T030000Z-k3f9qz/_manifest.json',
      'dt=2026-11-23/run=20261123T030000Z-k3f9qz/tt0111161.json',
      'a/b',
      'a-b/c',
      'a.b',
      'a0',
      'a/b-c/d',
      'a/b.c',
      'B',
      'b',
      'é',
      'é/deeper'.normalize('NFD'),
      'z/\uffee',
      'z/🎬',
      'z/\ue000',
      'z/~',
    ];
    for (const key of keys) await store.put(key, '');
    t.same(await listed(store, ''), inByteOrder(keys));
    t.same(await listed(await again(), ''), inByteOrder(keys));
    t.same(await listed(store, 'dt=2026-11-23/', { delimiter: '/' }), [
      'dt=2026-11-23/_SUCCESS',
      'dt=2026-11-23/run=20261123T030000Z-k3f9qz/',
      'dt=2026-11-23/run=20261123T030000Z/',
    ]);
    t.same(await listed(store, 'a', { delimiter: '/' }), ['a-b/', 'a.b', 'a/', 'a0']);
  });

  await t.test('a list has the keys that begin with the prefix, and no others', async (t) => {
    const { store } = await open(t);
    t.same(await listed(store, ''), [], 'an empty store');
    t.same(await listed(store, 'dt=2026-11-23/', { delimiter: '/' }), []);
    const keys = ['dt=2026-11-23/a/1', 'dt=2026-11-23/a/2', 'dt=2026-11-23/ab', 'dt=2026-11-24/a', 'dx'];
    for (const key of keys) await store.put(key, '');
    t.same(await listed(store, 'dt=2026-11-23/'), keys.slice(0, 3));
    t.same(await listed(store, 'dt=2026-11-2'), keys.slice(0, 4), 'a prefix ends in the middle of a name');
    t.same(await listed(store, 'dt=2026-11-23/a'), keys.slice(0, 3));
    t.same(await listed(store, 'dt=2026-11-23/a/'), keys.slice(0, 2));
    t.same(await listed(store, 'dt=2026-11-23/ab'), ['dt=2026-11-23/ab'], 'a whole key');
    t.same(await listed(store, 'dt=2026-11-25/'), [], 'a folder that is not there');
    t.same(await listed(store, 'dt=2026-11-23/ab/'), [], 'below a key');
    t.same(await listed(store, 'dt=2026-11-23/abc'), []);
    const folded = { delimiter: '/' } as const;
    t.same(await listed(store, '', folded), ['dt=2026-11-23/', 'dt=2026-11-24/', 'dx']);
    t.same(await listed(store, 'dt=2026-11-2', folded), ['dt=2026-11-23/', 'dt=2026-11-24/']);
    t.same(await listed(store, 'dt=2026-11-23/', folded), ['dt=2026-11-23/a/', 'dt=2026-11-23/ab']);
    t.same(await listed(store, 'dt=2026-11-23/a', folded), ['dt=2026-11-23/a/', 'dt=2026-11-23/ab']);
    t.same(await listed(store, 'dt=2026-11-23', folded), ['dt=2026-11-23/']);
    t.same(await listed(store, 'dt=2026-11-24/a', folded), ['dt=2026-11-24/a']);
  });

  await t.test('a list is whole, however many pages it takes', async (t) => {
    const { store } = await open(t);
    const batches = Array.from({ length: 1120 }, (_, batch) => String(batch).padStart(6, '0'));
    const keys = batches.map((batch) => `dt=1/${batch}/done`);
    keys.push('dt=1/zz', 'dt=2/000000/done');
    await Promise.all(
      Array.from({ length: 16 }, async (_, first) => {
        for (let index = first; index < keys.length; index += 16) {
          await store.put(keys[index] ?? '', '', { ifAbsent: true });
        }
      }),
    );
    t.same(await listed(store, ''), keys);
    t.same(await listed(store, 'dt=1/'), keys.slice(0, -1));
    t.same(await listed(store, 'dt=1/', { delimiter: '/' }), [
      ...batches.map((batch) => `dt=1/${batch}/`),
      'dt=1/zz',
    ]);
    t.same(await listed(store, '', { delimiter: '/' }), ['dt=1/', 'dt=2/']);
    for await (const key of store.list('dt=1/')) {
      t.equal(key, 'dt=1/000000/done', 'and a reader may stop early');
      break;
    }
  });

  await t.test('of many puts if absent of one key, one is written', async (t) => {
    const { store, again } = await open(t);
    const handles = [store, await again()];
    const puts = await together((turn) => handleOf(handles, turn).put('k', `${turn}`, { ifAbsent: true }));
    const winners = puts.flatMap((outcome, turn) => (outcome === 'written' ? [turn] : []));
    t.equal(winners.length, 1);
    await holds(t, store, 'k', Buffer.from(`${winners[0]}`));
    t.same(await listed(store, ''), ['k']);
  });

  await t.test('of many puts if-match of one object, one is written', async (t) => {
    const { store, again } = await open(t);
    const handles = [store, await again()];
    await store.put('k', 'before');
    const seen = { ifMatch: await etagOf(store, 'k') };
    const puts = await together((turn) => handleOf(handles, turn).put('k', `${turn}`, seen));
    const winners = puts.flatMap((outcome, turn) => (outcome === 'written' ? [turn] : []));
    t.equal(winners.length, 1);
    await holds(t, store, 'k', Buffer.from(`${winners[0]}`));
  });

  await t.test('no update is lost between readers that write back if-match', async (t) => {
    const { store, again } = await open(t);
    const handles = [store, await again()];
    await together((turn) => incrementTimes(handleOf(handles, turn), 'counter', 1));
    await holds(t, store, 'counter', Buffer.from(`${TOGETHER}`));
  });
}

/** Counts the number in an object up, by read and write if unchanged. */
export async function incrementTimes(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const seen = await store.get(key);
    const next = Number(seen?.body.toString() ?? 0) + 1;
    if ((await store.put(key, String(next), unchangedSince(seen))) === 'written') done++;
  }
}

export async function listed(store: Store, prefix: string, options?: { delimiter: '/' }): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix, options)) keys.push(key);
  return keys;
}

async function isMissing(t: Test, store: Store, key: string, why: string): Promise<void> {
  t.equal(await store.get(key), undefined, `get: ${why}`);
  t.equal(await store.read(key), undefined, `read: ${why}`);
  t.equal(await store.head(key), undefined, `head: ${why}`);
}

/** get, read and head agree that these bytes stand there. */
async function holds(t: Test, store: Store, key: string, bytes: Buffer): Promise<void> {
  const got = await store.get(key);
  const read = await store.read(key);
  t.ok(got?.body.equals(bytes), `get has the ${bytes.length} bytes of ${key.slice(-40)}`);
  t.ok(read && (await buffer(read.body)).equals(bytes), 'read has the same bytes');
  t.same(await store.head(key), { etag: got?.etag }, 'head has the same etag');
}

async function etagOf(store: Store, key: string): Promise<string> {
  const head = await store.head(key);
  if (!head) throw new Error(`${key} is missing`);
  return head.etag;
}

function together<Result>(work: (turn: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: TOGETHER }, (_, turn) => work(turn)));
}

function handleOf(handles: Store[], turn: number): Store {
  const handle = handles[turn % handles.length];
  if (!handle) throw new Error('no handle');
  return handle;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

async function* chunks(...parts: (string | Buffer)[]): AsyncGenerator<string | Buffer> {
  yield* parts;
}

async function* breaksOff(bytes: number, cause: Error): AsyncGenerator<string | Buffer> {
  if (bytes > 0) yield pattern(bytes);
  throw cause;
}

function bytewise(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}

function mixed(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)));
}

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, line) => `${line},tt${line},é\n`);
}

/** Bytes that do not repeat at any block size, so a lost or swapped block shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

/** The order that S3 promises, without the code that is under test. */
function inByteOrder(keys: string[]): string[] {
  return [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
