import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { InterruptedError, type Verdict } from '../src/errors.js';
import { type Retry, silentLog } from '../src/log.js';
import { OMDB_LIMITS, type OmdbOptions, omdbSource } from '../src/omdb.js';
import {
  answers,
  type Behaviour,
  inTurn,
  invalidKey,
  limitReached,
  movieList,
  type OmdbServer,
  type Script,
  startOmdb,
  unknownId,
} from './support/omdb-server.js';
import { failureOf } from './support/refusal.js';
import { leaksIn, OMDB_KEY, shownBy } from './support/secrets.js';

const SHAWSHANK = 'tt0111161';
const GODFATHER = 'tt0068646';
const ids = movieList.items.map(({ id }) => id);

/** A server that behaves so, and the source under test on it; closed with the test. */
async function sourceOn(t: Test, script: Script = () => undefined, options: Partial<OmdbOptions> = {}) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  const url = new URL(server.url);
  const limits = { ...OMDB_LIMITS, pauseMs: 10 };
  const defaults = { url, apiKey: OMDB_KEY, concurrency: 8, rate: undefined, limits };
  return { server, ...omdbSource({ ...defaults, ...options }) };
}

t.test('answers', async (t) => {
  await t.test('a movie that OMDb knows comes back as it came', async (t) => {
    const { server, lookup } = await sourceOn(t);
    t.same(await lookup(SHAWSHANK), { status: 'enriched', omdb: answers.get(SHAWSHANK), error: null });
    t.match(server.calls, [{ id: SHAWSHANK, apikey: OMDB_KEY, path: '/' }], 'one call, with the key');
  });

  for (const reason of ['Incorrect IMDb ID.', 'Error getting data.', 'Movie not found!']) {
    await t.test(`"${reason}" is an answer, not a failure`, async (t) => {
      const body = { Response: 'False', Error: reason };
      const { server, lookup } = await sourceOn(t, () => ({ body }));
      t.same(await lookup(SHAWSHANK), { status: 'not_found', omdb: body, error: reason });
      t.equal(server.calls.length, 1, 'and is not asked again');
    });
  }

  await t.test('what else is in the address stays in it', async (t) => {
    const server = await startOmdb();
    t.teardown(server.close);
    const url = new URL(`${server.url}?plot=full&i=tt0000001`);
    const { lookup } = omdbSource({ url, apiKey: 'a key/with&signs', concurrency: 1, rate: undefined });
    t.match(await lookup(SHAWSHANK), { status: 'enriched' });
    t.match(server.calls, [{ id: SHAWSHANK, apikey: 'a key/with&signs' }]);
  });
});

t.test('what may succeed later is asked again', async (t) => {
  const justNow = new Date(Date.now() - 5_000).toUTCString();
  const cases: Record<string, Behaviour> = {
    'an answer 500': { status: 500, body: 'oops' },
    'an answer 408': { status: 408, body: '' },
    'an answer 429 that asks to wait a second': { status: 429, headers: { 'retry-after': '1' }, body: '' },
    'an answer 503 that asks to wait a second': { status: 503, headers: { 'retry-after': '1' }, body: '' },
    'an answer 503 that asks to wait until a moment ago': {
      status: 503,
      headers: { 'retry-after': justNow },
    },
    'an answer 503 that asks for nobody knows what': { status: 503, headers: { 'retry-after': 'soon' } },
    'broken JSON': { body: '{"Title":"The Shawsh' },
    'an empty answer': { body: '' },
    'JSON that is no object': { body: [1, 2] },
    'an object without Response': { body: { Title: 'x', imdbID: SHAWSHANK } },
    'an answer for another movie': { body: answers.get(GODFATHER) },
    'a cut connection': { reset: true },
    'an answer of more than a megabyte': { body: { Plot: 'x'.repeat(1024 * 1024 + 1) } },
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, behaviour]) => {
      const { server, lookup } = await sourceOn(t, inTurn(behaviour));
      t.match(
        await lookup(SHAWSHANK),
        { status: 'enriched', omdb: { Title: 'The Shawshank Redemption' } },
        name,
      );
      t.same(server.ids, [SHAWSHANK, SHAWSHANK], `${name}: one more call`);
      const asked = behaviour.headers?.['retry-after'] === '1' ? 900 : 0;
      const [first, second] = server.calls;
      t.ok((second?.at ?? 0) - (first?.at ?? 0) >= asked, `${name}: not before the time that was asked for`);
    }),
  );
});

t.test('what never succeeds is given up with the verdict retry, and asked again another day', async (t) => {
  const cases: Record<string, Behaviour> = {
    'OMDb answers 500': { status: 500, body: '' },
    'OMDb does not answer: the connection was reset': { reset: true },
    'OMDb answers with no JSON': { body: '<html>' },
    'OMDb answers for another movie': { body: answers.get(GODFATHER) },
  };
  await Promise.all(
    Object.entries(cases).map(async ([message, behaviour]) => {
      const { server, lookup } = await sourceOn(t, () => behaviour);
      const failure = await failureOf(lookup(SHAWSHANK));
      t.equal(failure.verdict, 'retry', message);
      t.ok(failure.message.includes(message), failure.message);
      t.ok(server.calls.length > 1, `${message}: ${server.calls.length} calls`);
      server.script = () => undefined;
      t.match(await lookup(SHAWSHANK), { status: 'enriched' }, `${message}: nothing is held against OMDb`);
    }),
  );
});

t.test('OMDb that asks to wait for longer than we do is not asked again', async (t) => {
  for (const wait of ['3600', new Date(Date.now() + 3_600_000).toUTCString()]) {
    const { server, lookup } = await sourceOn(t, () => ({ status: 503, headers: { 'retry-after': wait } }));
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: 'OMDb answers 503' });
    t.equal(server.calls.length, 1, wait);
  }
});

t.test('each call that is made again is told before its pause, and none else', async (t) => {
  const retries: Retry[] = [];
  const log = { ...silentLog, retry: (retry: Retry) => void retries.push(retry) };
  const busy = { status: 503, headers: { 'retry-after': '1' } };
  const secretive = { status: 500, body: `no key like ${OMDB_KEY}` };
  const script = inTurn(busy, secretive, { reset: true }, { body: '<html>' });
  const { lookup } = await sourceOn(t, script, { log, rate: 100 });
  await lookup(SHAWSHANK);
  t.match(retries, [
    { who: 'OMDb', reason: 'OMDb 503', seconds: 1, asked: true },
    { who: 'OMDb', reason: 'OMDb 500', asked: false },
    { who: 'OMDb', reason: 'OMDb does not answer: the connection was reset', asked: false },
    { who: 'OMDb', reason: 'OMDb answers with no JSON object', asked: false },
  ]);
  t.same(leaksIn(JSON.stringify(retries)), []);
  retries.length = 0;
  await lookup(GODFATHER);
  const { lookup: tired } = await sourceOn(t, () => ({ status: 500 }), { log });
  await failureOf(tired(SHAWSHANK));
  t.equal(retries.length, 4, 'not after the last call, when it is over');
});

t.test('a used-up quota', async (t) => {
  await t.test('says how long it lasts, each time anew', async (t) => {
    let clock = new Date('2026-11-23T18:47:30Z');
    const { lookup } = await sourceOn(t, () => limitReached, { now: () => clock });
    const said = async (hint: string) => t.match(await failureOf(lookup(SHAWSHANK)), { hint });
    await said('the quota is renewed at midnight UTC, in 5 h 13 min');
    clock = new Date('2026-11-23T23:59:15Z');
    await said('the quota is renewed at midnight UTC, in 45 s');
  });

  await t.test('is remembered until the next UTC day', async (t) => {
    let clock = new Date('2026-11-23T23:59:59Z');
    const { server, lookup } = await sourceOn(t, inTurn(limitReached), { now: () => clock });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'quota' });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'quota' });
    t.equal(server.calls.length, 1);
    clock = new Date('2026-11-24T00:00:00Z');
    t.match(await lookup(SHAWSHANK), { status: 'enriched' });
    t.equal(server.calls.length, 2);
  });

  await t.test('ends all calls of this process', async (t) => {
    const { server, lookup } = await sourceOn(t, () => limitReached);
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'quota', message: /Request limit reached!/ });
    server.script = () => undefined;
    t.match(await failureOf(lookup(GODFATHER)), { verdict: 'quota' });
    t.same(server.ids, [SHAWSHANK], 'no call after the refusal');
  });

  await t.test('ends those that wait for one of the calls under way', async (t) => {
    const { server, lookup } = await sourceOn(t, () => limitReached, { concurrency: 2 });
    const failures = await Promise.all(ids.slice(0, 10).map((id) => failureOf(lookup(id))));
    t.ok(failures.every(({ verdict }) => verdict === 'quota'));
    t.ok(server.calls.length <= 2, `${server.calls.length} calls were under way already`);
  });

  await t.test('ends those that wait for their turn under a rate', async (t) => {
    const { server, lookup } = await sourceOn(t, inTurn(limitReached), { rate: 2 });
    const outcomes = await Promise.allSettled(ids.slice(0, 3).map((id) => lookup(id)));
    t.ok(outcomes.every(({ status }) => status === 'rejected'));
    t.same(server.ids, ids.slice(0, 1), 'no call after the refusal');
  });

  await t.test('ends those that wait to be asked again', async (t) => {
    const busy = { status: 503, headers: { 'retry-after': '1' } };
    const { server, lookup } = await sourceOn(t, inTurn(busy, limitReached));
    const first = failureOf(lookup(SHAWSHANK));
    await server.received(1);
    t.match(await failureOf(lookup(GODFATHER)), { verdict: 'quota' });
    t.match(await first, { verdict: 'quota' });
    t.same(server.ids, [SHAWSHANK, GODFATHER], 'no call after the refusal');
  });
});

t.test('what a person has to change stops at once, and says what to do', async (t) => {
  const cases: Record<string, [Behaviour, message: RegExp, hint: RegExp]> = {
    'a wrong key': [invalidKey, /Invalid API key!/, /OMDB_API_KEY/],
    'no key': [
      { status: 401, body: { Response: 'False', Error: 'No API key provided.' } },
      /No API key/,
      /OMDB_API_KEY/,
    ],
    'a 401 that is no JSON': [{ status: 401, body: '<html>' }, /401/, /OMDB_API_KEY/],
  };
  for (const [name, [behaviour, message, hint]] of Object.entries(cases)) {
    const { server, lookup } = await sourceOn(t, () => behaviour);
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'stop', message, hint }, name);
    t.match(await failureOf(lookup(GODFATHER)), { verdict: 'stop' }, `${name}: the next one too`);
    t.same(server.ids, [SHAWSHANK], `${name}: not asked again`);
  }
});

t.test('a status that refuses says it of one movie; of three in a row, of the address', async (t) => {
  const [first, second, third, fourth] = ids as [string, string, string, string];
  for (const status of [403, 404, 410]) {
    const { server, lookup } = await sourceOn(t, () => ({ status, body: '' }));
    for (const [id, verdict] of [
      [first, 'retry'],
      [first, 'retry'],
      [second, 'retry'],
      [third, 'stop'],
      [fourth, 'stop'],
    ] as const) {
      const failure = await failureOf(lookup(id));
      t.match(failure, { verdict, message: `OMDb answers ${status}` });
      t.match(failure.hint ?? failure.message, '--omdb-url');
    }
    t.same(server.ids, [first, first, second, third], `${status}: each asked once, the last one not at all`);
  }
  const { server, lookup } = await sourceOn(t, ({ id }) =>
    id === third ? undefined : { status: 404, body: '' },
  );
  for (const id of [first, second, third, first, second]) await lookup(id).catch(() => undefined);
  t.equal(server.calls.length, 5, 'an answer in between is in favour of the address');
});

t.test('a redirect is not followed: its target would get the key', async (t) => {
  const target = await startOmdb();
  t.teardown(target.close);
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [target.url, `//${new URL(target.url).host}/`, '/elsewhere']) {
      const { server, lookup } = await sourceOn(t, () => ({ status, headers: { location }, body: '' }));
      const failure = await failureOf(lookup(SHAWSHANK));
      t.match(failure, {
        verdict: 'stop',
        message: new RegExp(`${status}`),
        hint: /redirects are not followed/,
      });
      t.equal(server.calls.length, 1, `${status} to ${location}`);
    }
  }
  t.same(target.calls, [], 'the target never got a call');
});

t.test('there are never more calls at once than concurrency', async (t) => {
  for (const concurrency of [1, 3]) {
    const { server, lookup } = await sourceOn(t, () => ({ delayMs: 30 }), { concurrency });
    await Promise.all(ids.slice(0, 12).map((id) => lookup(id)));
    t.equal(server.mostAtOnce, concurrency);
    t.same(server.ids, ids.slice(0, 12), 'each asked for once');
  }
});

t.test('calls never come faster than rate', async (t) => {
  for (const [calls, rate] of [
    [12, 20],
    [4, 2.5],
  ] as const) {
    const { server, lookup } = await sourceOn(t, () => undefined, { rate });
    await Promise.all(ids.slice(0, calls).map((id) => lookup(id)));
    t.equal(server.calls.length, calls);
    t.ok(secondsOf(server) >= ((calls - 1) / rate) * 0.9, `${calls} calls at ${rate} a second`);
  }
});

/** From the first call to the last. */
function secondsOf({ calls }: OmdbServer): number {
  return ((calls.at(-1)?.at ?? 0) - (calls[0]?.at ?? 0)) / 1000;
}

t.test('the key is in nothing that an error shows', async (t) => {
  /** What a careless server, proxy or redirect would say of the request it got. */
  const echo = `/?i=${SHAWSHANK}&apikey=${OMDB_KEY}`;
  const cases: Record<string, [Verdict, Behaviour]> = {
    'a limit': ['quota', limitReached],
    'a wrong key': ['stop', invalidKey],
    'a wrong key that is repeated': [
      'stop',
      { status: 401, body: { Response: 'False', Error: `Invalid API key! ${OMDB_KEY}` } },
    ],
    'a limit of a key that is repeated': [
      'quota',
      { status: 401, body: { Response: 'False', Error: `${OMDB_KEY}: Request limit reached!` } },
    ],
    'a redirect': [
      'stop',
      { status: 302, headers: { location: `https://www.example.com${echo}` }, body: '' },
    ],
    'a redirect to a relative address': ['stop', { status: 302, headers: { location: echo }, body: '' }],
    'a 404 that repeats the address': ['retry', { status: 404, body: `Cannot GET ${echo}` }],
    'a 503 that repeats the address': [
      'retry',
      { status: 503, headers: { 'retry-after': '3600' }, body: echo },
    ],
    'an answer 500': ['retry', { status: 500, body: echo }],
    'a cut connection': ['retry', { reset: true }],
    'text that repeats the key': ['retry', { body: `${OMDB_KEY} is no good` }],
    'text that repeats the address': ['retry', { body: `apikey=${OMDB_KEY}` }],
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, [verdict, behaviour]]) => {
      const { server, lookup } = await sourceOn(t, () => behaviour);
      const failure = await failureOf(lookup(SHAWSHANK));
      t.equal(failure.verdict, verdict, name);
      t.equal(server.calls[0]?.apikey, OMDB_KEY, `${name}: the key was sent`);
      t.same(leaksIn(shownBy(failure)), [], name);
    }),
  );

  await t.test('nor when nobody answers', async (t) => {
    const server = await startOmdb();
    const { lookup } = omdbSource({
      url: new URL(server.url),
      apiKey: OMDB_KEY,
      concurrency: 1,
      rate: undefined,
    });
    await server.close();
    const failure = await failureOf(lookup(SHAWSHANK));
    t.match(failure, { verdict: 'retry', message: /the connection is refused/ });
    t.same(leaksIn(shownBy(failure)), []);
  });

  await t.test('nor in an answer that is recorded', async (t) => {
    const body = { ...(unknownId.body as object), Error: `Incorrect IMDb ID. (${echo})` };
    const { lookup } = await sourceOn(t, () => ({ body }));
    t.same(leaksIn(JSON.stringify(await lookup(SHAWSHANK))), []);
  });
});

t.test('who asks to stop waits for nothing', async (t) => {
  const cases: Record<string, [Script, Partial<OmdbOptions>]> = {
    'an answer that does not come': [() => ({ hang: true }), {}],
    'one of the calls under way': [() => ({ hang: true }), { concurrency: 1 }],
    'its turn under a rate': [() => undefined, { rate: 0.1 }],
    'the time that OMDb asked to wait': [() => ({ status: 503, headers: { 'retry-after': '50' } }), {}],
    'the pause before asking again': [() => ({ status: 500 }), {}],
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, [script, options]]) => {
      const stop = new AbortController();
      const { server, lookup } = await sourceOn(t, script, { ...options, signal: stop.signal });
      const lookups = ids.slice(0, 4).map((id) =>
        lookup(id).then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      await server.received(1);
      await sleep(100);
      const before = server.calls.length;
      stop.abort();
      const outcomes = await Promise.race([
        Promise.all(lookups),
        sleep(5_000, 'still waiting', { ref: false }),
      ]);
      t.not(outcomes, 'still waiting', name);
      t.equal(server.calls.length, before, `${name}: no further call`);
      if (!Array.isArray(outcomes)) return;
      const ended = outcomes.filter((error) => error !== undefined);
      t.ok(ended.length >= 3, `${name}: ${ended.length} of 4 were ended`);
      t.ok(
        ended.every((error) => error instanceof InterruptedError),
        `${name}: as interrupted`,
      );
      t.ok(
        (await failureOf(lookup(SHAWSHANK))) instanceof InterruptedError,
        `${name}: nor does a new one begin`,
      );
    }),
  );

  for (const rate of [undefined, 10]) {
    const { server, lookup } = await sourceOn(t, () => undefined, { rate, signal: AbortSignal.abort() });
    t.ok(
      (await failureOf(lookup(SHAWSHANK))) instanceof InterruptedError,
      `stopped from the start, rate ${rate}`,
    );
    t.same(server.calls, []);
  }
});
