import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { startEmulator } from '../chain/emulator/emulator.js';
import { PipelineError } from '../src/errors.js';
import { openQueue } from '../src/queues/open.js';
import { readOmdbApiKey } from '../src/secrets.js';
import { openStore } from '../src/stores/open.js';
import { awsOf } from './support/aws.js';
import { startTestChain, type TestChain } from './support/chain.js';
import { type CliResult, cli, contentsOf, startCli, told } from './support/cli.js';
import {
  answers,
  type Behaviour,
  type Call,
  movieList,
  type Script,
  startOmdb,
} from './support/omdb-server.js';
import {
  leaksIn,
  MARK,
  OMDB_KEY,
  PASSWORD,
  PATH_KEY,
  SECRET_ACCESS_KEY,
  SESSION_TOKEN,
  shownBy,
  watchRequests,
} from './support/secrets.js';
import { serving } from './support/serving.js';

/** Most of the time is the start of processes, and pauses. */
t.jobs = 3;

/** A day to come: one in the past has a warning of its own. */
const DATE = '2099-01-02';
const SECRET = 'movie-etl/omdb';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

/** What a careless server, proxy or page repeats of the request that it got. */
function echo({ apikey, id }: Call): string {
  const query = new URLSearchParams({ i: id, apikey });
  return `${apikey} GET /?i=${id}&apikey=${encodeURIComponent(apikey)} /?${query}`;
}

function withPassword(address: string): URL {
  const url = new URL(address);
  url.username = 'user';
  url.password = PASSWORD;
  url.searchParams.set('token', PASSWORD);
  url.hash = PASSWORD;
  return url;
}

async function startServer(t: Test, script: Script = () => undefined) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  return server;
}

/** A directory, and the command in it with sources that answer so. */
async function operator(t: Test, script: Script = () => undefined) {
  const cwd = t.testdir();
  const server = await startServer(t, (call) => (call.path === '/' ? script(call) : undefined));
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  const run = (args: string[], more: Record<string, string> = {}) =>
    cli([...args, '--verbose'], { cwd, env: { ...env, ...more } });
  return { cwd, server, env, run };
}

/** Runs a script in TypeScript by itself: nothing of the test is in its environment. */
function execute(cwd: string, script: string, ...args: string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const argv = [fileURLToPath(import.meta.resolve('tsx/cli')), script, ...args];
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, argv, { cwd, env: { PATH, HOME } }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

/** The secrets are neither in what a command printed nor in what it left. */
async function keptSecret(t: Test, cwd: string, { stdout, stderr }: CliResult, name: string): Promise<void> {
  const left = [...(await contentsOf(cwd))].filter(([file]) => file !== '.env');
  t.same(leaksIn(`${stdout}${stderr}${left.join('\n')}`), [], name);
}

t.test('a secret is found in whatever form', async (t) => {
  const secrets = { OMDB_KEY, PASSWORD, PATH_KEY, SECRET_ACCESS_KEY, SESSION_TOKEN };
  const html = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const forms: Record<string, (secret: string) => string> = {
    'as it is': (secret) => secret,
    'URL-encoded': encodeURIComponent,
    'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
    'URL-encoded to the last letter': (secret) =>
      [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
    'in a query': (secret) => `${new URLSearchParams({ secret })}`,
    'in JSON': (secret) => JSON.stringify({ secret }),
    'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ secret })),
    'in HTML': html,
    'in capitals': (secret) => secret.toUpperCase(),
    'in base64': (secret) => Buffer.from(secret).toString('base64'),
    'in base64 after a letter': (secret) => Buffer.from(`k${secret}`).toString('base64'),
    'in base64url after two': (secret) => Buffer.from(`k=${secret}`).toString('base64url'),
    'in hex': (secret) => Buffer.from(secret).toString('hex'),
    'as a buffer in JSON': (secret) => JSON.stringify({ body: Buffer.from(secret) }, undefined, 2),
    'as an inspected buffer': (secret) => shownBy(Buffer.from(secret)),
    'in a URL of an error': (secret) =>
      shownBy(Object.assign(new Error('no'), { url: new URL(`x:${secret}`) })),
    'in the cause of an error': (secret) => shownBy(new Error('no', { cause: { deep: { body: secret } } })),
    'in a hidden field of an error': (secret) =>
      shownBy(Object.defineProperty(new Error('no'), 'body', { value: secret, enumerable: false })),
  };
  for (const [form, write] of Object.entries(forms)) {
    for (const [name, secret] of Object.entries(secrets)) {
      t.not(leaksIn(`{"a": "${write(secret)}"}`).length, 0, `${name} ${form}`);
      t.not(leaksIn(Buffer.from(`é${write(secret)}`)).length, 0, `${name} ${form}, in bytes`);
    }
  }
  for (const harmless of ['', 'sekret', 'Qz7', JSON.stringify(movieList), shownBy(new Error('no'))])
    t.same(leaksIn(harmless), []);
  t.same(
    leaksIn(`key=${OMDB_KEY}`)[0],
    { form: 'as it is', after: 'key=' },
    'the finding does not repeat it',
  );
});

t.test('what is put into a bucket or a queue is seen, and what is seen is told', async (t) => {
  const emulator = await startEmulator();
  t.teardown(emulator.close);
  await emulator.createBucket('lake');
  const seen: string[] = [];
  emulator.onRequest((url, body) => seen.push(`${url} ${body}`));
  const aws = awsOf(t, emulator);
  const store = await openStore('s3://lake/bronze', aws);
  await store.put('small.json', `small ${OMDB_KEY}`);
  await store.put(
    'large.json',
    Readable.from([Buffer.alloc(9 * 2 ** 20, 'x'), Buffer.from(`large ${OMDB_KEY}`)]),
  );
  const queue = await openQueue(await emulator.createQueue('movies'), aws);
  await queue.send([{ body: `message ${OMDB_KEY}`, group: 'a', deduplicationId: 'a' }]);
  await queue.close();
  const places = leaksIn(seen.join('\n')).map(({ after }) => /(small|large|message) $/.exec(after)?.[1]);
  t.same(
    places.filter((place) => place !== undefined),
    ['small', 'large', 'message'],
  );

  const support = JSON.stringify(new URL('support/secrets.ts', import.meta.url));
  const told = [
    `import { MARK, watch } from ${support};`,
    "watch('a harmless log', 'nothing');",
    "if (process.argv.includes('leak')) watch('a log', 'key=' + MARK);",
  ];
  const cwd = t.testdir({ 'watching.ts': told.join('\n') });
  const run = (...args: string[]) => execute(cwd, 'watching.ts', ...args);
  const [harmless, leaking] = await Promise.all([run(), run('leak')]);
  t.match(harmless, { code: 0, stderr: '' });
  t.same(leaking, { code: 1, stdout: '', stderr: 'a log shows a secret (as it is) after "key="\n' });
});

t.test('a run that shows a secret fails, wherever it shows', async (t) => {
  const command = [
    "import { mkdirSync, writeFileSync } from 'node:fs';",
    "const secret = 'Qz7' + 'sekret';",
    "const [places = '', code = '0'] = process.argv.slice(2);",
    "mkdirSync('.tap/fixtures/x', { recursive: true });",
    "const put = (name, text) => writeFileSync('.tap/fixtures/x/' + name, text);",
    "put('harmless.json', '{}');",
    "put('.env', 'OMDB_API_KEY=' + secret);",
    "if (places.includes('stdout')) console.log('out ' + secret);",
    "if (places.includes('stderr')) console.error('err ' + btoa(secret));",
    "if (places.includes('file')) put('_manifest.json', 'source ' + secret);",
    'writeFileSync(process.env.MOVIE_ETL_WATCHED, \'{"texts":2,"bytes":1500000}\\n{"texts":1,"bytes":0}\\n\');',
    'process.exitCode = Number(code);',
  ].join('\n');
  const cwd = t.testdir(
    Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { 'command.mjs': command }])),
  );
  const watched = fileURLToPath(new URL('support/watched.ts', import.meta.url));
  const run = async (folder: string, ...args: string[]) => {
    const { code, stdout } = await execute(join(cwd, folder), watched, 'node', 'command.mjs', ...args);
    return { code, lines: stdout.split('\n').filter((line) => line.startsWith('# secrets: ')) };
  };
  const [clean, failing, showing] = await Promise.all([
    run('a'),
    run('b', '', '3'),
    run('c', 'stdout stderr file'),
  ]);
  t.same(clean, {
    code: 0,
    lines: [
      '# secrets: nowhere in 3 files and outputs of the run, 3 texts under way, 1.5 MB; 1 files are to hold them',
    ],
  });
  t.equal(failing.code, 3, 'the code of the command itself stays');
  t.equal(showing.code, 1);
  t.match(showing.lines.sort(), [
    /: \.tap\/fixtures\/x\/_manifest\.json shows a secret \(as it is\) after ".*source "$/,
    /: FOUND 3 times in 4 files/,
    /: what was printed shows a secret \(as it is\) after "out "$/,
    /: what was printed shows a secret \(base64\) after "out \*\*\*\\nerr "$/,
  ]);
  t.same(leaksIn(showing.lines.join('\n')), [], 'and does not show it again');
});

/** What OMDb may answer to one movie while it answers another: by the movie's place in the list. */
const answersThatEcho: ((call: Call) => Behaviour)[] = [
  (call) => ({
    body: {
      ...answers.get(call.id),
      Poster: `https://img.omdbapi.com/?${new URLSearchParams({ i: call.id, apikey: call.apikey })}`,
      Plot: echo(call),
      Ratings: [{ Source: echo(call), Value: '91%' }],
      Request: { [call.apikey]: [call.apikey] },
    },
  }),
  (call) => ({
    body: { Response: 'False', Error: `Incorrect IMDb ID. (${echo(call)})`, Request: echo(call) },
  }),
  (call) => ({ status: 500, body: echo(call) }),
  (call) => ({ status: 503, headers: { 'retry-after': '3600', 'x-request': echo(call) }, body: echo(call) }),
  () => ({ reset: true }),
  (call) => ({ headers: { 'content-type': 'text/html' }, body: `<!doctype html><p>${echo(call)}</p>` }),
  (call) => ({ body: `{"Title": "${encodeURIComponent(call.apikey)}", "Plot": "` }),
  (call) => ({ body: { Response: 'True', imdbID: echo(call) } }),
  (call) => ({ body: { Plot: echo(call) } }),
];

t.test('whatever OMDb answers of a movie', async (t) => {
  const listed = movieList.items.map(({ id }) => id);
  const count = answersThatEcho.length;
  const { cwd, server, run } = await operator(t, (call) => answersThatEcho[listed.indexOf(call.id)]?.(call));
  const failing = await run(['run-all', '--json', '--date', DATE, '--top-n', `${count}`]);
  t.equal(failing.code, 75, told(failing));
  await keptSecret(t, cwd, failing, 'what failed');
  t.equal(new Set(server.ids).size, count, 'each of them was asked for');
  t.ok(
    server.calls.every(({ path, apikey }) => path !== '/' || apikey === OMDB_KEY),
    'with the key',
  );
  server.script = () => undefined;
  const done = await run(['run-all', '--date', DATE]);
  t.equal(done.code, 0, told(done));
  await keptSecret(t, cwd, done, 'and what was made of the rest');
});

t.test('whatever OMDb refuses a run with', async (t) => {
  const refusals: Record<string, [code: number, (call: Call) => Behaviour]> = {
    'a wrong key': [
      1,
      (call) => ({
        status: 401,
        body: { Response: 'False', Error: `Invalid API key! ${echo(call)}`, Key: call.apikey },
      }),
    ],
    'a limit': [
      75,
      (call) => ({
        status: 401,
        body: { Response: 'False', Error: `${echo(call)} Request limit reached!`, Key: call.apikey },
      }),
    ],
    'a page 401': [1, (call) => ({ status: 401, body: `<html>${echo(call)}` })],
    'a page 404': [75, (call) => ({ status: 404, body: `Cannot ${echo(call)}` })],
    'a redirect': [
      1,
      ({ id, apikey }) => ({
        status: 302,
        headers: {
          location: `https://${MARK}:${MARK}@omdb.example/${MARK}?${new URLSearchParams({ i: id, apikey })}`,
        },
        body: '',
      }),
    ],
  };
  for (const [name, [code, behaviour]] of Object.entries(refusals)) {
    await t.test(name, async (t) => {
      const { cwd, run } = await operator(t, behaviour);
      // As a key comes out of a file: it is the trimmed one that is sent, and looked for.
      const result = await run(['run-all', '--date', DATE, '--top-n', '2', '--json'], {
        OMDB_API_KEY: ` ${OMDB_KEY}\n`,
      });
      t.equal(result.code, code, told(result));
      await keptSecret(t, cwd, result, name);
    });
  }
});

t.test('an OMDb that cannot be reached', async (t) => {
  t.jobs = 3;
  const tls = (await startServer(t)).url.replace('http:', 'https:');
  const addresses: Record<string, string> = {
    'nobody listens': NOWHERE,
    'the host is unknown': 'http://omdb.invalid/',
    'it speaks no TLS': tls,
  };
  const tests = Object.entries(addresses).map(([name, address]) =>
    t.test(name, async (t) => {
      const { cwd, run } = await operator(t);
      const url = `${withPassword(address)}`;
      const result = await run(['run-all', '--date', DATE, '--top-n', '1'], { OMDB_URL: url });
      t.equal(result.code, 75, told(result));
      await keptSecret(t, cwd, result, name);
    }),
  );
  await Promise.all(tests);
});

t.test('a movie list behind an address with secrets', async (t) => {
  const answered: Script[] = [
    () => ({ body: movieList }),
    ({ path }) => ({ body: { items: [], errorMessage: `Invalid API Key: ${path}` } }),
    ({ path }) => ({ status: 404, body: path }),
    ({ path }) => ({ body: `<!doctype html>${path} ${PASSWORD}` }),
    ({ path }) => ({ status: 301, headers: { location: path }, body: path }),
    ({ path }) => ({ body: { [path]: path, items: path } }),
    ({ path }) => ({ body: { items: [{ id: path, rank: path, title: path }] } }),
    () => ({ reset: true }),
    ({ path }) => ({ body: { items: [{ ...movieList.items[0], title: path }] } }),
  ];
  const { cwd, run } = await operator(t);
  const server = await startServer(t, (call) => answered[call.nth - 1]?.(call));
  const movies = `${withPassword(`${server.origin}/API/Top250Movies/${PATH_KEY}`)}`;
  const last = `2099-01-${String(answered.length).padStart(2, '0')}`;
  const result = await run(['extract', '--from', '2099-01-01', '--to', last, '--top-n', '1', '--json'], {
    MOVIES_URL: movies,
  });
  t.match(result, { code: 1, stderr: /7 of 9 dates failed/ }, told(result));
  t.same(new Set(server.calls.map(({ path }) => path)), new Set([`/API/Top250Movies/${PATH_KEY}`]));
  t.equal(server.calls.length, answered.length, 'each date asked for it');
  await keptSecret(t, cwd, result, 'neither a manifest nor a message nor an error has them');
});

t.test('settings that are wrong', async (t) => {
  const cases: Record<string, [args: string[], env: Record<string, string>]> = {
    'secrets in the wrong places': [
      ['run-all', '--date', 'x'],
      {
        TOP_N: OMDB_KEY,
        RATE: ` ${OMDB_KEY}\n`,
        OMDB_URL: `omdb.example/?apikey=${OMDB_KEY}`,
        MOVIES_URL: `ftp://user:${PASSWORD}@host/${PATH_KEY}`,
        BRONZE_URI: `https://user:${PASSWORD}@host/bronze?token=${PASSWORD}`,
        SILVER_URI: `s3://user:${PASSWORD}@bucket/silver`,
        GOLD_URI: `https://account.blob.example/gold?sig=${PASSWORD}`,
        QUEUE_URL: `amqps://user:${PASSWORD}@host/queue`,
        AWS_ENDPOINT_URL: `https://user:${PASSWORD}@127.0.0.1:9`,
      },
    ],
    'a flag that there is not': [['run-all', `--omdb-api-key=${OMDB_KEY}`], {}],
  };
  for (const [name, [args, env]] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const { cwd, run } = await operator(t);
      const result = await run(args, env);
      t.equal(result.code, 2, told(result));
      await keptSecret(t, cwd, result, name);
    });
  }

  await t.test('a .env that is no list of settings', async (t) => {
    const cwd = t.testdir({
      '.env': `export OMDB_API_KEY "${OMDB_KEY}\nOMDB_URL=${OMDB_KEY}\n{"key":"${OMDB_KEY}"}`,
    });
    const result = await cli(['run-all', '--verbose'], { cwd });
    t.equal(result.code, 2, told(result));
    await keptSecret(t, cwd, result, 'of its lines nothing is shown');
  });

  await t.test('no setting at all', async (t) => {
    const { cwd, run } = await operator(t);
    const result = await run(['--help'], {
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      OMDB_URL: `${withPassword(NOWHERE)}`,
    });
    t.equal(result.code, 0, told(result));
    await keptSecret(t, cwd, result, 'help shows no value of the environment');
  });
});

t.test('a run that is ended in the middle', async (t) => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    await t.test(signal, async (t) => {
      const { cwd, server, env } = await operator(t, () => ({ hang: true }));
      const { child, result } = startCli(['run-all', '--date', DATE, '--top-n', '2', '--verbose'], {
        cwd,
        env,
      });
      await server.received(3);
      child.kill(signal);
      const ended = await result;
      t.match(ended, signal === 'SIGINT' ? { code: 130 } : { signal });
      await keptSecret(t, cwd, ended, signal);
    });
  }
});

t.test('a secret of Secrets Manager that is no key', async (t) => {
  const emulator = await startEmulator();
  t.teardown(emulator.close);
  watchRequests(emulator);
  /** Answers as AWS never should, with the secret in it. */
  const broken = (status: number, body: string) =>
    serving(t, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
    });
  const inAnswer = JSON.stringify({ Name: SECRET, SecretString: OMDB_KEY });
  const cases: Record<string, { value: string } | { endpoint: string }> = {
    'JSON that is cut off': { value: `{"omdbapi_key": "${OMDB_KEY}` },
    'JSON of something else': { value: JSON.stringify({ key: OMDB_KEY, nested: { omdbapi_key: OMDB_KEY } }) },
    'JSON with a key that is none': { value: JSON.stringify({ omdbapi_key: [OMDB_KEY] }) },
    'an answer that is cut off': { endpoint: await broken(200, inAnswer.slice(0, -3)) },
    'an answer that is no JSON': { endpoint: await broken(200, `${OMDB_KEY}<html>`) },
    'an error that repeats it': {
      endpoint: await broken(
        400,
        JSON.stringify({ __type: 'InternalFailure', message: 'no', SecretString: OMDB_KEY }),
      ),
    },
  };
  for (const [name, wrong] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      if ('value' in wrong) emulator.putSecret(SECRET, wrong.value);
      const url = 'value' in wrong ? emulator.url : wrong.endpoint;
      const secrets = await awsOf(t, { url }).secrets();
      const error = await readOmdbApiKey(secrets, SECRET).catch((thrown: unknown) => thrown);
      t.ok(error instanceof PipelineError);
      t.match(error, { message: /the secret movie-etl\/omdb/ });
      t.same(leaksIn(shownBy(error)), [], 'what is thrown holds it nowhere');
    });
  }

  await t.test('as the command tells it', async (t) => {
    const { cwd, run } = await operator(t);
    const result = await run(['enrich', '--date', DATE], {
      OMDB_API_KEY: '',
      OMDB_API_KEY_SECRET: SECRET,
      AWS_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: '1',
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_SESSION_TOKEN: SESSION_TOKEN,
      AWS_ENDPOINT_URL: await broken(200, `${OMDB_KEY}<html>`),
    });
    t.match(result, { code: 1, stderr: /cannot read the secret movie-etl\/omdb/ });
    await keptSecret(t, cwd, result, 'it does not show it');
  });
});

/** Everything that the functions of a chain logged and answered, and that lies in buckets. */
async function shownByChain({ chain, eventsOf, objects }: TestChain): Promise<string> {
  const lines = eventsOf('logged').map(({ line }) => line);
  const stored = await Promise.all((['bronze', 'silver', 'gold'] as const).map(objects));
  return JSON.stringify([lines, chain.invocations.map(({ outcome }) => outcome), stored]);
}

t.test('the deployed functions', async (t) => {
  const list = await startServer(t, () => ({ body: movieList }));
  const movies = `${withPassword(`${list.origin}/API/Top250Movies/${PATH_KEY}`)}`;
  const test = await startTestChain(t, { parameters: { MoviesUrl: movies, TopN: 3, BatchSize: 1 } });
  const { chain, omdb, eventsOf, until } = test;
  const secret = String(chain.template.parameters.OmdbKeyName);
  const logged = (text: string) => until(() => eventsOf('logged').some(({ line }) => line.includes(text)));

  await t.test('log and store no key that OMDb repeats', async (t) => {
    const listed = movieList.items.map(({ id }) => id);
    omdb.script = (call) => answersThatEcho[listed.indexOf(call.id) % 2]?.(call);
    chain.fire(new Date('2099-01-02T03:00:00Z'));
    await chain.settled();
    t.equal(Object.keys(await test.objects('gold')).length, 14);
    t.ok(eventsOf('logged').length > 0);
    t.same(leaksIn(await shownByChain(test)), []);
  });

  await t.test('log and answer no key that is refused, and no secret that holds none', async (t) => {
    omdb.script = (call) => ({
      status: 401,
      body: { Response: 'False', Error: `Invalid API key! ${echo(call)}` },
    });
    chain.fire(new Date('2099-01-03T03:00:00Z'));
    await logged('Invalid API key!');
    chain.emulator.putSecret(secret, `{"omdbapi_key": "${OMDB_KEY}`);
    chain.fire(new Date('2099-01-04T03:00:00Z'));
    await logged('holds no OMDb key');
    t.same(leaksIn(await shownByChain(test)), []);
  });

  await t.test('hand on no address of a list that cannot be had', async (t) => {
    list.script = ({ path }) => ({ body: { items: [], errorMessage: `Invalid API Key: ${path}` } });
    chain.fire(new Date('2099-01-05T03:00:00Z'));
    await until(() => eventsOf('failed').length > 0);
    const [failure = '', ...others] = await test.bodies(test.output('FailureQueueUrl'));
    t.match(failure, /reports an error: Invalid API Key/);
    t.same(others, []);
    t.same(leaksIn(failure + (await shownByChain(test))), []);
  });
});
