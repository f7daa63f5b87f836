import t from 'tap';
import { silentLog } from '../../src/log.js';
import { dirQueue } from '../../src/queues/dir.js';
import { MAX_MESSAGE_BYTES } from '../../src/queues/queue.js';
import { Message } from '../../src/records/message.js';
import { readManifest } from '../../src/records/runs.js';
import { extract } from '../../src/stages/extract.js';
import { dirStore } from '../../src/stores/dir.js';
import { listOf, movie, movies } from '../support/movies.js';
import { DATE, keysOf, NOW, RUN } from '../support/pipeline.js';

function servicesIn(directory: string, items: readonly unknown[]) {
  return {
    bronze: dirStore(`${directory}/bronze`),
    queue: dirQueue(`${directory}/queue`),
    movies: listOf(items),
    now: () => NOW,
    log: silentLog,
  };
}

t.test('a run is its manifest and a message per batch', async (t) => {
  const services = servicesIn(t.testdir(), [...movies(5)].reverse());
  const summary = await extract({ date: DATE, runId: RUN, topN: 4, batchSize: 3 }, services);
  t.match(summary, { movies: 4, batches: 2, topN: 4, batchSize: 3, rejected: [], continued: false });
  const standing = await readManifest(services.bronze, DATE, RUN);
  t.match(standing?.manifest, {
    version: 1,
    runId: RUN,
    date: DATE,
    topN: 4,
    batchSize: 3,
    batches: 2,
    movies: movies(4),
    source: 'made up',
    createdAt: NOW.toISOString(),
  });
  const messages = (await services.queue.receive(10)).map(({ body }) => Message.parse(JSON.parse(body)));
  t.same(messages, [
    { version: 1, run: { id: RUN, date: DATE, batches: 2 }, batch: 0, movies: movies(3) },
    { version: 1, run: { id: RUN, date: DATE, batches: 2 }, batch: 1, movies: [movie(4)] },
  ]);
});

t.test('a run id that exists already is continued from its manifest', async (t) => {
  const directory = t.testdir();
  const first = servicesIn(directory, movies(5));
  await extract({ date: DATE, runId: RUN, topN: 5, batchSize: 2 }, first);
  const received = await first.queue.receive(10);
  await first.queue.acknowledge(received);
  const before = await first.bronze.get(`dt=${DATE}/run=${RUN}/_manifest.json`);

  const again = {
    ...servicesIn(directory, [movie(99)]),
    movies: { label: 'gone', load: () => t.fail('not read') },
  };
  const summary = await extract(
    { date: DATE, runId: RUN, topN: 1, batchSize: 1 },
    again as unknown as typeof first,
  );
  t.match(summary, { movies: 5, batches: 3, topN: 5, batchSize: 2, continued: true });
  t.same(await first.bronze.get(`dt=${DATE}/run=${RUN}/_manifest.json`), before, 'the manifest is untouched');
  t.same(
    (await first.queue.receive(10)).map(({ body }) => body),
    received.map(({ body }) => body),
    'the same messages are sent',
  );
});

t.test('of two that begin one run at once, both go on with the manifest that stands', async (t) => {
  const directory = t.testdir();
  const [mine, theirs] = [servicesIn(directory, movies(4)), servicesIn(directory, movies(6))];
  const request = { date: DATE, runId: RUN, topN: 10, batchSize: 1 };
  const late = {
    ...mine,
    movies: {
      label: 'slow',
      load: async () => {
        await extract(request, theirs);
        return { items: movies(4), errorMessage: '' };
      },
    },
  };
  const summary = await extract(request, late);
  t.match(summary, { movies: 6, continued: true });
  t.equal((await readManifest(mine.bronze, DATE, RUN))?.manifest.movies.length, 6);
  t.same(await mine.queue.depth(), { ready: 6, hidden: 0, dead: 0 }, 'each batch is one message');
});

t.test(
  'a date that is extracted again keeps its newest top-n and batch size unless others are given',
  async (t) => {
    const services = servicesIn(t.testdir(), movies(30));
    t.match(await extract({ date: DATE, runId: '20260102T030000Z' }, services), { topN: 10, batchSize: 1 });
    const given = { date: DATE, runId: '20260102T040000Z', topN: 20, batchSize: 5 };
    await extract(given, services);
    t.match(await extract({ date: DATE, runId: '20260102T050000Z' }, services), { topN: 20, batchSize: 5 });
    const smaller = { date: DATE, runId: '20260102T060000Z', topN: 3 };
    t.match(await extract(smaller, services), { topN: 3, batchSize: 5, movies: 3, batches: 1 });
    const other = { date: '2026-01-03', runId: '20260103T030000Z' };
    t.match(
      await extract(other, services),
      { topN: 10, batchSize: 1 },
      'another date begins with the defaults',
    );
  },
);

t.test('bad items are reported with position and reason, and the others are sent', async (t) => {
  const warnings: string[] = [];
  const services = servicesIn(t.testdir(), [movie(1), movie(2, { rank: 'x' }), { rank: '3' }, 'nothing']);
  const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
  const summary = await extract({ date: DATE, runId: RUN }, { ...services, log });
  t.match(summary, { movies: 1, rejected: [{ position: 2 }, { position: 3 }, { position: 4 }] });
  t.equal(warnings.length, 3);
  t.match(warnings[0], /item 2 .*"x" is no positive integer/);
});

t.test('a list that cannot be used writes nothing', async (t) => {
  for (const [name, list] of Object.entries({
    empty: { items: [], errorMessage: '' },
    'with an error message': { items: movies(2), errorMessage: 'Invalid API Key' },
    'of another shape': { movies: [] },
    'all bad': { items: [{ id: '../x', rank: '1' }], errorMessage: '' },
    'no object': 7,
  })) {
    const directory = t.testdir();
    const services = { ...servicesIn(directory, []), movies: { label: name, load: async () => list } };
    await t.rejects(extract({ date: DATE, runId: RUN }, services), { name: 'DecodeError' }, name);
    t.same(await keysOf(services.bronze.list('')), [], `${name}: bronze`);
    t.same(await services.queue.depth(), { ready: 0, hidden: 0, dead: 0 }, `${name}: queue`);
  }
});

t.test('a batch that no queue takes is refused before the run begins', async (t) => {
  const long = movies(40).map((each) => ({ ...each, title: 'é'.repeat(30_000) }));
  const services = servicesIn(t.testdir(), long);
  const request = { date: DATE, runId: RUN, topN: 40 };
  await t.rejects(extract({ ...request, batchSize: 18 }, services), {
    verdict: 'stop',
    message:
      /^cannot extract 2026-01-02: message 2026-01-02\.20260102T030000Z\.0 has 10\d+ bytes; SQS takes at most 1048576$/,
    hint: 'use a smaller --batch-size',
  });
  t.same(await keysOf(services.bronze.list('')), []);
  t.same(await services.queue.depth(), { ready: 0, hidden: 0, dead: 0 });
  t.match(await extract({ ...request, batchSize: 17 }, services), {
    movies: 40,
    batches: 3,
    continued: false,
  });
});

t.test('a movie alone is never too large for a message', async (t) => {
  const worst = movie(1, { title: '\u0000'.repeat(65_400) });
  const services = servicesIn(t.testdir(), [worst, movie(2)]);
  t.match(await extract({ date: DATE, runId: RUN, batchSize: 1 }, services), { movies: 2, rejected: [] });
});

t.test('a directory takes no message that SQS would refuse', async (t) => {
  const { queue } = servicesIn(t.testdir(), []);
  const of = (body: string) => ({ body, group: 'g', deduplicationId: `id ${body.length}` });
  const largest = of('x'.repeat(MAX_MESSAGE_BYTES));
  for (const body of [`${'x'.repeat(MAX_MESSAGE_BYTES)}y`, '\uffff'.repeat(MAX_MESSAGE_BYTES / 6 + 1)])
    await t.rejects(queue.send([largest, of(body)]), {
      message: /SQS takes at most 1048576$/,
      hint: 'use a smaller --batch-size',
    });
  t.same(await queue.depth(), { ready: 0, hidden: 0, dead: 0 }, 'nothing of such a send is in it');
  await queue.send([largest]);
  t.same(await queue.depth(), { ready: 1, hidden: 0, dead: 0 });
});
