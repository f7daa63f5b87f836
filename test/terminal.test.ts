import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { datasets } from '../src/datasets/index.js';
import { duration } from '../src/duration.js';
import { DecodeError, PipelineError } from '../src/errors.js';
import { goldKeys } from '../src/keys.js';
import { enrichDate } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { explain } from '../src/terminal/explain.js';
import { StepProgress } from '../src/terminal/step-progress.js';
import { counted } from '../src/terminal.js';
import { linesOf, shell, startCli, told } from './support/cli.js';
import type { CliJob } from './support/cli-worker.js';
import {
  answers,
  invalidKey,
  limitReached,
  movieList,
  type OmdbServer,
  type Script,
  startOmdb,
  unknownId,
} from './support/omdb-server.js';
import { offlineServices, DATE as PAST, RUN as PAST_RUN } from './support/pipeline.js';
import { startWorker } from './support/processes.js';
import { type Screen, startOnScreen } from './support/screen.js';
import { OMDB_KEY, SECRET_ACCESS_KEY } from './support/secrets.js';
import { serving } from './support/serving.js';

/** Most of the time is the start of processes. */
t.jobs = 2;

/** A day to come: one in the past has a warning of its own. */
const DATE = '2099-01-02';
const SPINNER = '[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]';
const ESCAPE = /\u001b/;
/** What colours and other looks are made with (ECMA-48, SGR); the cursor moves by others. */
const LOOK = /\u001b\[[\d;]*m/;

/** The first three movies are answered; what becomes of each further call is up to the test. */
function afterThree(then: Script): Script {
  let answered = 0;
  return (call) => (call.path !== '/' || ++answered <= 3 ? undefined : then(call));
}

/** Keeps calls waiting until they are released, which answers them as OMDb does. */
function held() {
  const waiting: (() => void)[] = [];
  let open = false;
  const script: Script = ({ id }) => {
    if (open) return undefined;
    const write = (response: ServerResponse) => {
      waiting.push(() => response.writeHead(200).end(JSON.stringify(answers.get(id) ?? unknownId.body)));
    };
    return { write };
  };
  const release = () => {
    open = true;
    for (const answer of waiting.splice(0)) answer();
  };
  return { script, release };
}

async function sources(t: Test, script: Script) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  return { server, env: environmentOf(server) };
}

function environmentOf(server: OmdbServer): Record<string, string> {
  return { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
}

const RUN = ['run-all', '--date', DATE, '--top-n', '12', '--concurrency', '4'];

/** Lines without what differs from run to run: the ids of runs, and how long a step took. */
function settled(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.replace(/\d{8}T\d{6}Z-\w{6}/, 'RUN').replace(/ \([\d.]+ s(, (?<retries>[^)]*))?\)$/, ''),
  );
}

/** Where a person's eyes and the shell go on: the cursor shows, and no spinner is left. */
function leftClean(t: Test, screen: Screen): void {
  t.ok(screen.isCursorShown(), 'the cursor is shown again');
  t.notMatch(screen.lines().join('\n'), new RegExp(`${SPINNER}|\\^C`), 'nothing of the spinner is left');
}

t.test('on 80 columns a spinner shows how far a step is, and a table ends it', async (t) => {
  const { script, release } = held();
  const { env } = await sources(t, afterThree(script));
  const screen = startOnScreen(t, RUN, { cwd: t.testdir(), env });
  await screen.shows(new RegExp(`^${SPINNER} enrich ${DATE}: 3/12 movies(, .*)?$`));
  t.match(settled(screen.lines()), [
    `✔ extract ${DATE}: 12 movies, 12 batches, run RUN`,
    new RegExp(`^${SPINNER} enrich ${DATE}: 3/12 movies(, .*)?$`),
  ]);
  t.equal(screen.lines().length, 2, 'the spinner has one line');
  t.notOk(screen.isCursorShown());
  t.match(screen.raw(), LOOK, 'in colours');
  release();
  t.equal(await screen.ended, 0);

  const lines = settled(screen.lines());
  t.same(lines.slice(0, 8), [
    `✔ extract ${DATE}: 12 movies, 12 batches, run RUN`,
    `✔ enrich ${DATE}: 11 enriched, 1 not found`,
    `✔ silver ${DATE}: 12 rows, from run RUN`,
    `✔ gold ${DATE}: 13 datasets of 12 movies`,
    'rows  where',
    `  12  ./data/bronze/dt=${DATE}/run=RUN/`,
    `  12  ./data/silver/movies/dt=${DATE}/movies.csv`,
    `  12  ./data/gold/top_rated/dt=${DATE}/top_rated.csv`,
  ]);
  t.same(
    lines.slice(7).map((line) => /^ *\d+ {2}(\.\S+)$/.exec(line)?.[1]),
    datasets.map(({ name }) => `./data/gold/${goldKeys.dataset(name, DATE)}`),
    'a row for each dataset, and nothing behind it',
  );
  leftClean(t, screen);
});

t.test('retries and waits are shown, and Ctrl-C ends them at once', async (t) => {
  const busy: Script = () => ({ status: 503, headers: { 'retry-after': '50' }, body: '' });
  const { server, env } = await sources(t, afterThree(busy));
  const cwd = t.testdir();
  const screen = startOnScreen(t, RUN, { cwd, env });
  await screen.shows(
    new RegExp(`^${SPINNER} enrich ${DATE}: 3/12 movies, waits \\d+ s: OMDb asks for it, 4 retries$`),
  );
  const calls = server.calls.length;
  screen.type('\u0003');
  t.equal(await screen.ended, 130);
  t.equal(server.calls.length, calls, 'nobody is asked again');
  t.same(settled(screen.unwrapped()), [
    `✔ extract ${DATE}: 12 movies, 12 batches, run RUN`,
    'stopping: what is in flight is finished or goes back; Ctrl-C again ends at once',
    `✖ enrich ${DATE}: 3/12 movies, interrupted`,
    `error: interrupted: what was finished stays; enrich ${DATE} has 9 of 12 movies left; ` +
      `go on with: movie-etl run-all --date ${DATE} --top-n 12 --concurrency 4`,
  ]);
  leftClean(t, screen);

  await t.test('on a pipe they are plain lines', async (t) => {
    server.script = busy;
    const { child, result } = startCli(['enrich', '--date', DATE], { cwd, env });
    child.stderr?.once('data', () => child.kill('SIGTERM'));
    const { code, stdout, stderr } = await result;
    t.match({ code, stdout }, { code: 130, stdout: '' });
    t.match(linesOf(stderr), [
      new RegExp(`^enrich ${DATE}: 3/12 movies, waits 50 s: OMDb asks for it, 1 retry \\(OMDb 503\\)$`),
      /^stopping: what is in flight is finished or goes back$/,
      new RegExp(
        `^error: interrupted: what was finished stays; enrich ${DATE} has 9 of 12 movies left; go on with: movie-etl enrich --date ${DATE}$`,
      ),
    ]);
  });
});

t.test('a pipe is told every five seconds', async (t) => {
  const { script, release } = held();
  const { env } = await sources(t, afterThree(script));
  const { child, result } = startCli(RUN, { cwd: t.testdir(), env });
  let told = '';
  child.stderr?.on('data', (text) => {
    told += text;
    if (told.includes('3/12')) release();
  });
  const { code, stdout, stderr } = await result;
  t.equal(code, 0);
  t.match(settled(linesOf(stderr)), [
    `✔ extract ${DATE}: 12 movies, 12 batches, run RUN`,
    new RegExp(`^enrich ${DATE}: 3/12 movies(, .*)?$`),
    `✔ enrich ${DATE}: 11 enriched, 1 not found`,
    `✔ silver ${DATE}: 12 rows, from run RUN`,
    `✔ gold ${DATE}: 13 datasets of 12 movies`,
  ]);
  t.notMatch(stdout + stderr, ESCAPE);
});

t.test('a narrow terminal without colours breaks no line of the spinner', async (t) => {
  const { env } = await sources(
    t,
    afterThree(() => ({ status: 503, headers: { 'retry-after': '50' } })),
  );
  const options = { cwd: t.testdir(), env: { ...env, NO_COLOR: '1' }, columns: 40 };
  const screen = startOnScreen(t, ['run-all', '--date', DATE, '--top-n', '100'], options);
  await screen.shows(new RegExp(`^${SPINNER} enrich ${DATE}: 3/100 movies$`));
  t.equal(screen.unwrapped().length, 2, 'the step before, and the spinner');
  screen.type('\u0003');
  t.equal(await screen.ended, 130);
  t.equal(screen.unwrapped().length, 4, 'no part of an earlier line is left');
  t.match(screen.unwrapped()[2], `✖ enrich ${DATE}: 3/100 movies, interrupted`);
  leftClean(t, screen);
  t.notMatch(screen.raw(), LOOK);
});

t.test('a dumb terminal gets plain lines, and a table that is too wide can still be copied', async (t) => {
  const cwd = t.testdir();
  const place = `a-directory-${'with-a-long-name-'.repeat(5)}`;
  const args = ['run-all', '--offline', '--date', DATE, '--top-n', '3', '--data-dir', place];
  const screen = startOnScreen(t, args, { cwd, env: { TERM: 'dumb' } });
  t.equal(await screen.ended, 0);
  t.notMatch(screen.raw(), ESCAPE);
  const lines = settled(screen.unwrapped());
  t.match(lines.slice(0, 7), [
    `✔ extract ${DATE}: 3 movies, 3 batches, run RUN`,
    `✔ enrich ${DATE}: 3 enriched, 0 not found`,
    `✔ silver ${DATE}: 3 rows, from run RUN`,
    `✔ gold ${DATE}: 13 datasets of 3 movies`,
    'rows  where',
    `   3  ${place}/bronze/dt=${DATE}/run=RUN/`,
    `   3  ${place}/silver/movies/dt=${DATE}/movies.csv`,
  ]);
  t.equal(lines.length, 5 + 2 + datasets.length);
});

t.test('Ctrl-C ends each stage where it is', async (t) => {
  await t.test('extract, while it waits for the list', async (t) => {
    const { env } = await sources(t, () => ({ hang: true }));
    const screen = startOnScreen(t, ['extract', '--date', DATE, '--no-color'], { cwd: t.testdir(), env });
    await screen.shows(new RegExp(`^${SPINNER} extract ${DATE}, \\d+ s so far$`));
    screen.type('\u0003');
    t.equal(await screen.ended, 130);
    t.same(screen.unwrapped().slice(-2), [
      `✖ extract ${DATE}, interrupted`,
      `error: interrupted: what was finished stays; go on with: movie-etl extract --date ${DATE}`,
    ]);
    t.notMatch(screen.raw(), LOOK);
  });

  await t.test('silver, between two movies', async (t) => {
    const cwd = t.testdir();
    const services = await offlineServices(join(cwd, 'data'));
    await extract({ date: PAST, runId: PAST_RUN, topN: 6 }, services);
    await enrichDate({ date: PAST }, services);
    await services.close();
    const movies = movieList.items.toSorted((a, b) => Number(a.rank) - Number(b.rank));
    const record = join(cwd, `data/bronze/dt=${PAST}/run=${PAST_RUN}/${movies[3]?.id}.json`);
    const content = await readFile(record, 'utf8');
    await rm(record);
    // Whoever reads it waits for a writer.
    await promisify(execFile)('mkfifo', [record]);
    const screen = startOnScreen(t, ['silver', '--date', PAST], { cwd });
    await screen.shows(new RegExp(`^${SPINNER} silver ${PAST}: 3/6 movies`));
    screen.type('\u0003');
    await screen.shows(/^stopping: /);
    await shell(`printf '%s' "$RECORD" > "$FIFO"`, { cwd, env: { RECORD: content, FIFO: record } });
    t.equal(await screen.ended, 130);
    t.same(screen.unwrapped().slice(-2), [
      `✖ silver ${PAST}: 3/6 movies, interrupted`,
      `error: interrupted: what was finished stays; silver ${PAST} has 3 of 6 movies left; ` +
        `go on with: movie-etl silver --date ${PAST}`,
    ]);
    leftClean(t, screen);
  });

  await t.test('a store that does not answer: the second one ends at once', async (t) => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const endpoint = await serving(t, () => asked());
    const args = ['gold', '--date', DATE, '--silver', 's3://movies/silver', '--endpoint-url', endpoint];
    const keys = {
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_REGION: 'eu-west-1',
    };
    const screen = startOnScreen(t, args, { cwd: t.testdir(), env: keys });
    await isAsked;
    screen.type('\u0003');
    await screen.shows(/^stopping: /);
    await screen.shows(new RegExp(`^${SPINNER} gold ${DATE}`));
    screen.type('\u0003');
    t.equal(await screen.ended, 130);
    t.ok(screen.isCursorShown());
  });
});

t.test('every error ends with what to do next', async (t) => {
  const { server, env } = await sources(t, () => undefined);
  const cwd = t.testdir({ taken: 'mine', broken: '{"items"', 'none.json': '{"items":[],"errorMessage":""}' });
  const worker = startWorker<CliJob>(t, new URL('./support/cli-worker.ts', import.meta.url));
  const errorsOf = async (line: string) => {
    const args = line.split(' ').filter((word) => word !== '');
    const { stderr } = (await worker.ask({ args, cwd, env })) as { stderr: string };
    return linesOf(stderr).filter((each) => each.startsWith('error: '));
  };
  const offline = `--offline --date ${DATE}`;
  const see = (command: string) => new RegExp(`; see movie-etl ${command}--help$`);

  const SHAPE = /; give a list of the shape \{.*\}$/;
  const cases: [line: string, ...ends: (RegExp | string)[]][] = [
    ['', see('')],
    ['silvr', see('')],
    ['help silvr', see('')],
    ['run-all --tpo-n 3', /\(Did you mean --top-n\?\); see movie-etl run-all --help$/],
    ['silver --date', see('silver ')],
    ['gold --date 2099-13-01 --silver gs://bucket', see('gold '), see('gold ')],
    [`run-all ${offline} --reprocess some`, see('run-all ')],
    ['enrich --run mine', see('enrich '), see('enrich ')],
    [`silver --date ${DATE}`, `; start one with: movie-etl run-all --date ${DATE}`],
    [
      `silver --date ${DATE} --data-dir elsewhere`,
      `; start one with: movie-etl run-all --data-dir elsewhere --date ${DATE}`,
    ],
    [`gold --date ${DATE}`, `; make it first with: movie-etl silver --date ${DATE}`],
    [`enrich ${offline}`, `; start one with: movie-etl extract --offline --date ${DATE}`],
    [
      `enrich ${offline} --run 20990102T030000Z`,
      /; start a run with: movie-etl extract .*--date 2099-01-02$/,
    ],
    [
      `silver --from ${DATE} --to 2099-01-03`,
      /; start one with: movie-etl run-all --date 2099-01-02$/,
      /; start one with: movie-etl run-all --date 2099-01-03$/,
      /; do what is said of each, then go on with: movie-etl silver --from 2099-01-02 --to 2099-01-03$/,
    ],
    [`extract --date ${DATE} --movies nowhere.json`, /; check --movies \(or MOVIES_URL\)$/],
    [`extract --date ${DATE} --movies broken`, /; check --movies \(or MOVIES_URL\)$/],
    [`extract --date ${DATE} --movies none.json`, SHAPE],
    [`extract --date ${DATE} --movies ${server.url}`, SHAPE],
    [
      `extract --date ${DATE} --movies http://127.0.0.1:1/`,
      /; check the network and the address, then run the command again$/,
    ],
    [`extract ${offline} --data-dir taken`, /; check the path and its rights$/],
    [`redrive --data-dir taken`, /; check the path and its rights$/],
    ['gold --silver s3://movies/silver --endpoint-url http://127.0.0.1:1 --region eu-west-1', /; check /],
  ];
  for (const [line, ...ends] of cases) {
    const errors = await errorsOf(line);
    t.equal(errors.length, ends.length, `${line}: ${errors.join('\n')}`);
    for (const [index, end] of ends.entries()) {
      const error = errors[index] ?? '';
      t.ok(typeof end === 'string' ? error.endsWith(end) : end.test(error), `${line}: ${error}`);
    }
  }

  await t.test('a command in it can be pasted, also of a place that needs quotes', async (t) => {
    const enrich = ['enrich', '--offline', '--date', DATE, '--data-dir', "it's here"];
    const { stderr } = (await worker.ask({ args: enrich, cwd, env })) as { stderr: string };
    const command = /start one with: movie-etl (.*)$/m.exec(stderr)?.[1] ?? '';
    const pasted = await shell(`$MOVIE_ETL ${command} --quiet`, { cwd });
    t.equal(pasted.code, 0, told(pasted));
    t.match(await worker.ask({ args: enrich, cwd, env }), { code: 0 });
  });

  await t.test('OMDb that fails, refuses the key, or answers no more today', async (t) => {
    const begun = (await worker.ask({ args: ['extract', '--date', DATE, '--quiet'], cwd, env })) as object;
    t.match(begun, { code: 0 });
    const enrich = `enrich --date ${DATE} --quiet`;
    server.script = () => invalidKey;
    t.match(await errorsOf(enrich), [
      /; set OMDB_API_KEY, or the secret .* https:\/\/www\.omdbapi\.com\/apikey\.aspx$/,
    ]);
    server.script = () => limitReached;
    t.match(await errorsOf(enrich), [
      /; the quota is renewed at midnight UTC, in \d+ (s|min|h( \d+ min)?); then go on with: movie-etl enrich --date 2099-01-02$/,
    ]);
    server.script = () => ({ status: 404 });
    t.match(await errorsOf(enrich), [/; check --omdb-url \(or OMDB_URL\)$/]);
    server.script = () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    t.match(await errorsOf(enrich), [
      /; redirects are not followed with the key: set --omdb-url \(or OMDB_URL\) to the address itself$/,
    ]);
  });
});

t.test('an error without a hint of its own gets that of its verdict', async (t) => {
  const lineOf = (error: unknown) =>
    explain(error, { help: 'movie-etl --help', left: undefined, pasteable: (text) => text });
  t.same(lineOf(new PipelineError('retry', 'what\n  happened')), [
    'what happened; run the command again in a while',
  ]);
  t.same(lineOf(new PipelineError('quota', 'no more')), [
    'no more; run the command again after midnight UTC',
  ]);
  t.same(lineOf(new DecodeError('broken')), [
    'broken; put that right, then run the command again; --verbose shows where it comes from',
  ]);
  for (const thrown of [new TypeError('x is undefined'), 'x is undefined']) {
    t.same(lineOf(thrown), [
      'unexpected: x is undefined; this is a fault of movie-etl: report what --verbose shows of it',
    ]);
  }
});

t.test('a step says its rate and the time left once they mean something', async (t) => {
  const step = new StepProgress('enrich D', 0);
  const tell = (done: number, at: number) => step.tell({ done, total: 250, noun: 'movies' }, at);
  t.equal(step.line(900), 'enrich D');
  t.equal(step.line(1_000), 'enrich D, 1 s so far');
  tell(1, 1_000);
  t.equal(step.line(1_000), 'enrich D: 1/250 movies');
  for (let at = 1_250; at <= 2_000; at += 250) tell(1 + (at - 1_000) / 125, at);
  t.equal(step.line(2_000), 'enrich D: 9/250 movies, 8.0/s');
  for (let at = 2_250; at <= 11_000; at += 250) tell(1 + (at - 1_000) / 125, at);
  t.equal(step.line(11_000), 'enrich D: 81/250 movies, 8.0/s, 22 s left');
  for (let at = 11_250; at <= 21_250; at += 250) tell(81 + (at - 11_000) / 250, at);
  t.equal(step.line(21_250), 'enrich D: 122/250 movies, 4.0/s, 32 s left', 'of the last ten seconds');
  t.equal(step.reached, '122/250 movies');
  t.equal(step.left, '128 of 250 movies left');

  await t.test('slow ones too, as soon as there were some', async (t) => {
    const slow = new StepProgress('enrich D', 0);
    for (let done = 1; done <= 8; done++) slow.tell({ done, total: 10, noun: 'movies' }, done * 20_000);
    t.equal(slow.line(160_000), 'enrich D: 8/10 movies, 3.0/min, 40 s left');
  });

  await t.test('where nobody knows the end, no time is left', async (t) => {
    const open = new StepProgress('enrich', 0);
    for (let done = 0; done <= 50; done++) open.tell({ done, noun: 'movies' }, done * 100);
    t.equal(open.line(5_000), 'enrich: 50 movies, 10/s');
    t.equal(open.left, undefined);
  });

  await t.test('another kind of thing has a rate of its own', async (t) => {
    const gold = new StepProgress('gold D', 0);
    for (let done = 0; done <= 40; done++) gold.tell({ done, noun: 'movies' }, done * 100);
    gold.tell({ done: 1, total: 13, noun: 'datasets' }, 4_100);
    t.equal(gold.line(4_200), 'gold D: 1/13 datasets');
  });
});

t.test('a step says what holds it up', async (t) => {
  const step = new StepProgress('enrich D', 0);
  const tell = (done: number, at: number) => step.tell({ done, total: 250, noun: 'movies' }, at);
  const retry = (seconds: number, at: number, asked = true) =>
    step.retry({ who: 'OMDb', reason: 'OMDb 503', seconds, asked }, at);
  for (let done = 1; done <= 33; done++) tell(done, done * 125);
  retry(0.3, 4_130, false);
  t.equal(step.line(4_125), 'enrich D: 33/250 movies, 8.0/s, 28 s left, 1 retry (OMDb 503)');
  retry(30, 4_130);
  t.equal(step.line(5_130), 'enrich D: 33/250 movies, waits 29 s: OMDb asks for it, 2 retries (OMDb 503)');
  tell(34, 5_200);
  t.match(step.line(6_000), /^enrich D: 34\/250 movies, \d\.\d\/s/, 'others go on: the step does not wait');
  t.match(step.line(8_000), 'waits 27 s: OMDb asks for it', 'none goes on any more');
  retry(10, 9_000);
  t.match(step.line(9_000), 'waits 26 s: OMDb asks for it', 'the longest wait counts');
  tell(35, 34_200);
  tell(43, 35_200);
  t.equal(
    step.line(35_200),
    'enrich D: 43/250 movies, 8.0/s, 3 retries (OMDb 503)',
    'the wait is no slowness',
  );

  await t.test('a pause of our own asks nobody', async (t) => {
    const own = new StepProgress('silver D', 0);
    own.retry({ who: 'AWS', reason: 'AWS SlowDown', seconds: 4, asked: false }, 500);
    t.equal(own.line(500), 'silver D, waits 4 s, 1 retry (AWS SlowDown)');
  });

  await t.test('what matters least is left out where there is no room', async (t) => {
    const line = (columns: number) => step.line(35_200, columns);
    t.equal(line(61), 'enrich D: 43/250 movies, 8.0/s, 3 retries (OMDb 503)');
    t.equal(line(45), 'enrich D: 43/250 movies, 8.0/s, 3 retries');
    t.equal(line(40), 'enrich D: 43/250 movies, 8.0/s');
    t.equal(line(25), 'enrich D: 43/250 movies');
    t.equal(line(10), 'enrich D:…');
    t.equal(line(1), '…');
  });
});

t.test('durations and counts are said as people say them', async (t) => {
  t.same([0, 0.2, 16, 119.5, 121, 7_140, 7_200, 18_180, 86_400].map(duration), [
    '0 s',
    '1 s',
    '16 s',
    '2 min',
    '3 min',
    '119 min',
    '2 h',
    '5 h 3 min',
    '24 h',
  ]);
  t.same(
    [counted(1, 'movie'), counted(2, 'batch'), counted(3, 'retry'), counted(0, 'day')],
    ['1 movie', '2 batches', '3 retries', '0 days'],
  );
});
