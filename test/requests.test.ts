import t, { type Test } from 'tap';
import { type Requests, requestsOf } from '../chain/usage.js';
import type { Flags } from '../src/config.js';
import { type Account, account } from './support/account.js';
import { command } from './support/command.js';
import { movies } from './support/movies.js';
import { type Size, tooMany } from './support/requests.js';
import { OMDB_KEY } from './support/secrets.js';

const [EARLIER, DATE, LATER] = ['2099-01-01', '2099-01-02', '2099-01-03'] as const;
const SECRET = 'movie-etl/omdb';

/** Does something in an account. @returns what it asked of AWS */
async function requestsBy({ emulator }: Account, work: () => Promise<void>): Promise<Requests> {
  const before = emulator.calls.length;
  await work();
  const calls = emulator.calls.slice(before);
  const requests = requestsOf(calls);
  const sum = Object.values(requests).reduce((total, count) => total + count, 0);
  if (sum !== calls.length) throw new Error(`${calls.length - sum} requests are of no kind that is counted`);
  return requests;
}

/** As somebody at a terminal, whose key is in Secrets Manager. */
async function done({ flags }: Account, name: string, more: Flags): Promise<void> {
  process.env.OMDB_API_KEY_SECRET = SECRET;
  const { error } = await command(name, { ...flags, ...more });
  delete process.env.OMDB_API_KEY_SECRET;
  if (error) throw error;
}

async function world(t: Test, { movies: count, batches }: Size): Promise<Account> {
  const made = await account(t, count);
  made.emulator.putSecret(SECRET, OMDB_KEY);
  return { ...made, flags: { ...made.flags, batchSize: String(Math.ceil(count / batches)) } };
}

const sizes: Size[] = [
  { movies: 60, batches: 12 },
  { movies: 30, batches: 30 },
  { movies: 25, batches: 1 },
];
/** Of each size: a put for each record and each batch's marker, a list for each batch, and what every run has. */
const FOR_A_RUN = { puts: 20, lists: 10, reads: 33, secrets: 1 };
const FOR_FOUR = { puts: 20, lists: 6, reads: 27, secrets: 1 };

for (const size of sizes) {
  const { movies: count, batches } = size;
  const receives = Math.ceil(batches / 10);
  const expected = (base: typeof FOR_A_RUN, sqs: number) => ({
    puts: count + batches + base.puts,
    lists: batches + base.lists,
    reads: 2 * count + base.reads,
    sqs: 3 * receives + sqs,
    secrets: base.secrets,
  });

  t.test(`run-all of ${count} movies in ${batches} batches`, async (t) => {
    const place = await world(t, size);
    const made = await requestsBy(place, () => done(place, 'run-all', { date: DATE }));
    t.same(made, expected(FOR_A_RUN, 1), 'the last receive gets nothing');
    t.ok(place.omdb.mostAtOnce <= Number(place.flags.concurrency));
    t.same(tooMany(made, size), []);
  });

  t.test(`extract, enrich, silver and gold of ${count} movies in ${batches} batches`, async (t) => {
    const place = await world(t, size);
    const made = await requestsBy(place, async () => {
      await done(place, 'extract', { date: DATE });
      await done(place, 'enrich', {});
      await done(place, 'silver', { date: DATE });
      await done(place, 'gold', { date: DATE });
    });
    t.same(made, expected(FOR_FOUR, 2), 'the last receive gets nothing, and what is left is counted');
    t.same(tooMany(made, size), []);
  });
}

t.test('run-all of a date between two others, and of one that is done', async (t) => {
  const size = { movies: 30, batches: 3 };
  const place = await world(t, size);
  for (const date of [EARLIER, LATER]) await done(place, 'run-all', { date });
  const late = await requestsBy(place, () => done(place, 'run-all', { date: DATE }));
  t.ok(late.puts > 30 + 3 + 20, 'the gold of the next date is built again');
  place.omdb.list = { items: movies(30), errorMessage: '' };
  const again = await requestsBy(place, () => done(place, 'run-all', { date: LATER, reprocess: 'all' }));
  t.same(tooMany(again, size), [], 'with a date to compare with');
  const idle = await requestsBy(place, () => done(place, 'run-all', { date: LATER }));
  t.match(idle, { puts: 0, sqs: 0, secrets: 0 });
});
