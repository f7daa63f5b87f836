import { unlink, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { PipelineError } from '../../src/errors.js';
import { silentLog } from '../../src/log.js';
import { dirQueue } from '../../src/queues/dir.js';
import { messageOfBatch } from '../../src/records/manifest.js';
import { readManifest, readSuccess } from '../../src/records/runs.js';
import { drainQueue, enrichBatch, enrichDate } from '../../src/stages/enrich.js';
import { extract } from '../../src/stages/extract.js';
import { dirStore } from '../../src/stores/dir.js';
import type { Store } from '../../src/stores/store.js';
import { memoryStore } from '../support/memory-store.js';
import { knowsAll, listOf, movies } from '../support/movies.js';
import { DATE, keysOf, NOW, RUN } from '../support/pipeline.js';

const LATER = '20260102T040000Z';

/** A date with a run of so many movies, extracted and nothing more. */
async function extracted(directory: string, count: number, batchSize: number, runId = RUN) {
  const omdb = knowsAll();
  let now = NOW;
  const services = {
    bronze: dirStore(`${directory}/bronze`),
    queue: dirQueue(`${directory}/queue`, directory, () => now.getTime()),
    omdb,
    now: () => now,
    log: silentLog,
    concurrency: 16,
  };
  await extract(
    { date: DATE, runId, topN: count, batchSize },
    { ...services, movies: listOf(movies(count)) },
  );
  const manifest = (await readManifest(services.bronze, DATE, runId))?.manifest;
  if (!manifest) throw new Error('no manifest');
  const message = (batch: number) => messageOfBatch(manifest, batch);
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  return { services, omdb, message, pass };
}

const published = async (bronze: Store) => (await readSuccess(bronze, DATE))?.success.runId;

t.test('the batch that is done last publishes the run, whichever it is', async (t) => {
  const { services, message } = await extracted(t.testdir(), 6, 2);
  for (const batch of [2, 0]) {
    t.match(await enrichBatch(message(batch), services), { enriched: 2, published: false });
    t.equal(await published(services.bronze), undefined);
  }
  t.match(await enrichBatch(message(1), services), { published: true });
  const success = (await readSuccess(services.bronze, DATE))?.success;
  t.match(success, { version: 1, runId: RUN, date: DATE, movies: 6, batches: 3 });
  const standing = await readManifest(services.bronze, DATE, RUN);
  t.same(success?.manifest, standing?.reference, '_SUCCESS vouches for the manifest');
});

t.test(
  'as many movies are looked up at once as may be, however small the batches, and never more',
  async (t) => {
    for (const batchSize of [1, 2, 20]) {
      for (const work of [
        drainQueue,
        (services: Parameters<typeof drainQueue>[0]) => enrichDate({ date: DATE }, services),
      ]) {
        const { services, omdb } = await extracted(`${t.testdir()}/${batchSize}/${work.name}`, 20, batchSize);
        let [underWay, most] = [0, 0];
        const waiting: (() => void)[] = [];
        const lookup = async (id: string) => {
          most = Math.max(most, ++underWay);
          // Nobody is answered before there are as many as may be: fewer would wait for ever.
          if (omdb.calls.length + underWay < 5) await new Promise<void>((answer) => waiting.push(answer));
          for (const answer of waiting.splice(0)) answer();
          await sleep(5);
          const answer = await omdb.lookup(id);
          underWay--;
          return answer;
        };
        await work({ ...services, concurrency: 5, omdb: { lookup } });
        t.equal(omdb.calls.length, 20);
        t.equal(most, 5, `batches of ${batchSize}`);
      }
    }
  },
);

t.test('a message that arrives twice fetches nothing twice and publishes once', async (t) => {
  const { services, omdb, message } = await extracted(t.testdir(), 4, 2);
  await Promise.all([0, 1, 0, 1].map((batch) => enrichBatch(message(batch), services)));
  const first = await services.bronze.get(`dt=${DATE}/_SUCCESS`);
  const calls = omdb.calls.length;
  for (const batch of [0, 1]) {
    t.match(await enrichBatch(message(batch), services), { enriched: 0, standing: 2, published: false });
  }
  t.equal(omdb.calls.length, calls, 'what has its record is not fetched again');
  t.same(await services.bronze.get(`dt=${DATE}/_SUCCESS`), first);
});

t.test('how many requests a run takes does not depend on which of its batches is faster', async (t) => {
  const batches = 12;
  for (let round = 0; round < 8; round++) {
    const inner = memoryStore('memory');
    const run = { bronze: inner, queue: { send: async () => {} }, now: () => NOW, log: silentLog };
    const request = { date: DATE, runId: RUN, topN: batches, batchSize: 1 };
    await extract(request, { ...run, movies: listOf(movies(batches)) });
    const asked: Record<string, number> = {};
    let drawn = round;
    /** Answers come after other pauses in each round, and in another order than they were asked for. */
    const late = async (verb: string) => {
      asked[verb] = (asked[verb] ?? 0) + 1;
      drawn = (drawn * 7 + 3) % 11;
      for (let turn = 0; turn < drawn; turn++) await nextTurn();
    };
    const bronze: Store = {
      ...inner,
      get: (key) => late('get').then(() => inner.get(key)),
      head: (key) => late('head').then(() => inner.head(key)),
      put: (key, body, condition) =>
        late('put').then(() => inner.put(key, body, condition).finally(() => late('answer'))),
      list: async function* (prefix, options) {
        await late('list');
        yield* inner.list(prefix, options);
      },
    };
    const services = { ...run, bronze, omdb: knowsAll(), concurrency: batches };
    await enrichDate({ date: DATE }, services);
    const { answer: _, ...requests } = asked;
    t.same(requests, { list: 16, get: 3, head: 13, put: 26 });
    t.equal(await published(inner), RUN);
  }
});

t.test(
  'a worker that died between its marker and the listing is made up for by the next delivery',
  async (t) => {
    const { services, message } = await extracted(t.testdir(), 2, 1);
    await enrichBatch(message(0), services);
    const dies = {
      ...services.bronze,
      list: () => {
        throw new Error('killed');
      },
    };
    await t.rejects(enrichBatch(message(1), { ...services, bronze: dies }), /killed/);
    t.equal(await published(services.bronze), undefined);
    t.match(await enrichBatch(message(1), services), { standing: 1, published: true });
  },
);

t.test('more than a thousand batches are counted in groups, the last one smaller', async (t) => {
  const { services, message } = await extracted(t.testdir(), 2003, 1);
  const markers = Array.from({ length: 2003 }, (_, batch) => batch).filter(
    (batch) => ![999, 2002].includes(batch),
  );
  for (const batch of markers) {
    const key = `dt=${DATE}/run=${RUN}/_done/${String(Math.floor(batch / 1000)).padStart(3, '0')}/${String(batch).padStart(6, '0')}`;
    await services.bronze.put(key, '{}\n', { ifAbsent: true });
  }
  await enrichBatch(message(1500), services);
  const groups = () => keysOf(services.bronze.list(`dt=${DATE}/run=${RUN}/_done/_groups/`));
  t.same(await groups(), [`dt=${DATE}/run=${RUN}/_done/_groups/001`]);
  t.match(await enrichBatch(message(2002), services), { published: false });
  t.equal((await groups()).length, 2, 'the last group is full with three');
  t.match(await enrichBatch(message(999), services), { published: true });
});

t.test('_SUCCESS moves forward only', async (t) => {
  const directory = t.testdir();
  const old = await extracted(directory, 2, 2);
  const young = await extracted(directory, 3, 3, LATER);
  await enrichBatch(young.message(0), young.services);
  t.match(
    await enrichBatch(old.message(0), old.services),
    { published: false },
    'an older run comes too late',
  );
  t.equal(await published(old.services.bronze), LATER);
  const newest = await extracted(directory, 1, 1, `${LATER}-k3f9qz`);
  t.match(await enrichBatch(newest.message(0), newest.services), { published: true });
  t.equal(
    await published(old.services.bronze),
    `${LATER}-k3f9qz`,
    'a run started by hand within that second is newer',
  );
});

t.test('a publisher that is overtaken between reading and writing decides again', async (t) => {
  const directory = t.testdir();
  const old = await extracted(directory, 2, 2);
  const young = await extracted(directory, 3, 3, LATER);
  let overtaken = false;
  const slow: Store = {
    ...old.services.bronze,
    put: async (key, body, condition) => {
      if (key.endsWith('_SUCCESS') && !overtaken) {
        overtaken = true;
        await enrichBatch(young.message(0), young.services);
      }
      return old.services.bronze.put(key, body, condition);
    },
  };
  t.match(await enrichBatch(old.message(0), { ...old.services, bronze: slow }), { published: false });
  t.ok(overtaken);
  t.equal(await published(old.services.bronze), LATER);
});

t.test(
  'a failing movie fails its batch only after the others are recorded, and _errors says why',
  async (t) => {
    const { services, omdb, message } = await extracted(t.testdir(), 3, 3);
    const lookup = async (imdbId: string) => {
      if (imdbId === 'tt0000002') throw new PipelineError('retry', 'OMDb answers 503');
      return omdb.lookup(imdbId);
    };
    const failing = enrichBatch(message(0), { ...services, omdb: { lookup } }, 4);
    await t.rejects(failing, { verdict: 'retry', imdbId: 'tt0000002', message: 'OMDb answers 503' });
    const error = await services.bronze.get(`dt=${DATE}/run=${RUN}/_errors/000000.json`);
    t.same(JSON.parse(String(error?.body)), {
      version: 1,
      verdict: 'retry',
      message: 'OMDb answers 503',
      imdbId: 'tt0000002',
      attempt: 4,
      at: NOW.toISOString(),
    });
    t.match(await enrichBatch(message(0), services), { enriched: 1, standing: 2, published: true });
  },
);

t.test('draining the queue: what fails comes back later, the others are done', async (t) => {
  const { services, omdb, pass } = await extracted(t.testdir(), 12, 1);
  let broken = true;
  const lookup = async (imdbId: string) => {
    if (broken && imdbId === 'tt0000005') throw new PipelineError('retry', 'OMDb answers 500');
    return omdb.lookup(imdbId);
  };
  const drained = await drainQueue({ ...services, omdb: { lookup } });
  t.match(drained.runs, [
    { enriched: 11, complete: false, failed: [{ batch: 4, imdbId: 'tt0000005', verdict: 'retry' }] },
  ]);
  t.same(await services.queue.depth(), { ready: 0, hidden: 1, dead: 0 });
  broken = false;
  t.same((await drainQueue({ ...services, omdb: { lookup } })).runs, [], 'it does not come back at once');
  pass(31);
  t.match((await drainQueue({ ...services, omdb: { lookup } })).runs, [{ enriched: 1, complete: true }]);
  t.same(await services.queue.depth(), { ready: 0, hidden: 0, dead: 0 });
});

t.test('a used-up quota stops the calls, and what was in hand waits for the next UTC day', async (t) => {
  const { services, omdb, pass } = await extracted(t.testdir(), 100, 1);
  let left = 20;
  let refused = 0;
  const lookup = async (imdbId: string) => {
    if (left-- > 0) return omdb.lookup(imdbId);
    refused++;
    throw new PipelineError('quota', 'Request limit reached!');
  };
  const drained = await drainQueue({ ...services, omdb: { lookup } });
  t.match(drained, { quota: 'Request limit reached!', runs: [{ enriched: 20, complete: false }] });
  t.ok(refused <= 2 * services.concurrency + 10, `only what was under way is refused (${refused})`);
  const { ready, hidden, dead } = await services.queue.depth();
  t.equal(ready + hidden, 80, 'no message is lost');
  t.equal(hidden, refused);
  t.equal(dead, 0);
  pass(12 * 3600 + 1);
  left = 1000;
  t.match((await drainQueue({ ...services, omdb: { lookup } })).runs, [{ enriched: 80, complete: true }]);
  t.equal(new Set(omdb.calls).size, omdb.calls.length, 'no movie was fetched twice');
});

t.test('a wrong key stops everything at once, and all messages are back', async (t) => {
  const { services } = await extracted(t.testdir(), 30, 1);
  const lookup = async () => {
    throw new PipelineError('stop', 'Invalid API key!', { hint: 'set it' });
  };
  await t.rejects(drainQueue({ ...services, omdb: { lookup } }), {
    verdict: 'stop',
    message: 'Invalid API key!',
  });
  t.same(await services.queue.depth(), { ready: 30, hidden: 0, dead: 0 });
  await t.rejects(enrichDate({ date: DATE }, { ...services, omdb: { lookup } }), {
    message: 'Invalid API key!',
  });
});

t.test('a message that cannot be read delays no other and ends in the dead-letter queue', async (t) => {
  const { services, pass } = await extracted(t.testdir(), 3, 1);
  const bad = { version: 2, run: { id: RUN, date: DATE, batches: 3 }, batch: 0, movies: movies(1) };
  await services.queue.send([{ body: JSON.stringify(bad), group: 'bad', deduplicationId: 'bad' }]);
  const drained = await drainQueue(services);
  t.match(drained.runs, [{ enriched: 3, complete: true }]);
  t.match(drained.unreadable, [{ message: /version 2 is not known: this release reads version 1/ }]);
  for (let attempt = 2; attempt <= 11; attempt++) {
    pass(3600);
    await drainQueue(services);
  }
  t.same(await services.queue.depth(), { ready: 0, hidden: 0, dead: 1 });
});

t.test('a message of a run that is not there delays no other', async (t) => {
  const { services, message, pass } = await extracted(t.testdir(), 4, 1);
  const orphan = { ...message(0), run: { ...message(0).run, id: LATER, batches: 1 } };
  const inflated = { ...message(0), run: { ...message(0).run, batches: 1 } };
  const bodies = [orphan, inflated].map((each) => JSON.stringify(each));
  await services.queue.send(
    bodies.map((body, index) => ({ body, group: `${index}`, deduplicationId: `${index}` })),
  );
  pass(1);
  const { runs } = await drainQueue(services);
  t.match(
    runs.map(({ runId, complete, failed }) => [runId, complete, failed.map(({ message }) => message)]),
    [
      [RUN, true, [/with 1 batches: the run has 4 batches$/]],
      [LATER, false, [/the run has no manifest$/]],
    ],
  );
  t.equal((await readSuccess(services.bronze, DATE))?.success.movies, 4);
});

t.test('a date is finished straight from its manifest, also when its messages are lost', async (t) => {
  const { services, omdb, message } = await extracted(t.testdir(), 25, 4);
  await enrichBatch(message(2), services);
  const calls = omdb.calls.length;
  const summary = await enrichDate({ date: DATE }, services);
  t.match(summary, { runId: RUN, batches: 7, enriched: 21, standing: 4, failed: [], complete: true });
  t.equal(omdb.calls.length, calls + 21);
  t.match(await enrichDate({ date: DATE }, services), { enriched: 0, standing: 25, complete: true });
});

t.test('a run whose markers all stand but that nobody published is published', async (t) => {
  const { services, message } = await extracted(t.testdir(), 4, 2);
  const dies: Store = {
    ...services.bronze,
    put: async (key, body, condition) => {
      if (key.includes('_groups') || key.endsWith('_SUCCESS')) throw new PipelineError('stop', 'killed');
      return services.bronze.put(key, body, condition);
    },
  };
  await enrichBatch(message(0), { ...services, bronze: dies });
  await t.rejects(enrichBatch(message(1), { ...services, bronze: dies }), /killed/);
  t.match(await enrichDate({ date: DATE }, services), { enriched: 0, standing: 4, complete: true });
});

t.test('a date means its newest run; an older one is finished by its id', async (t) => {
  const directory = t.testdir();
  const old = await extracted(directory, 2, 1);
  await extracted(directory, 3, 1, `${RUN}-k3f9qz`);
  t.match(await enrichDate({ date: DATE }, old.services), { runId: `${RUN}-k3f9qz`, enriched: 3 });
  const finished = await enrichDate({ date: DATE, runId: RUN }, old.services);
  t.match(finished, { runId: RUN, enriched: 2, complete: true }, 'complete, though a newer one is published');
  t.equal(await published(old.services.bronze), `${RUN}-k3f9qz`);
});

t.test('a date without a run says how to start one', async (t) => {
  const { services } = await extracted(t.testdir(), 1, 1);
  await t.rejects(enrichDate({ date: '2026-01-09' }, services), {
    message: '2026-01-09 has no run yet',
    hint: /extract/,
  });
  await t.rejects(enrichDate({ date: DATE, runId: LATER }, services), { message: /has no manifest/ });
});

t.test(
  'a drain ends while OMDb is down, and uses up no receive of the messages that it leaves',
  async (t) => {
    const { services, omdb, pass } = await extracted(t.testdir(), 200, 1);
    const failing = (ids: ReadonlySet<string> | undefined) => ({
      lookup: async (id: string) => {
        if (ids === undefined || ids.has(id)) throw new PipelineError('retry', 'OMDb answers 503');
        return omdb.lookup(id);
      },
    });
    await drainQueue({ ...services, omdb: failing(undefined) });
    const { ready, hidden } = await services.queue.depth();
    t.equal(ready + hidden, 200);
    t.ok(hidden >= 25 && hidden < 25 + 2 * services.concurrency + 10, `${hidden} were tried`);

    const bad = new Set(
      movies(200)
        .slice(0, 60)
        .map(({ id }) => id),
    );
    for (let drains = 0; drains < 4; drains++) {
      pass(1);
      await drainQueue({ ...services, omdb: failing(bad) });
    }
    t.same(
      await services.queue.depth(),
      { ready: 0, hidden: 60, dead: 0 },
      'movies that always fail keep no other from being done',
    );
  },
);

t.test('a record that is lost comes back, though its batch was done', async (t) => {
  const directory = t.testdir();
  const { services, omdb, message } = await extracted(directory, 4, 2);
  for (const batch of [0, 1]) await enrichBatch(message(batch), services);
  const [lost] = message(1).movies;
  await unlink(`${directory}/bronze/dt=${DATE}/run=${RUN}/${lost?.id}.json`);
  omdb.calls.length = 0;
  t.match(await enrichDate({ date: DATE }, services), { enriched: 1, standing: 3, complete: true });
  t.same(omdb.calls, [lost?.id]);
});

t.test('a marker or a manifest that cannot be read says what to do', async (t) => {
  const directory = t.testdir();
  const { services, message } = await extracted(directory, 2, 1);
  for (const batch of [0, 1]) await enrichBatch(message(batch), services);
  await writeFile(`${directory}/bronze/dt=${DATE}/_SUCCESS`, '');
  await t.rejects(readSuccess(services.bronze, DATE), {
    message: `marker dt=${DATE}/_SUCCESS is empty`,
    hint: `delete it, and put it again with: movie-etl enrich --date ${DATE}`,
  });
  await unlink(`${directory}/bronze/dt=${DATE}/_SUCCESS`);
  t.match(await enrichDate({ date: DATE }, services), { standing: 2, complete: true });

  await writeFile(`${directory}/bronze/dt=${DATE}/run=${RUN}/_manifest.json`, '{');
  await t.rejects(readManifest(services.bronze, DATE, RUN), {
    message: /_manifest\.json is not JSON/,
    hint: `start a new run with: movie-etl run-all --date ${DATE} --reprocess all`,
  });
  const again = { ...services, movies: listOf(movies(3)) };
  t.match(await extract({ date: DATE, runId: LATER }, again), { movies: 3, batchSize: 1 }, 'which begins');
});
