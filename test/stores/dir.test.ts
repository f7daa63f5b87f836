import { mkdir, open, readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { PipelineError } from '../../src/errors.js';
import { writeTemporary } from '../../src/files.js';
import { sha256 } from '../../src/records/digest.js';
import { dirStore } from '../../src/stores/dir.js';
import { openStore } from '../../src/stores/open.js';
import type { Store } from '../../src/stores/store.js';
import { startWorker, takeFrom } from '../support/processes.js';
import { incrementTimes, listed, storeSuite } from '../support/store-suite.js';
import type { StoreJob } from '../support/store-worker.js';

const script = new URL('../support/store-worker.ts', import.meta.url);
const LOCK = '.movie-etl-lock';

t.test('the store suite holds for a directory', async (t) => {
  await storeSuite(t, async (t) => {
    const root = join(t.testdir(), 'bronze');
    return { store: dirStore(root), again: async () => dirStore(root) };
  });
});

t.test('objects are plain files under their keys', async (t) => {
  const root = join(t.testdir(), 'data', 'gold');
  await dirStore(root).put('summary/dt=2026-11-23/summary.csv', 'movies\n250\n');
  t.equal(await readFile(join(root, 'summary/dt=2026-11-23/summary.csv'), 'utf8'), 'movies\n250\n');
  await writeFile(join(root, 'summary/dt=2026-11-23/by-hand.csv'), 'movies\n1\n');
  t.equal((await dirStore(root).get('summary/dt=2026-11-23/by-hand.csv'))?.body.toString(), 'movies\n1\n');
});

t.test('empty directories are never listed', async (t) => {
  const root = t.testdir({ 'dt=1': {}, 'dt=2': { 'run=1': { _done: {} } }, 'dt=3': { object: '' } });
  const store = dirStore(root);
  t.same(await listed(store, ''), ['dt=3/object']);
  t.same(await listed(store, '', { delimiter: '/' }), ['dt=3/']);
  t.same(await listed(store, 'dt=2/', { delimiter: '/' }), []);
});

t.test('a put that finds a file where a directory should be fails and harms nothing', async (t) => {
  const root = t.testdir();
  const store = dirStore(root, 'file:///layer');
  await store.put('a', 'whole');
  for (const condition of [undefined, { ifAbsent: true } as const, { ifMatch: 'any' }]) {
    await t.rejects(store.put('a/b', 'late', condition), {
      verdict: 'stop',
      message: 'cannot write file:///layer: a part of the path is a file, not a directory',
    });
  }
  t.equal((await store.get('a'))?.body.toString(), 'whole');
  t.same(await listed(store, ''), ['a']);
});

t.test('a put that fails or conflicts leaves no file behind', async (t) => {
  const root = t.testdir();
  const store = dirStore(root);
  await store.put('dt=1/stands', 'whole');
  t.equal(await store.put('dt=1/stands', 'late', { ifAbsent: true }), 'conflict');
  t.equal(await store.put('dt=1/stands', 'late', { ifMatch: 'another' }), 'conflict');
  const breaksOff = async function* () {
    yield 'half';
    throw new Error('the source broke off');
  };
  await t.rejects(store.put('dt=1/new', breaksOff()), /the source broke off/);
  t.same(await readdir(join(root, 'dt=1')), ['stands']);
});

t.test('several processes', async (t) => {
  const workers = Array.from({ length: 4 }, () => startWorker<StoreJob>(t, script));

  await t.test('put if absent: each key is written by exactly one', async (t) => {
    const root = join(t.testdir(), 'bronze');
    const keys = Array.from({ length: 40 }, (_, index) => `dt=${index % 2}/${index}`).sort();
    await Promise.all(workers.map((worker) => worker.ask({ root, claim: [], body: 'ready' })));
    let racing = true;
    const race = Promise.all(
      workers.map((worker, index) => worker.ask({ root, claim: keys, body: `worker ${index}` })),
    ).finally(() => {
      racing = false;
    });
    const strangers: string[] = [];
    while (racing) {
      for (const key of await listed(dirStore(root), '')) if (!keys.includes(key)) strangers.push(key);
      await sleep(1);
    }
    const won = (await race) as string[][];
    t.same(won.flat().sort(), keys);
    t.same(strangers, [], 'a list meanwhile shows nothing else');
    const store = dirStore(root);
    for (const [index, mine] of won.entries()) {
      for (const key of mine) t.equal((await store.get(key))?.body.toString(), `worker ${index}`);
    }
  });

  await t.test('write back if-match: no update is lost', async (t) => {
    const root = join(t.testdir(), 'gold');
    await Promise.all(workers.map((worker) => worker.ask({ root, increment: 'dt=1/counter', times: 25 })));
    t.equal((await dirStore(root).get('dt=1/counter'))?.body.toString(), '100');
    t.same(await readdir(join(root, 'dt=1')), ['counter'], 'nothing is left behind');
    t.equal((await readdir(join(root, LOCK))).length, 1, 'and of the locks only the highest');
  });

  await t.test('one killed while it holds the lock does not block the others', async (t) => {
    const root = join(t.testdir(), 'gold');
    const store = dirStore(root);
    const holder = takeFrom(workers);
    await store.put('counter', '0');
    t.equal(await holder.ask({ lock: root }), 'held');
    const waiting = store.put('waited', 'for it');
    t.equal(await Promise.race([waiting, sleep(100, 'waits')]), 'waits', 'while it lives, it keeps them out');
    const others = workers.map((worker) => worker.ask({ root, increment: 'counter', times: 5 }));
    await holder.kill();
    t.equal(await waiting, 'written');
    await Promise.all(others);
    t.equal((await store.get('counter'))?.body.toString(), `${5 * workers.length}`);
  });

  await t.test('one killed at any moment loses no update of the others', async (t) => {
    const root = join(t.testdir(), 'gold');
    const store = dirStore(root);
    const victim = takeFrom(workers);
    const count = async () => Number((await store.get('counter'))?.body.toString() ?? 0);
    const killed = t.rejects(victim.ask({ root, increment: 'counter', times: 1_000_000 }), /SIGKILL/);
    const others = workers.map((worker) => worker.ask({ root, increment: 'others', times: 10 }));
    while ((await count()) < 10) await sleep(1);
    await victim.kill();
    await killed;
    await Promise.all(others);
    t.equal((await store.get('others'))?.body.toString(), `${10 * workers.length}`);
    const before = await count();
    await incrementTimes(store, 'counter', 1);
    t.equal(await count(), before + 1, 'its own last update is whole, and the lock is free');
  });

  await t.test('one in the middle of a put is not seen, and swept when it is dead', async (t) => {
    const root = t.testdir();
    const directory = join(root, 'dt=1');
    const victim = takeFrom(workers);
    await dirStore(root).put('dt=1/stands', 'before');
    for (const key of ['dt=1/new', 'dt=1/stands', 'dt=2/new']) {
      t.equal(await victim.ask({ root, stall: key }), 'stalled');
    }
    const isUnseen = async () => {
      const store = dirStore(root);
      t.same(await listed(store, ''), ['dt=1/stands']);
      t.same(await listed(store, 'dt=1/', { delimiter: '/' }), ['dt=1/stands']);
      t.same(await listed(store, '', { delimiter: '/' }), ['dt=1/'], 'nor the directory that it made');
      t.equal(await store.get('dt=1/new'), undefined);
      t.equal((await store.get('dt=1/stands'))?.body.toString(), 'before');
    };
    await isUnseen();
    await dirStore(root).put('dt=1/stands', 'before');
    t.equal((await readdir(directory)).length, 3, 'the two files of a living writer stay');
    await victim.kill();
    t.equal((await readdir(directory)).length, 3);
    await isUnseen();
    t.equal(await dirStore(root).put('dt=1/new', 'whole', { ifAbsent: true }), 'written');
    t.same(
      (await readdir(directory)).sort(),
      ['new', 'stands'],
      'the next put there sweeps those of a dead one',
    );
    t.same(await listed(dirStore(root), ''), ['dt=1/new', 'dt=1/stands']);
  });
});

t.test('a root that cannot be used says so, with the name that the user gave it', async (t) => {
  const here = t.testdir({ file: 'in the way' });
  await symlink('loop', join(here, 'loop'));
  await mkdir(join(here, 'locked'));
  await writeFile(join(here, 'locked', LOCK), 'in the way');
  const everyUse: Record<string, (store: Store) => Promise<unknown>> = {
    read: async (store) => store.get('dt=1/a'),
    'read ': async (store) => store.read('dt=1/a'),
    'read  ': async (store) => store.head('dt=1/a'),
    list: async (store) => listed(store, 'dt=1/'),
    'list ': async (store) => listed(store, '', { delimiter: '/' }),
    write: async (store) => store.put('dt=1/a', 'late'),
    'write ': async (store) => store.put('dt=1/a', 'late', { ifAbsent: true }),
    'write  ': async (store) => store.put('dt=1/a', 'late', { ifMatch: 'any' }),
  };
  const isFile = 'a part of the path is a file, not a directory';
  const roots: [string, string][] = [
    ['file', isFile],
    ['file/below', isFile],
    ['loop', 'too many symbolic links'],
  ];
  for (const [name, reason] of roots) {
    const store = dirStore(join(here, name), './data/bronze');
    for (const [verb, use] of Object.entries(everyUse)) {
      const error = await use(store).catch((error: unknown) => error);
      t.ok(error instanceof PipelineError, `${verb.trim()} ${name}`);
      t.match(error, {
        verdict: 'stop',
        message: `cannot ${verb.trim()} ./data/bronze: ${reason}`,
        hint: 'check the path and its rights',
        cause: Error,
      });
    }
  }
  await t.rejects(dirStore(join(here, 'locked'), './data/gold').put('a', 'late'), {
    verdict: 'stop',
    message: `cannot write ./data/gold: ${isFile}`,
  });
  t.equal(await readFile(join(here, 'file'), 'utf8'), 'in the way');
});

t.test('a store is opened by path or by file URI', async (t) => {
  const root = join(t.testdir(), 'with space é');
  const uri = pathToFileURL(root).href;
  const [byPath, byUri] = [await openStore(root), await openStore(uri)];
  t.same([byPath.uri, byUri.uri], [root, uri]);
  t.equal(await byUri.put('dt=1/a', 'one', { ifAbsent: true }), 'written');
  t.equal((await byPath.get('dt=1/a'))?.body.toString(), 'one');
  t.same(await byPath.head('dt=1/a'), await byUri.head('dt=1/a'));
  t.same(await listed(byPath, 'dt', { delimiter: '/' }), ['dt=1/']);
  t.ok((await byPath.read('dt=1/a'))?.body.destroy());
});

t.test('every key is checked, whatever is done with it', async (t) => {
  const here = t.testdir({ layer: { 'a.csv': 'inside' }, secret: 'outside' });
  const store = await openStore(join(here, 'layer'));
  const refused = {
    'is empty': [''],
    'is an absolute path': ['/secret', join(here, 'secret')],
    'has a control character': ['a\0b', 'a\nb', '\x1f', 'a/\x7f'],
    'has a "." or ".." in its path': ['../secret', 'a/../../secret', 'a/..', '..', '.', './a.csv', 'a/./b'],
    'has an empty part in its path': ['a//b', 'a/'],
    'is longer than 1024 bytes': [`${'é/'.repeat(341)}ab`, `${'long/'.repeat(204)}12345`],
  };
  for (const [fault, keys] of Object.entries(refused)) {
    for (const key of keys) {
      const expected = {
        verdict: 'stop',
        message: `object key ${JSON.stringify(key.slice(0, 100))} ${fault}`,
      };
      await t.rejects(store.get(key), expected);
      await t.rejects(store.read(key), expected);
      await t.rejects(store.head(key), expected);
      await t.rejects(store.put(key, 'late'), expected);
      await t.rejects(store.put(key, 'late', { ifAbsent: true }), expected);
    }
  }
  for (const prefix of ['../', '/', 'a//', './', 'a/../', 'a\0']) {
    t.throws(() => store.list(prefix), { message: /^prefix / }, JSON.stringify(prefix));
  }
  t.same(await listed(store, ''), ['a.csv']);
  t.same((await readdir(here)).sort(), ['layer', 'secret']);
  t.equal(await readFile(join(here, 'secret'), 'utf8'), 'outside');
});

t.test('names of the driver itself are no keys', async (t) => {
  const store = dirStore(t.testdir());
  for (const key of ['.movie-etl-tmp.x', 'dt=1/.movie-etl-lock/000000000001']) {
    await t.rejects(store.put(key, 'mine'), { verdict: 'stop', message: /begins with \.movie-etl-/ });
    await t.rejects(store.get(key), { message: /begins with/ });
  }
});

t.test('a directory under a key is an error to a put, not a conflict that never ends', async (t) => {
  const root = t.testdir({ 'dt=1': { movies: { 'a.csv': 'inside' } } });
  const store = dirStore(root);
  for (const condition of [undefined, { ifAbsent: true } as const, { ifMatch: 'x' }]) {
    await t.rejects(store.put('dt=1/movies', 'late', condition), {
      verdict: 'stop',
      message: /is a directory/,
    });
  }
  t.same(await readdir(join(root, 'dt=1')), ['movies'], 'nothing is left behind');
});

t.test('a partition that is a symbolic link is listed like any other', async (t) => {
  const here = t.testdir({
    elsewhere: { 'movies.csv': 'linked' },
    layer: { 'dt=1': { 'movies.csv': 'own' } },
  });
  await symlink(join(here, 'elsewhere'), join(here, 'layer', 'dt=2'));
  const store = dirStore(join(here, 'layer'));
  t.same(await listed(store, ''), ['dt=1/movies.csv', 'dt=2/movies.csv']);
  t.same(await listed(store, '', { delimiter: '/' }), ['dt=1/', 'dt=2/']);
  t.equal((await store.get('dt=2/movies.csv'))?.body.toString(), 'linked');
});

t.test('a failing source keeps its own error', async (t) => {
  const store = dirStore(t.testdir());
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const body = (async function* () {
    yield 'half';
    throw reset;
  })();
  t.equal(await store.put('a', body).catch((error: unknown) => error), reset);
});

t.test('what a process left that was killed while it took the lock goes with the next use', async (t) => {
  const dead = '.movie-etl-tmp.1-1-00000000.0-1';
  const long = new Date(Date.now() - 24 * 60 * 60 * 1000);
  const uses: Record<string, (store: Store) => Promise<unknown>> = {
    put: (store) => store.put('dt=1/a', 'one', { ifAbsent: true }),
    get: (store) => store.get('dt=1/a'),
  };
  for (const [name, use] of Object.entries(uses)) {
    const locks = { [dead]: 'dead', '000000000002': '', '000000000003': '1-1-00000000' };
    const root = t.testdir({ [name]: { [LOCK]: locks } });
    await utimes(join(root, name, LOCK, dead), long, long);
    await use(dirStore(join(root, name)));
    t.same(await readdir(join(root, name, LOCK)), ['000000000003'], `${name}: the highest number stays`);
  }
});

t.test('whoever reads an object sweeps its folder and all below it, whether or not it stands', async (t) => {
  const dead = '.movie-etl-tmp.1-1-00000000.0-1';
  const long = new Date(Date.now() - 24 * 60 * 60 * 1000);
  const folders = ['dt=1', 'dt=1/run=R', 'dt=1/run=R/_errors', 'dt=2'];
  const reads: Record<string, (store: Store, key: string) => Promise<unknown>> = {
    get: (store, key) => store.get(key),
    head: (store, key) => store.head(key),
    read: async (store, key) => (await store.read(key))?.body.destroy(),
  };
  for (const [name, read] of Object.entries(reads)) {
    for (const key of ['dt=1/stands', 'dt=1/missing']) {
      const root = t.testdir({
        'dt=1': { [dead]: 'half', stands: '', 'run=R': { [dead]: 'half', _errors: { [dead]: 'half' } } },
        'dt=2': { [dead]: 'half' },
      });
      for (const folder of folders) await utimes(join(root, folder, dead), long, long);
      const living = await writeTemporary(join(root, 'dt=1/run=R'), 'half');
      await read(dirStore(root), key);
      const left = (await readdir(root, { recursive: true })).filter((path) => path.includes('-tmp.'));
      t.same(left.sort(), [relative(root, living), join('dt=2', dead)].sort(), `${name} ${key}`);
    }
  }
});

t.test(
  'a listing sweeps what killed writers left, in the folders that nobody writes to any more',
  async (t) => {
    const dead = '.movie-etl-tmp.1-1-00000000.0-1';
    const root = t.testdir({
      'dt=1': { [dead]: 'half', _SUCCESS: '{}', 'run=R': { [dead]: 'half', a: 'whole' } },
    });
    const long = new Date(Date.now() - 24 * 60 * 60 * 1000);
    for (const folder of ['dt=1', 'dt=1/run=R']) await utimes(join(root, folder, dead), long, long);
    t.same(await listed(dirStore(root), 'dt=1/', { delimiter: '/' }), ['dt=1/_SUCCESS', 'dt=1/run=R/']);
    t.same(
      (await readdir(root, { recursive: true })).filter((name) => name.endsWith(dead)),
      [],
    );
  },
);

t.test('the etag of a large file is remembered for as long as nobody touches it', async (t) => {
  const root = t.testdir();
  const path = join(root, 'large');
  const SIZE = 4 * 1024 * 1024;
  /** The file as if it had been written a while ago: only its birth and what was read of it are younger. */
  const settle = () => sleep(3_200);
  const bytesRead = async () => Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
  await writeFile(path, Buffer.alloc(SIZE, 'a'));
  const store = dirStore(root);
  const headed = async () => {
    const before = await bytesRead();
    const etag = (await store.head('large'))?.etag;
    return { etag, hashed: (await bytesRead()) - before >= SIZE };
  };
  const first = await headed();
  t.same(first, { etag: sha256(Buffer.alloc(SIZE, 'a')), hashed: true });
  t.ok((await headed()).hashed, 'just written, it could be written again within a tick of its clock');
  await settle();
  t.ok((await headed()).hashed);
  t.same(await headed(), { ...first, hashed: false });

  const { atime, mtime } = await stat(path);
  const editor = await open(path, 'r+');
  await editor.write('b', SIZE / 2);
  await editor.close();
  await utimes(path, atime, mtime);
  const second = (await store.head('large'))?.etag ?? '';
  t.not(second, first.etag, 'an editor that writes into it and sets its time back');
  t.equal(await store.put('large', 'late', { ifMatch: first.etag ?? '' }), 'conflict');

  await settle();
  t.ok((await headed()).hashed);
  t.same(await headed(), { etag: second, hashed: false });
  await writeFile(join(root, 'other'), Buffer.alloc(SIZE, 'c'));
  await utimes(join(root, 'other'), atime, mtime);
  await rename(join(root, 'other'), path);
  t.equal(await store.put('large', 'late', { ifMatch: second }), 'conflict', 'another file in its place');
  t.same((await headed()).etag, sha256(Buffer.alloc(SIZE, 'c')));
  t.equal(await store.put('large', 'mine', { ifMatch: sha256(Buffer.alloc(SIZE, 'c')) }), 'written');
  t.equal((await store.head('large'))?.etag, sha256('mine'));
});
