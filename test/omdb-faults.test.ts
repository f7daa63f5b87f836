import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { retryAfter } from '../src/http.js';
import { OMDB_LIMITS, type OmdbLimits, omdbSource } from '../src/omdb.js';
import { startDeaf } from './support/deaf.js';
import { brotliZeros, bytes, bytesAndEnd, flood, gzippedZeros, trickle } from './support/faults.js';
import {
  answers,
  type Behaviour,
  limitReached,
  movieList,
  type Script,
  startOmdb,
} from './support/omdb-server.js';
import { failureOf } from './support/refusal.js';
import { OMDB_KEY, watch } from './support/secrets.js';

const SHAWSHANK = 'tt0111161';
const GODFATHER = 'tt0068646';
const ids = movieList.items.map(({ id }) => id);
const answer = answers.get(SHAWSHANK);
const text = JSON.stringify(answer);
const MEGABYTE = 1024 * 1024;

/** No pause worth the name between calls. */
const EAGER: OmdbLimits = { ...OMDB_LIMITS, pauseMs: 1 };
/** So short that nothing has to be waited for; no sound answer is expected under them. */
const SHORT: OmdbLimits = { connectMs: 100, answerMs: 100, callMs: 150, lookupMs: 60_000, pauseMs: 1 };
const LATE = 'OMDb does not answer: it takes too long';

function sourceAt(url: string, limits: OmdbLimits, concurrency = 8) {
  return omdbSource({ url: new URL(url), apiKey: OMDB_KEY, concurrency, rate: undefined, limits });
}

/** A server that behaves so, and the source under test on it; closed with the test. */
async function sourceOn(t: Test, script: Script, limits = EAGER, concurrency = 8) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  return { server, ...sourceAt(server.url, limits, concurrency) };
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const length = (count: number) => `content-length: ${count}`;
const CHUNKED = 'transfer-encoding: chunked';

t.test('OMDb that hangs is given up in time, and its connection is cut', async (t) => {
  const cases: Record<string, Behaviour> = {
    'without a first byte': { hang: true },
    'in the middle of the head': bytes('HTTP/1.1 200 OK\r\ncontent-le'),
    'in a head that goes on for ever': trickle('HTTP/1.1 200 OK\r\nx-slow: ', 'y'),
    'with one interim answer after the other': trickle('', 'HTTP/1.1 100 Continue\r\n\r\n'),
    'in the middle of the body': bytes(head(length(text.length)), text.slice(0, 100)),
    'in the middle of a compressed body': bytes(
      head('content-encoding: gzip', length(900)),
      gzipSync(text).subarray(0, 500),
    ),
    'in a body that goes on for ever': trickle(head(CHUNKED), '1\r\n \r\n'),
    'in the body of an error': bytes('HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\noops'),
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, behaviour]) => {
      const { server, lookup } = await sourceOn(t, () => behaviour, SHORT);
      t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: LATE }, name);
      t.equal(server.calls.length, 5, `${name}: asked five times`);
      await server.idle();
    }),
  );
});

t.test('an answer that does not begin is not waited for as long as a call may take', async (t) => {
  const { server, lookup } = await sourceOn(t, () => ({ hang: true }), { ...SHORT, callMs: 600_000 });
  t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: LATE });
  t.equal(server.calls.length, 5);
});

t.test('a connection that does not come about is given up in time', async (t) => {
  await t.test('nobody accepts it', async (t) => {
    const deaf = await startDeaf();
    t.teardown(deaf.close);
    const { lookup } = sourceAt(`http://127.0.0.1:${deaf.port}/`, {
      ...SHORT,
      callMs: 60_000,
      answerMs: 60_000,
    });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: LATE });
  });

  await t.test('nobody speaks TLS', async (t) => {
    const mute = createServer().listen(0, '127.0.0.1');
    t.teardown(() => mute.close());
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const { lookup } = sourceAt(`https://127.0.0.1:${port}/`, { ...SHORT, callMs: 60_000, answerMs: 60_000 });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: LATE });
  });
});

t.test('a lookup as a whole has a limit', async (t) => {
  await t.test('in which a movie that hangs is asked for fewer times, and holds up no other', async (t) => {
    const limits = { ...SHORT, answerMs: 5_000, callMs: 100, lookupMs: 250 };
    const { server, lookup } = await sourceOn(
      t,
      ({ id }) => (id === SHAWSHANK ? { hang: true } : { delayMs: 1 }),
      limits,
      1,
    );
    const [hanging] = await Promise.all([failureOf(lookup(SHAWSHANK)), server.received(1)]);
    t.match(hanging, { verdict: 'retry', message: LATE });
    t.ok(server.calls.length <= 3, `${server.calls.length} calls of 100 ms in 250`);
  });

  await t.test('which also ends a call that would go on for longer', async (t) => {
    const { server, lookup } = await sourceOn(t, () => ({ hang: true }), { ...OMDB_LIMITS, lookupMs: 100 });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: LATE });
    t.equal(server.calls.length, 1);
  });

  await t.test('beyond which OMDb cannot ask us to wait', async (t) => {
    for (const wait of ['6', '99999999999999999999999999', new Date(Date.now() + 9_000).toUTCString()]) {
      const script = () => ({ status: 503, headers: { 'retry-after': wait }, body: '' });
      const { server, lookup } = await sourceOn(t, script, { ...OMDB_LIMITS, lookupMs: 5_000 });
      t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: 'OMDb answers 503' });
      t.equal(server.calls.length, 1, `Retry-After: ${wait}`);
    }
  });

  await t.test('within which a wish to wait that makes no sense is none', async (t) => {
    for (const wait of ['-1', '-99999', '1e9', '1.5', '', 'Infinity', '2090', 'tomorrow 2090']) {
      const script: Script = ({ nth }) =>
        nth === 1 ? { status: 503, headers: { 'retry-after': wait }, body: '' } : undefined;
      const { server, lookup } = await sourceOn(t, script);
      const asked = lookup(SHAWSHANK);
      if (wait === '2090') t.match(await failureOf(asked), { verdict: 'retry' }, 'so many seconds');
      else t.match(await asked, { status: 'enriched' }, `Retry-After: ${wait}`);
      t.equal(server.calls.length, wait === '2090' ? 1 : 2);
    }
  });
});

t.test('what Retry-After says', async (t) => {
  const { TZ } = process.env;
  t.teardown(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  process.env.TZ = 'Asia/Kathmandu';
  const now = new Date('2026-11-23T12:00:00Z');
  const cases: [header: string | undefined, seconds: number | undefined][] = [
    ['120', 120],
    [' 0 ', 0],
    ['Mon, 23 Nov 2026 12:01:30 GMT', 90],
    ['Monday, 23-Nov-26 12:01:30 GMT', 90],
    ['Mon Nov 23 12:01:30 2026', 90],
    ['Sun, 22 Nov 2026 12:00:00 GMT', 0],
    ['99999999999999999999999', 1e23],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['tomorrow 2090', undefined],
    ['2026-11-24', undefined],
    ['Mon, 99 Nov 2026 99:99:99 GMT', undefined],
  ];
  for (const [header, seconds] of cases) t.equal(retryAfter(header, now), seconds, `${header}`);
});

t.test('an answer that is broken is asked for again', async (t) => {
  const gzipped = gzipSync(text);
  const cases: Record<string, [Behaviour, message: string]> = {
    'reset before it began': [{ reset: true }, 'does not answer: the connection was reset'],
    'closed before it began': [
      { write: ({ socket }) => socket?.end() },
      'does not answer: the connection was reset',
    ],
    'shorter than it said': [
      bytesAndEnd(head(length(text.length)), text.slice(0, -1)),
      'does not answer: the connection was reset',
    ],
    'cut between two chunks': [
      bytesAndEnd(head(CHUNKED), `${text.length.toString(16)}\r\n${text}\r\n`),
      'does not answer: the connection was reset',
    ],
    'reset in the middle': [
      {
        write: (response) => {
          response.writeHead(200, { 'content-length': text.length }).write(text.slice(0, 50));
          setTimeout(() => response.socket?.resetAndDestroy(), 50);
        },
      },
      'does not answer: the connection was reset',
    ],
    'longer than it said': [
      bytesAndEnd(head(length(text.length)), text, 'and more'),
      'does not answer: its answer cannot be read (HPE_INVALID_CONSTANT)',
    ],
    'no HTTP': [
      bytesAndEnd('220 mail.example ESMTP\r\n'),
      'does not answer: its answer cannot be read (HPE_INVALID_CONSTANT)',
    ],
    'of a head without end': [
      bytesAndEnd(`HTTP/1.1 200 OK\r\nx-long: ${'y'.repeat(100_000)}\r\n\r\n`),
      'does not answer: its answer cannot be read (HPE_HEADER_OVERFLOW)',
    ],
    'compressed, but not so': [
      { headers: { 'content-encoding': 'gzip' }, body: text },
      'does not answer: its answer cannot be read (Z_DATA_ERROR)',
    ],
    'compressed and cut off': [
      { headers: { 'content-encoding': 'gzip' }, body: gzipped.subarray(0, -20) },
      'does not answer: its answer cannot be read (Z_BUF_ERROR)',
    ],
    'compressed in a way that nobody asked for': [
      { headers: { 'content-encoding': 'x-unknown' }, body: gzipped },
      'answers with no JSON object',
    ],
    'a change of protocol': [
      bytes('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
      'answers 101',
    ],
    'an error page with status 200': [
      { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>503</title>' },
      'answers with no JSON object',
    ],
    'a head and nothing else': [{ body: '' }, 'answers with no JSON object'],
    'nothing, with status 204': [{ status: 204, body: '' }, 'answers 204'],
    'a challenge for browsers': [{ status: 202, body: '' }, 'answers 202'],
    'nested half a million deep': [
      { body: `${text.slice(0, -1)},"Deep":${'['.repeat(500_000)}${']'.repeat(500_000)}}` },
      'answers with no JSON object',
    ],
    'cut and nested half a million deep': [{ body: '['.repeat(500_000) }, 'answers with no JSON object'],
    'of bytes in the wrong place': [
      { body: Buffer.concat([Buffer.from([0xff]), Buffer.from(text)]) },
      'answers with no JSON object',
    ],
    null: [{ body: 'null' }, 'answers with no JSON object'],
    'without Response': [
      { body: { ...answer, Response: undefined } },
      'answers without a Response of True or False',
    ],
    'with a Response in small letters': [
      { body: { ...answer, Response: 'true' } },
      'answers without a Response of True or False',
    ],
    'with a Response that is no text': [
      { body: { ...answer, Response: true } },
      'answers without a Response of True or False',
    ],
    'with a Response that only its prototype has': [
      { body: `{"__proto__":${text}}` },
      'answers without a Response of True or False',
    ],
    'for another movie': [{ body: answers.get(GODFATHER) }, 'answers for another movie'],
    'for a movie that is no text': [
      { body: { ...answer, imdbID: [SHAWSHANK] } },
      'answers for another movie',
    ],
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, [behaviour, message]]) => {
      const { server, lookup } = await sourceOn(t, () => behaviour);
      t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message: `OMDb ${message}` }, name);
      t.equal(server.calls.length, 5, `${name}: asked five times`);
      await server.idle();
      server.script = () => undefined;
      t.match(await lookup(SHAWSHANK), { status: 'enriched' }, `${name}: and nothing is held against OMDb`);
    }),
  );
});

t.test('an answer that is odd but sound is taken', async (t) => {
  const plain = { 'content-type': 'text/plain' };
  const cases: Record<string, Behaviour> = {
    'JSON that calls itself HTML': { headers: { 'content-type': 'text/html; charset=utf-8' }, body: answer },
    'JSON that does not say what it is': bytesAndEnd(head(length(Buffer.byteLength(text))), text),
    'up to the end of the connection': bytesAndEnd('HTTP/1.0 200 OK\r\n\r\n', text),
    'after an interim answer': bytesAndEnd('HTTP/1.1 100 Continue\r\n\r\n', head('connection: close'), text),
    'with a byte order mark': { headers: plain, body: `\uFEFF${text}` },
    gzip: { headers: { 'content-encoding': 'gzip' }, body: gzipSync(text) },
    deflate: { headers: { 'content-encoding': 'deflate' }, body: deflateSync(text) },
    brotli: { headers: { 'content-encoding': 'br' }, body: brotliCompressSync(text) },
    'of exactly a megabyte': { body: text + ' '.repeat(MEGABYTE - Buffer.byteLength(text)) },
  };
  for (const [name, behaviour] of Object.entries(cases)) {
    const { server, lookup } = await sourceOn(t, () => behaviour);
    t.same(await lookup(SHAWSHANK), { status: 'enriched', omdb: answer, error: null }, name);
    t.equal(server.calls.length, 1, `${name}: at once`);
  }

  await t.test('with bytes that are no UTF-8 in a text', async (t) => {
    const [before = '', after = ''] = JSON.stringify({ ...answer, Plot: 'caf@' }).split('@');
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xe9]), Buffer.from(after)]);
    const { lookup } = await sourceOn(t, () => ({ body }));
    t.same(
      (await lookup(SHAWSHANK)).omdb,
      { ...answer, Plot: 'caf\uFFFD' },
      'asked again, the same would come',
    );
  });

  await t.test('with fields of any name', async (t) => {
    const body = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},${text.slice(1)}`;
    const { lookup } = await sourceOn(t, () => ({ body }));
    const { omdb } = await lookup(SHAWSHANK);
    t.equal(JSON.stringify(omdb), body, 'kept as they came');
    t.notOk('polluted' in {});
  });
});

t.test('an answer without end is cut off', async (t) => {
  const before = process.resourceUsage().maxRSS;
  const gzip = { 'content-encoding': 'gzip' };
  const cases: Record<string, Behaviour & { sent?: number }> = {
    'as it is': flood({}, Buffer.alloc(64 * 1024, 'x')),
    'that lies about its length': flood({ 'content-length': `${2 ** 40}` }, Buffer.alloc(64 * 1024, ' ')),
    'of a gzip file': flood(gzip, gzippedZeros),
    'of half a gigabyte in brotli': { headers: { 'content-encoding': 'br' }, body: brotliZeros() },
  };
  for (const [name, behaviour] of Object.entries(cases)) {
    const { server, lookup } = await sourceOn(t, () => behaviour);
    const message = `OMDb answers with more than ${MEGABYTE} bytes`;
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'retry', message }, name);
    await server.idle();
    const sent = (behaviour.sent ?? 0) / server.calls.length / MEGABYTE;
    t.ok(
      sent < 32,
      `${name}: ${sent.toFixed(1)} MB left the server each time, most of them into the sockets' buffers`,
    );
  }
  const grown = (process.resourceUsage().maxRSS - before) / 1024;
  t.ok(grown < 192, `the most memory grew by ${grown.toFixed(0)} MB`);
});

t.test('a refusal stops at once, whatever else is wrong with it', async (t) => {
  const cases: Record<string, [Behaviour, verdict: string, message: string]> = {
    'a limit without Response': [
      { status: 401, body: { Error: 'Request limit reached!' } },
      'quota',
      'OMDb\'s daily limit is reached ("Request limit reached!")',
    ],
    'a limit with status 200': [
      { body: limitReached.body },
      'quota',
      'OMDb\'s daily limit is reached ("Request limit reached!")',
    ],
    'a 401 that is a page': [{ status: 401, body: '<html>Request' }, 'stop', 'OMDb answers 401'],
    'a 401 without a body': [{ status: 401, body: '' }, 'stop', 'OMDb answers 401'],
    'a 401 whose reason is no text': [
      { status: 401, body: { Response: 'False', Error: { toString: 1 } } },
      'stop',
      'OMDb answers 401',
    ],
    'a 401 with a reason of many lines': [
      { status: 401, body: { Error: `No\r\n\u001b[31mway${'!'.repeat(500)}` } },
      'stop',
      `OMDb refuses the key ("No [31mway${'!'.repeat(190)}…")`,
    ],
    'a redirect without a target': [{ status: 302, body: '' }, 'stop', 'OMDb answers 302, a redirect'],
    'a redirect to nowhere': [
      { status: 302, headers: { location: 'http://[::bad' }, body: '' },
      'stop',
      'OMDb answers 302, a redirect',
    ],
    'a redirect to another protocol': [
      { status: 302, headers: { location: 'file:///etc/passwd' }, body: '' },
      'stop',
      'OMDb answers 302, a redirect to null',
    ],
  };
  for (const [name, [behaviour, verdict, message]] of Object.entries(cases)) {
    const { server, lookup } = await sourceOn(t, () => behaviour);
    const failure = await failureOf(lookup(SHAWSHANK));
    t.same({ verdict: failure.verdict, message: failure.message }, { verdict, message }, name);
    await failureOf(lookup(GODFATHER));
    t.equal(server.calls.length, 1, `${name}: no further call`);
  }

  await t.test('but a movie that is unknown for no sound reason is an answer', async (t) => {
    const body = { Response: 'False', Error: { toString: 1 } };
    const { lookup } = await sourceOn(t, () => ({ body }));
    t.same(await lookup(SHAWSHANK), { status: 'not_found', omdb: body, error: 'no reason given' });
  });
});

t.test('what OMDb repeats of the key is not kept, whatever the field', async (t) => {
  const encoded = encodeURIComponent(OMDB_KEY);
  const poster = (key: string) => `https://img.example/?apikey=${key}&i=${SHAWSHANK}`;
  const body = {
    ...answer,
    Poster: poster(encoded),
    Plot: `asked with ${OMDB_KEY}`,
    request: {
      query: [{ apikey: OMDB_KEY, [OMDB_KEY]: 1 }],
      url: `/?to=${encodeURIComponent(poster(encoded))}`,
    },
  };
  const { lookup } = await sourceOn(t, ({ id }) => ({
    body: id === SHAWSHANK ? body : { ...body, Response: 'False', Error: `Incorrect IMDb ID ${OMDB_KEY}` },
  }));
  const known = await lookup(SHAWSHANK);
  const clean = {
    ...answer,
    Poster: poster('***'),
    Plot: 'asked with ***',
    request: {
      query: [{ apikey: '***', '***': 1 }],
      url: `/?to=${encodeURIComponent(poster('@')).replace('%40', '***')}`,
    },
  };
  t.same(known, { status: 'enriched', omdb: clean, error: null });
  const unknown = await lookup(GODFATHER);
  const error = 'Incorrect IMDb ID ***';
  t.same(unknown, { status: 'not_found', omdb: { ...clean, Response: 'False', Error: error }, error });
  watch('an answer', JSON.stringify([known, unknown]));
});

t.test('a refusal is understood whatever the key is called', async (t) => {
  for (const apiKey of ['limit', 'key', 'api', 'Error', 'a']) {
    const server = await startOmdb(() => limitReached);
    t.teardown(server.close);
    const { lookup } = omdbSource({ url: new URL(server.url), apiKey, concurrency: 1, rate: undefined });
    t.match(await failureOf(lookup(SHAWSHANK)), { verdict: 'quota' }, apiKey);
  }
});

t.test('after the first refusal for today, at most the calls under way are made', async (t) => {
  const { server, lookup } = await sourceOn(t, ({ nth }) => (nth > 20 ? limitReached : { delayMs: 5 }));
  const outcomes = await Promise.allSettled(ids.map((id) => lookup(id)));
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 20);
  const refused = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason.verdict] : [],
  );
  t.same(new Set(refused), new Set(['quota']));
  t.ok(server.calls.length > 20 && server.calls.length <= 28, `${server.calls.length} calls with 8 at once`);
});
