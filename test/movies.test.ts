import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { HttpLimits } from '../src/http.js';
import { movieSource } from '../src/movies.js';
import { bytes, bytesAndEnd, flood, gzippedZeros, trickle } from './support/faults.js';
import { type Behaviour, inTurn, movieList, type Script, startOmdb } from './support/omdb-server.js';
import { failureOf } from './support/refusal.js';
import { leaksIn, PASSWORD, PATH_KEY, shownBy } from './support/secrets.js';

async function serverOn(t: Test, script: Script = () => undefined) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  return server;
}

t.test('a list comes from a URL', async (t) => {
  const server = await serverOn(t);
  const source = movieSource(server.moviesUrl);
  t.equal(server.calls.length, 0, 'nothing is asked before it is needed');
  t.same(await source.load(), movieList);
  t.equal(server.calls.length, 1);
  t.equal(source.label, server.moviesUrl);
});

t.test('a list comes from a file', async (t) => {
  const directory = t.testdir({
    'list.json': JSON.stringify(movieList),
    'with a mark.json': `\uFEFF${JSON.stringify({ items: [] })}`,
  });
  const path = join(directory, 'list.json');
  t.same(await movieSource(path).load(), movieList);
  t.equal(movieSource(path).label, path);
  t.same(
    await movieSource(join(directory, 'with a mark.json')).load(),
    { items: [] },
    'a byte order mark is no JSON',
  );
  t.same(
    await movieSource('fixtures/top-250.json').load(),
    JSON.parse(await readFile('fixtures/top-250.json', 'utf8')),
    'a relative path is one from here',
  );
});

t.test('the list is handed on unchecked: what is in it is the stage’s to judge', async (t) => {
  const server = await serverOn(t);
  for (const list of [{ items: [], errorMessage: 'Maximum usage' }, { nothing: 1 }, [], null, 7]) {
    server.list = list;
    t.same(await movieSource(server.moviesUrl).load(), list);
  }
});

t.test('the label shows where the list is, and none of its secrets', async (t) => {
  const labels: Record<string, string> = {
    [`https://imdb-api.com/en/API/Top250Movies/${PATH_KEY}`]:
      'https://imdb-api.com/en/API/Top250Movies/k_***',
    'https://imdb-api.com/API/k_aB3dE6gH/Top250Movies': 'https://imdb-api.com/API/k_***/Top250Movies',
    [`https://host.example/list.json?apikey=${PASSWORD}`]: 'https://host.example/list.json',
    [`https://host.example/list.json#${PASSWORD}`]: 'https://host.example/list.json',
    [`https://user:${PASSWORD}@host.example:8443/list.json`]: 'https://host.example:8443/list.json',
    [`HTTPS://${PASSWORD}@HOST.example/list.json?a=1&b=2`]: 'https://host.example/list.json',
    'http://host.example': 'http://host.example/',
    './lists/k_12345678.json': './lists/k_12345678.json',
  };
  for (const [source, label] of Object.entries(labels)) t.equal(movieSource(source).label, label);
  t.equal(
    movieSource('https://host.example/x', { label: 'fixtures' }).label,
    'fixtures',
    'a given one stays',
  );
});

t.test('secrets of the address are sent, and shown nowhere', async (t) => {
  const server = await serverOn(t);
  const address = new URL(`${server.origin}/API/Top250Movies/${PATH_KEY}?token=${PASSWORD}`);
  address.username = 'user';
  address.password = PASSWORD;
  const cases: [string, Behaviour][] = [
    ['stop', { status: 404, body: `no ${address}` }],
    ['stop', { status: 401, body: '' }],
    ['stop', { status: 302, headers: { location: `${server.moviesUrl}?token=${PASSWORD}` }, body: '' }],
    ['stop', { body: '' }],
    ['stop', { body: '<html>' }],
    ['stop', { body: `${PASSWORD} is no good` }],
    ['stop', { body: `{"no JSON": "${PATH_KEY}` }],
    ['retry', { status: 503, body: `${address}` }],
    ['retry', { reset: true }],
  ];
  for (const [index, [verdict, behaviour]] of cases.entries()) {
    server.forget();
    server.script = inTurn(behaviour);
    const failure = await failureOf(movieSource(address.href).load());
    t.equal(failure.verdict, verdict, `case ${index + 1}`);
    t.equal(server.calls[0]?.path, `/API/Top250Movies/${PATH_KEY}`);
    t.equal(server.calls.length, 1, 'one call, to no other place');
    t.same(leaksIn(shownBy(failure)), [], failure.verdict);
    t.match(failure.message, 'k_***', 'but the place is named');
  }
});

t.test('secrets of the address are not kept when the list repeats them', async (t) => {
  const server = await serverOn(t);
  const address = new URL(`${server.origin}/API/${PATH_KEY}?token=${PASSWORD}&lang=en&title=Casablanca`);
  const list = (secret: string, key: string) => ({
    items: [
      { id: 'tt0034583', title: 'Casablanca', lang: 'en', image: `https://x.example/?token=${secret}` },
    ],
    errorMessage: `invalid key ${key}`,
  });
  server.script = () => ({ body: list(encodeURIComponent(PASSWORD), PATH_KEY) });
  t.same(await movieSource(address.href).load(), list('***', '***'));
});

t.test('a redirect is not followed: its target would learn what the address holds', async (t) => {
  const target = await serverOn(t);
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [target.moviesUrl, '/elsewhere.json']) {
      const server = await serverOn(t, () => ({ status, headers: { location }, body: '' }));
      const failure = await failureOf(movieSource(server.moviesUrl).load());
      const origin = new URL(location, server.origin).origin;
      t.match(failure, {
        verdict: 'stop',
        message: `movie list ${server.moviesUrl} answers ${status}, a redirect to ${origin}`,
        hint: /redirects are not followed: set --movies/,
      });
      t.equal(server.calls.length, 1, `${status} to ${location}`);
    }
  }
  t.same(target.calls, [], 'the target never got a call');
});

t.test('a list that does not come whole is an error to retry', async (t) => {
  const short = { connectMs: 100, answerMs: 100, callMs: 150 };
  const whole = JSON.stringify(movieList);
  const late = 'does not answer: it takes too long';
  const cases: Record<string, [Behaviour, message: string, HttpLimits | undefined]> = {
    'no answer': [{ hang: true }, late, short],
    'a body that stalls': [bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'), late, short],
    'a body without end in time': [
      trickle('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\n \r\n'),
      late,
      short,
    ],
    'a body that is cut off': [
      bytesAndEnd(
        `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(whole)}\r\n\r\n`,
        whole.slice(0, -9),
      ),
      'does not answer: the connection was reset',
      undefined,
    ],
    'a body that unpacks without end': [
      flood({ 'content-encoding': 'gzip' }, gzippedZeros),
      'answers with more than 67108864 bytes',
      undefined,
    ],
    'too many requests': [{ status: 429, body: '' }, 'answers 429', undefined],
    'an answer 503': [{ status: 503, body: '' }, 'answers 503', undefined],
  };
  for (const [name, [behaviour, what, limits]] of Object.entries(cases)) {
    const server = await serverOn(t, () => behaviour);
    const message = `movie list ${server.moviesUrl} ${what}`;
    t.match(
      await failureOf(movieSource(server.moviesUrl, { limits }).load()),
      { verdict: 'retry', message },
      name,
    );
    await server.idle();
  }
  await t.test('a list that calls itself HTML is one', async (t) => {
    const server = await serverOn(t, () => ({ headers: { 'content-type': 'text/html' }, body: movieList }));
    t.same(await movieSource(server.moviesUrl).load(), movieList);
  });
});

t.test('a list that cannot be had is an error that says which, why and what to check', async (t) => {
  const server = await serverOn(t);
  const directory = t.testdir({ 'empty.json': '', 'cut.json': '{"items":[{"id":"tt01', folder: {} });
  const ofServer = (behaviour: Behaviour) => {
    server.forget();
    server.script = inTurn(behaviour);
    return server.moviesUrl;
  };
  const closed = await startOmdb();
  const gone = closed.moviesUrl;
  await closed.close();
  const cases: [
    name: string,
    source: () => string,
    expected: { message: RegExp; hint: RegExp; verdict: string },
  ][] = [
    [
      'a missing file',
      () => join(directory, 'none.json'),
      { verdict: 'stop', message: /none\.json: no such file/, hint: /--movies/ },
    ],
    [
      'a directory',
      () => join(directory, 'folder'),
      { verdict: 'stop', message: /folder: it is a directory/, hint: /--movies/ },
    ],
    [
      'an empty file',
      () => join(directory, 'empty.json'),
      { verdict: 'stop', message: /empty\.json is empty/, hint: /--movies/ },
    ],
    [
      'a file that is cut off',
      () => join(directory, 'cut.json'),
      { verdict: 'stop', message: /cut\.json is not JSON/, hint: /--movies/ },
    ],
    [
      'a page that is not there',
      () => `${server.origin}/none`,
      { verdict: 'stop', message: /\/none answers 404/, hint: /--movies/ },
    ],
    [
      'an answer 500',
      () => ofServer({ status: 500 }),
      { verdict: 'retry', message: /answers 500/, hint: /--movies/ },
    ],
    [
      'a page',
      () => ofServer({ body: '<!doctype html>' }),
      { verdict: 'stop', message: /is not JSON/, hint: /--movies/ },
    ],
    [
      'a redirect',
      () => ofServer({ status: 301, headers: { location: '/elsewhere' } }),
      { verdict: 'stop', message: /answers 301/, hint: /--movies/ },
    ],
    [
      'a cut connection',
      () => ofServer({ reset: true }),
      { verdict: 'retry', message: /connection was reset/, hint: /network/ },
    ],
    [
      'a host that does not answer',
      () => gone,
      { verdict: 'retry', message: /connection is refused/, hint: /network/ },
    ],
  ];
  for (const [name, source, expected] of cases)
    t.match(await failureOf(movieSource(source()).load()), expected, name);
});

t.test('who asks to stop does not wait for the list', async (t) => {
  const server = await serverOn(t, () => ({ hang: true }));
  const stop = new AbortController();
  const loading = failureOf(movieSource(server.moviesUrl, { signal: stop.signal }).load());
  await server.received(1);
  stop.abort();
  t.match(await loading, { verdict: 'retry' });
});
