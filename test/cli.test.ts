import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { datasets } from '../src/datasets/index.js';
import { dirQueue } from '../src/queues/dir.js';
import { MAX_RECEIVES } from '../src/queues/queue.js';
import { silverColumns } from '../src/records/silver-row.js';
import {
  BIN,
  cli,
  contentsOf,
  filesUnder,
  jsonLines,
  linesOf,
  shell,
  startCli,
  told,
} from './support/cli.js';
import {
  invalidKey,
  type ListedMovie,
  limitReached,
  movieList,
  type OmdbServer,
  type Script,
  startOmdb,
} from './support/omdb-server.js';
import { leaksIn, OMDB_KEY } from './support/secrets.js';

/** Each test has its own directory and its own server; most of the time is the start of processes. */
t.jobs = 2;

/** Days to come: a day in the past has a warning of its own. */
const DATE = '2099-01-02';
const NEXT = '2099-01-03';
const ESCAPE = /\u001b/;

/** An OMDb with a movie list, and the environment that names them. */
async function sources(t: Test, script: Script = () => undefined) {
  const server = await startOmdb(script);
  t.teardown(server.close);
  const env = { OMDB_URL: server.url, OMDB_API_KEY: OMDB_KEY, MOVIES_URL: server.moviesUrl };
  return { server, env };
}

/** The `movie-etl` of one test: the same directory and environment each time. */
function commandIn(cwd: string, env: Record<string, string> = {}) {
  return (...args: string[]) => cli(args, { cwd, env });
}

/** Runs a command that has to succeed, for what comes after it. */
function preparedIn(cwd: string, env: Record<string, string> = {}) {
  const run = commandIn(cwd, env);
  return async (...args: string[]) => {
    const result = await run(...args);
    if (result.code !== 0) throw new Error(`${args.join(' ')} ${told(result)}`);
    return result;
  };
}

async function runsOf(cwd: string, date: string): Promise<string[]> {
  const names = await readdir(join(cwd, 'data/bronze', `dt=${date}`));
  return names
    .filter((name) => name.startsWith('run='))
    .map((name) => name.slice('run='.length))
    .sort();
}

const bronzeFile = (cwd: string, date: string, ...rest: string[]) =>
  readFile(join(cwd, 'data/bronze', `dt=${date}`, ...rest), 'utf8');

async function recordsOf(cwd: string, date: string, run: string): Promise<string[]> {
  const names = await filesUnder(join(cwd, 'data/bronze', `dt=${date}`, `run=${run}`));
  return names.filter((name) => /^tt\d+\.json$/.test(name)).map((name) => name.slice(0, -'.json'.length));
}

/** The messages that lie in the queue, in whatever state. */
async function messagesIn(cwd: string): Promise<string[]> {
  return (await filesUnder(join(cwd, 'data/queue'))).filter((name) => !name.startsWith('.'));
}

t.test('run-all --offline makes every layer, shows how it goes, and ends with a table', async (t) => {
  const cwd = t.testdir();
  const { code, stdout, stderr } = await cli(
    ['run-all', '--offline', '--top-n', '250', '--batch-size', '10', '--date', DATE],
    { cwd },
  );
  t.equal(code, 0);

  const [run = ''] = await runsOf(cwd, DATE);
  t.equal((await recordsOf(cwd, DATE, run)).length, 250, 'a record per movie');
  t.match(JSON.parse(await bronzeFile(cwd, DATE, '_SUCCESS')), { runId: run, movies: 250, batches: 25 });
  t.same(await messagesIn(cwd), [], 'no message is left');
  const golden = new URL('golden/', import.meta.url);
  const made = (path: string) => readFile(join(cwd, 'data', path), 'utf8');
  t.equal(
    await made(`silver/movies/dt=${DATE}/movies.csv`),
    await readFile(new URL('silver/movies.csv', golden), 'utf8'),
    'silver is the golden one',
  );
  t.equal(await made(`silver/_quarantine/dt=${DATE}/movies.ndjson`), '');
  for (const { name } of datasets) {
    t.equal(
      await made(`gold/${name}/dt=${DATE}/${name}.csv`),
      await readFile(new URL(`gold/${name}.csv`, golden), 'utf8'),
      `${name} is the golden one`,
    );
  }

  const [head, ...rows] = linesOf(stdout);
  t.match(head, /\brows +where$/, 'a table at the end');
  const placesOf = (name: string) => `./data/gold/${name}/dt=${DATE}/${name}.csv`;
  t.same(
    rows.map((row) => row.trim().split(/ {2,}/).at(-1)),
    [
      `./data/bronze/dt=${DATE}/run=${run}/`,
      `./data/silver/movies/dt=${DATE}/movies.csv`,
      ...datasets.map(({ name }) => placesOf(name)),
    ],
    'of all that was made',
  );
  t.match(rows[1], /\b250 /);

  const steps = linesOf(stderr);
  t.match(steps, [
    new RegExp(`^✔ extract ${DATE}: 250 movies, 25 batches, run ${run}`),
    new RegExp(`^✔ enrich ${DATE}: 245 enriched, 5 not found`),
    new RegExp(`^✔ silver ${DATE}: 250 rows, from run ${run}`),
    new RegExp(`^✔ gold ${DATE}: ${datasets.length} datasets of 250 movies`),
  ]);
  t.equal(steps.length, 4, 'a plain line per stage');
  t.notMatch(stdout + stderr, /[\u001b\r]/, 'a pipe gets no spinner');
});

t.test('--json is one object per date on stdout and nothing else', async (t) => {
  const cwd = t.testdir();
  const run = commandIn(cwd);
  const one = ['--date', DATE, '--json'];
  const range = ['--from', DATE, '--to', NEXT, '--json'];
  /** Fails when there is anything on stdout but an object per date. */
  const objectsOf = async (...args: string[]) => {
    const { code, stdout } = await run(...args);
    t.equal(code, 0, args.join(' '));
    const objects = jsonLines(stdout);
    t.equal(stdout, objects.map((object) => `${JSON.stringify(object)}\n`).join(''), 'a line each');
    t.same(
      objects.map(({ date }) => date),
      args.includes('--date') ? [DATE] : [DATE, NEXT],
      'oldest first',
    );
    return objects;
  };

  t.match(await objectsOf('extract', '--offline', '--top-n', '5', '--batch-size', '3', ...range), [
    { runId: String, movies: 5, batches: 2, topN: 5, batchSize: 3, rejected: [], continued: false },
    { movies: 5 },
  ]);
  t.match(await objectsOf('enrich', '--offline', ...range), [
    { enriched: 5, not_found: 0, standing: 0, failed: [], complete: true },
    { complete: true },
  ]);
  t.match(await objectsOf('silver', ...range), [
    {
      rows: 5,
      quarantined: 0,
      statuses: { enriched: 5, not_found: 0, failed: 0 },
      sha256: /^[0-9a-f]{64}$/,
    },
    { rows: 5 },
  ]);
  t.match(await objectsOf('gold', ...range), [
    { movies: 5, previousDate: null, rebuilt: [] },
    { previousDate: DATE },
  ]);
  t.match(await objectsOf('enrich', '--offline', ...one), [{ standing: 5, complete: true }]);
  t.match(await objectsOf('run-all', '--offline', ...range), [{ status: 'skipped' }, { status: 'skipped' }]);
  t.match(await objectsOf('run-all', '--offline', '--reprocess', 'all', ...one), [
    {
      status: 'done',
      extract: { movies: 5 },
      enrich: { complete: true },
      silver: { rows: 5 },
      gold: { movies: 5 },
    },
  ]);

  await t.test('a date that fails has its object too, and does not stop the others', async (t) => {
    const { code, stdout, stderr } = await run('silver', '--from', '2099-01-01', '--to', DATE, '--json');
    t.equal(code, 1);
    t.match(jsonLines(stdout), [
      { date: '2099-01-01', error: { verdict: 'stop', message: /no run yet/, hint: /run-all/ } },
      { date: DATE, rows: 5 },
    ]);
    const errors = linesOf(stderr).filter((line) => line.startsWith('error: '));
    t.match(errors, [
      /^error: 2099-01-01 has no run yet/,
      /^error: 1 of 2 dates failed: 2099-01-01; .* go on with: movie-etl silver --date 2099-01-01$/,
    ]);
  });
});

t.test('--quiet leaves warnings, errors and JSON', async (t) => {
  const cwd = t.testdir();
  const run = commandIn(cwd);
  const runAll = ['run-all', '--offline', '--top-n', '2', '--quiet'];
  t.same(await run(...runAll, '--date', DATE), { code: 0, signal: null, stdout: '', stderr: '' });
  const past = await run(...runAll, '--date', '2026-01-02', '--json');
  t.match(past, { code: 0, stderr: /^warning: [^\n]+\n$/ });
  t.match(jsonLines(past.stdout), [{ date: '2026-01-02', status: 'done' }]);
  t.match(await run('gold', '--date', '2026-01-01', '--quiet'), {
    code: 1,
    stdout: '',
    stderr: /^error: [^\n]+\n$/,
  });
});

/** A command line as a shell takes it (`NAME=value` before the command is its environment), and what it is told. */
type Refusal = [line: string, ...says: (RegExp | string)[]];

/** The command says just this on stderr, a line each, nothing on stdout, and leaves everything as it was. */
async function refuses(t: Test, cwd: string, code: 1 | 2, [line, ...says]: Refusal): Promise<void> {
  const words = line.split(' ');
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const env = Object.fromEntries(words.slice(0, first).map((word) => word.split('=', 2)));
  const before = await standingIn(cwd);
  const result = await cli(words.slice(first), { cwd, env });
  const lines = linesOf(result.stderr);
  t.match(result, { code, signal: null, stdout: '' }, `${line}: code and stdout`);
  t.equal(lines.length, says.length, `${line}: ${says.length} lines\n${result.stderr}`);
  for (const [index, expected] of says.entries()) {
    t.match(lines[index], /^error: /, line);
    t.match(lines[index], expected, line);
  }
  t.notMatch(result.stderr, /^\s+at |unexpected/m, `${line}: no stack, nothing unexpected`);
  t.same(await standingIn(cwd), before, `${line}: nothing is written`);
}

/** Three at once: they only read. */
async function refusesAll(t: Test, cwd: string, code: 1 | 2, refusals: readonly Refusal[]): Promise<void> {
  for (let first = 0; first < refusals.length; first += 3)
    await Promise.all(refusals.slice(first, first + 3).map((refusal) => refuses(t, cwd, code, refusal)));
}

/** Every directory and file, and what is in the files. */
async function standingIn(cwd: string) {
  return { names: (await readdir(cwd, { recursive: true })).sort(), contents: await contentsOf(cwd) };
}

t.test('wrong usage is told in a line each, and exits 2', async (t) => {
  await refusesAll(t, t.testdir(), 2, [
    ['run-all --offline --date yesterday', /--date 'yesterday' is no date.*YYYY-MM-DD/],
    ['silver --date 2026-02-29', /--date '2026-02-29' is no date/],
    ['gold --from 2026-01-03 --to 2026-01-02', '--from 2026-01-03 is after --to 2026-01-02'],
    ['silver --from 2026-01-02', '--from and --to go together'],
    ['gold --date 2026-01-02 --to 2026-01-02', '--date cannot go with', '--from and --to go together'],
    ['extract --offline --top-n 0', /--top-n must be a whole number from 1.*'0'/],
    [
      'CONCURRENCY=many TOP_N=-3 run-all --date x --batch-size 1.5 --rate 0 --omdb-url ftp://x',
      /--date/,
      /--omdb-url/,
      /TOP_N .*'-3'/,
      /--batch-size .*'1\.5'/,
      /CONCURRENCY .*'many'/,
      /--rate .*'0'/,
      /no movie list/,
      /no OMDb API key/,
    ],
    ['run-all --offline --tpo-n 3', /unknown option '--tpo-n'.*--top-n/],
    ['silvr', /unknown command 'silvr'.*silver/],
    ['silver --date', /--date.* argument missing/],
    ['run-all --offline --reprocess some', /--reprocess.*'some'.*failed, none, all/],
    ['enrich --offline --run mine', /--run 'mine' is no run id/, /--run needs the --date/],
    ['enrich', /no OMDb API key.*OMDB_API_KEY.*https:\/\/www\.omdbapi\.com\/apikey\.aspx.*--offline/],
    ['OMDB_API_KEY=key run-all', /no movie list.*--movies.*MOVIES_URL.*--offline/],
  ]);
});

t.test('a place that cannot be opened is wrong usage', async (t) => {
  await refusesAll(t, t.testdir(), 2, [
    ['run-all --offline --bronze gs://bucket/bronze', /--bronze .*'gs:\/\/bucket\/bronze'/],
    ['run-all --offline --queue sqs://queue', /--queue .*'sqs:\/\/queue'/],
    [
      'SILVER_URI=s3://Bucket GOLD_URI=S3://b silver',
      /SILVER_URI .*'s3:\/\/Bucket'/,
      /GOLD_URI .*'S3:\/\/b'/,
    ],
    ['silver --silver file://elsewhere/silver', /--silver .*file:\/\/elsewhere/],
    ['extract --movies http://', /--movies/],
    ['extract --movies https://host:99999/list.json', /--movies/],
  ]);
  await refuses(t, t.testdir(), 2, [
    'run-all --offline --data-dir s3://bucket',
    /--data-dir .*s3:\/\/bucket/,
  ]);
});

t.test('no command at all is wrong usage, and shows what there is', async (t) => {
  const { code, stdout, stderr } = await cli([], { cwd: t.testdir() });
  t.equal(code, 2);
  t.equal(stdout, '');
  t.match(stderr, /run-all/);
  t.equal(linesOf(stderr).filter((line) => line.startsWith('error: ')).length, 1);
});

t.test('a movie list that is none is told in a line, and nothing is begun', async (t) => {
  const { server } = await sources(t);
  server.list = { items: [], errorMessage: 'Maximum usage (100 per day)' };
  const cwd = t.testdir({
    'broken.json': '{"items":',
    'empty.json': '{"items": [], "errorMessage": ""}',
    'shape.json': '{"movies": []}',
    'useless.json': '{"items": [{"id": "nm0000001", "rank": "1"}], "errorMessage": ""}',
  });
  await refusesAll(t, cwd, 1, [
    ['extract --movies none.json', /none\.json: no such file.*--movies/],
    ['extract --movies broken.json', /broken\.json is not JSON.*--movies/],
    ['extract --movies empty.json', /empty\.json is a list without a usable movie; .*"items"/],
    ['extract --movies shape.json', /shape\.json is no movie list: items.*"items"/],
    [
      'extract --movies useless.json',
      /useless\.json is a list without a usable movie, such as item 1: .*"nm0000001"/,
    ],
    [`extract --movies ${server.moviesUrl}`, /reports an error: Maximum usage \(100 per day\)/],
    [`extract --movies ${server.origin}/none.json`, /none\.json answers 404.*--movies/],
    [`OMDB_URL=${server.url} OMDB_API_KEY=key run-all --movies broken.json`, /broken\.json is not JSON/],
  ]);
  t.same(server.ids, [], 'OMDb is not asked for anything');
});

t.test('a stage whose layer before is not there exits 1 and says how to get it', async (t) => {
  const cwd = t.testdir();
  const prepare = preparedIn(cwd);
  const date = ['--date', DATE];
  const again = new RegExp(`movie-etl silver --date ${DATE}$`);
  await refusesAll(t, cwd, 1, [
    [`silver --date ${DATE}`, `${DATE} has no run yet; start one with: movie-etl run-all --date ${DATE}`],
    [`gold --date ${DATE}`, new RegExp(`${DATE} has no silver yet; .*${again.source}`)],
    [
      `enrich --offline --date ${DATE}`,
      new RegExp(`${DATE} has no run yet; .*movie-etl extract --offline --date ${DATE}$`),
    ],
  ]);
  await prepare('extract', '--offline', '--top-n', '3', ...date);
  const [run = ''] = await runsOf(cwd, DATE);
  await refusesAll(t, cwd, 1, [
    [`silver --date ${DATE}`, `run ${run} is not complete; finish it with: movie-etl enrich --date ${DATE}`],
    [
      `enrich --offline --date ${DATE} --run 20990102T030000Z`,
      /run 20990102T030000Z of 2099-01-02 has no manifest/,
    ],
  ]);
  await prepare('enrich', '--offline', ...date);
  await refuses(t, cwd, 1, [`gold --date ${DATE}`, again]);
  await prepare('silver', ...date);

  const silver = join(cwd, `data/silver/movies/dt=${DATE}/movies.csv`);
  const [header = '', ...rows] = (await readFile(silver, 'utf8')).split('\n');
  for (const [broken, says] of [
    [header.replace('plot,', ''), /header lacks plot/],
    [`${header},extra`, /header has an unknown "extra"/],
    [[...silverColumns].reverse().join(','), /header.*another order/],
  ] as const) {
    await writeFile(silver, [broken, ...rows].join('\n'));
    await refuses(t, cwd, 1, [`gold --date ${DATE}`, new RegExp(`${says.source}.*${again.source}`)]);
  }
});

t.test('a data directory that is a file is told in a line by every command', async (t) => {
  const says = /taken\/[a-z]+: a part of the path is a file, not a directory; check the path and its rights/;
  await refusesAll(t, t.testdir({ taken: 'mine' }), 1, [
    ['run-all --offline --data-dir taken', says],
    ['extract --offline --data-dir taken', says],
    ['enrich --offline --data-dir taken', says],
    ['silver --data-dir taken', says],
    ['gold --data-dir taken', says],
  ]);
});

t.test('--verbose shows where an error comes from', async (t) => {
  const { code, stderr } = await cli(['silver', '--date', DATE, '--verbose'], { cwd: t.testdir() });
  t.equal(code, 1);
  t.match(stderr, /^error: .*\n.*PipelineError: .*\n\s+at /);
});

t.test('colours are only where they are wanted', async (t) => {
  const cwd = t.testdir();
  const painted = { FORCE_COLOR: '1' };
  await preparedIn(cwd)('run-all', '--offline', '--top-n', '2', '--date', DATE);
  for (const [args, env, colours] of [
    [[], painted, true],
    [[], { ...painted, NO_COLOR: '1' }, false],
    [['--no-color'], painted, false],
  ] as [string[], Record<string, string>, boolean][]) {
    const { code, stdout, stderr } = await cli(['gold', '--from', '2099-01-01', '--to', DATE, ...args], {
      cwd,
      env,
    });
    t.equal(code, 1);
    t.match(stderr, /✔.* gold 2099-01-02/);
    t.match(stderr, /error:.* 2099-01-01/);
    for (const [where, text] of Object.entries({ stdout, stderr }))
      t.equal(ESCAPE.test(text), colours, `${where} with ${JSON.stringify({ args, env })}`);
  }
});

t.test('help is on stdout, with an example for every command', async (t) => {
  const run = commandIn(t.testdir());
  const help = await run('--help');
  t.match(help, { code: 0, stderr: '', stdout: /Examples:\n {2}\$ movie-etl run-all/ });
  t.match(help.stdout, /Exit codes: 0 .* 1 .* 2 .* 75 .* 130 /);
  const commands = [...help.stdout.matchAll(/^ {2}([a-z][a-z-]*) \[options\]/gm)].map(
    ([, name = '']) => name,
  );
  const dated = ['extract', 'enrich', 'silver', 'gold', 'run-all'];
  for (const name of [...dated, 'redrive']) t.ok(commands.includes(name), name);
  await Promise.all(
    commands.map(async (name) => {
      const asked = await run(name, '--help');
      t.match(asked, { code: 0, stderr: '' }, name);
      t.match(asked.stdout, new RegExp(`Examples:\\n {2}\\$ movie-etl ${name}\\b`), `${name} has an example`);
      const flags = ['--data-dir', '--json', '--quiet', '--verbose', '--no-color'];
      for (const flag of dated.includes(name) ? [...flags, '--date', '--from', '--to'] : flags)
        t.ok(asked.stdout.includes(flag), `${name} ${flag}`);
    }),
  );
  const ofEnrich = (await run('enrich', '--help')).stdout;
  t.match(ofEnrich, /\(default:\s+whatever\s+is\s+in\s+the\s+queue\)/);
  t.notMatch(ofEnrich, 'default: today');
  const ofRedrive = (await run('redrive', '--help')).stdout;
  for (const flag of ['--queue', '--region', '--profile', '--endpoint-url']) t.match(ofRedrive, flag);
  t.notMatch(ofRedrive, /--bronze|--silver|--gold|--date|per date/);
  t.equal((await run('help', 'silver')).stdout, (await run('silver', '--help')).stdout);
});

t.test('--version is that of the package', async (t) => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const result = await cli(['--version'], { cwd: t.testdir() });
  t.same(result, { code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
});

t.test('a reader that goes away is no crash', async (t) => {
  const cwd = t.testdir({ table: {}, progress: {} });
  const runAll = `$MOVIE_ETL run-all --offline --top-n 3 --date ${DATE}`;
  const range = `$MOVIE_ETL gold --json --from ${DATE} --to ${NEXT}`;
  const quietly = (text: string) => t.notMatch(text, /EPIPE|unexpected|^\s+at /m);
  const head = await shell(`{ ${runAll}; echo "code $?" >&2; } | head -1`, { cwd });
  t.match(head, { stdout: /^ *rows +where\n$/, stderr: /code 0\n$/ });
  quietly(head.stderr);
  const [table, json, progress] = await Promise.all([
    shell(`{ sleep 0.1; ${runAll}; echo "code $?" >&2; } | true`, { cwd: join(cwd, 'table') }),
    shell(`{ sleep 0.1; ${range}; echo "code $?" >&2; } | true`, { cwd }),
    shell(`exec 3>&1; { sleep 0.1; ${runAll} 2>&1 >&3; echo "code $?" >&3; } | true`, {
      cwd: join(cwd, 'progress'),
    }),
  ]);
  t.match(table.stderr, /code 0\n$/, 'nobody reads the table');
  t.match(json.stderr, /error: .*\ncode 1\n$/, 'nobody reads the JSON');
  t.match(progress.stdout, /summary\.csv\ncode 0\n$/, 'nobody reads what goes on');
  for (const { stderr } of [table, json, progress]) quietly(stderr);
  const made = await filesUnder(cwd);
  for (const where of ['table', 'progress'])
    t.ok(made.includes(`${where}/data/gold/summary/dt=${DATE}/summary.csv`), 'the work was done');
});

t.test('--reprocess decides what becomes of a date that was there before', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await sources(t);
  const run = commandIn(cwd, env);
  const runAll = ['run-all', '--date', DATE, '--top-n', '4', '--batch-size', '2', '--json'];
  const prepare = preparedIn(cwd, env);
  await prepare(...runAll);
  const [first = ''] = await runsOf(cwd, DATE);

  await t.test('a complete one is left alone: no call, no byte', async (t) => {
    const before = await contentsOf(cwd);
    server.forget();
    for (const which of [[], ['--reprocess', 'none']]) {
      const { code, stdout, stderr } = await run(...runAll, ...which);
      t.equal(code, 0);
      t.same(jsonLines(stdout), [{ date: DATE, status: 'skipped' }]);
      t.match(stderr, `${DATE} is left as it is`);
    }
    t.same(server.calls, [], 'neither OMDb nor the list is asked');
    t.same(await contentsOf(cwd), before);
  });

  await t.test('all starts a new run beside the old one', async (t) => {
    const before = await contentsOf(join(cwd, `data/bronze/dt=${DATE}/run=${first}`));
    server.forget();
    await prepare(...runAll, '--reprocess', 'all');
    t.equal(server.ids.length, 4, 'every movie is asked for again');
    const runs = await runsOf(cwd, DATE);
    t.equal(runs.length, 2);
    t.same(
      await contentsOf(join(cwd, `data/bronze/dt=${DATE}/run=${first}`)),
      before,
      'the old run is as it was',
    );
    t.match(JSON.parse(await bronzeFile(cwd, DATE, '_SUCCESS')), { runId: runs.find((id) => id !== first) });
  });

  await t.test('none leaves an unfinished run alone, failed finishes it', async (t) => {
    await prepare('extract', '--date', NEXT, '--top-n', '3');
    const before = await contentsOf(cwd);
    server.forget();
    const left = await run('run-all', '--date', NEXT, '--reprocess', 'none', '--json');
    t.equal(left.code, 0);
    t.same(jsonLines(left.stdout), [{ date: NEXT, status: 'skipped' }]);
    t.same(await contentsOf(cwd), before);
    t.same(server.calls, []);

    const [unfinished] = await runsOf(cwd, NEXT);
    const mended = await run('run-all', '--date', NEXT, '--json');
    t.match(jsonLines(mended.stdout), [
      {
        status: 'done',
        enrich: { runId: unfinished, enriched: 3, complete: true },
        silver: { rows: 3 },
        gold: { previousDate: DATE },
      },
    ]);
    t.same(await runsOf(cwd, NEXT), [unfinished], 'no new run');
  });

  await t.test('failed builds again what is gone or changed, and asks nobody', async (t) => {
    const good = await contentsOf(join(cwd, 'data/gold'));
    server.forget();
    const again = async () => jsonLines((await run('run-all', '--date', NEXT, '--json')).stdout);
    await rm(join(cwd, `data/gold/summary/dt=${NEXT}/summary.csv`));
    const gold = await again();
    t.match(gold, [{ status: 'done', gold: { movies: 3 } }]);
    t.notMatch(gold, [{ silver: {} }], 'silver was as it should be');
    await writeFile(join(cwd, `data/silver/movies/dt=${NEXT}/movies.csv`), 'scribbled over\n');
    t.match(await again(), [{ status: 'done', silver: { rows: 3 }, gold: { movies: 3 } }]);
    const now = await contentsOf(join(cwd, 'data/gold'));
    for (const [path, text] of good) if (!path.startsWith('.')) t.equal(now.get(path), text, path);
    t.same(server.calls, []);
  });
});

t.test('extract --run goes on with the run that stands, whatever the flags say', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await sources(t);
  const prepare = preparedIn(cwd, env);
  await prepare('extract', '--date', DATE, '--top-n', '5', '--batch-size', '2');
  const [run = ''] = await runsOf(cwd, DATE);
  const manifest = await bronzeFile(cwd, DATE, `run=${run}`, '_manifest.json');
  const messages = await messagesIn(cwd);
  t.equal(messages.length, 3);
  server.list = { items: movieList.items.slice(100), errorMessage: '' };

  const again = ['extract', '--date', DATE, '--run', run, '--top-n', '50', '--batch-size', '7', '--json'];
  t.match(jsonLines((await prepare(...again)).stdout), [
    { runId: run, movies: 5, batches: 3, topN: 5, batchSize: 2, continued: true },
  ]);
  t.equal(await bronzeFile(cwd, DATE, `run=${run}`, '_manifest.json'), manifest, 'the manifest is as it was');
  t.same(await runsOf(cwd, DATE), [run]);
  t.same(await messagesIn(cwd), messages, 'what was under way is not sent twice');

  await rm(join(cwd, 'data/queue'), { recursive: true });
  await prepare(...again);
  t.equal((await messagesIn(cwd)).length, 3, 'what was lost is sent again');
  server.forget();
  await prepare('enrich');
  t.same(
    server.ids.sort(),
    movieList.items
      .slice(0, 5)
      .map(({ id }) => id)
      .sort(),
    'the list is the old one',
  );
});

t.test('extracting a date again keeps its newest list length and batch size', async (t) => {
  const cwd = t.testdir();
  const extract = async (...args: string[]) => {
    const { stdout } = await preparedIn(cwd)('extract', '--offline', '--json', ...args);
    return jsonLines(stdout)[0];
  };
  t.match(
    await extract('--date', DATE, '--top-n', '6', '--batch-size', '4'),
    { topN: 6, batchSize: 4 },
    'given ones',
  );
  t.match(await extract('--date', DATE), { topN: 6, batchSize: 4, movies: 6, batches: 2 }, 'kept');
  t.match(await extract('--date', DATE, '--top-n', '8'), { topN: 8, batchSize: 4 }, 'each on its own');
  t.match(await extract('--date', NEXT), { topN: 10, batchSize: 1 }, 'a new date has the default');
  t.equal((await runsOf(cwd, DATE)).length, 3);
});

t.test('enrich without a date works off the queue, whatever dates the messages are of', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await sources(t);
  const prepare = preparedIn(cwd, env);
  await prepare('extract', '--from', DATE, '--to', NEXT, '--top-n', '6', '--batch-size', '4');
  t.equal((await messagesIn(cwd)).length, 4);
  const { stdout } = await prepare('enrich', '--json');
  const drained = jsonLines<{ date: string }>(stdout).sort((a, b) => (a.date < b.date ? -1 : 1));
  t.match(drained, [
    { date: DATE, enriched: 6, failed: [], complete: true },
    { date: NEXT, enriched: 6, failed: [], complete: true },
  ]);
  t.equal(drained.length, 2);
  t.same(await messagesIn(cwd), []);
  t.equal(server.ids.length, 12);
  for (const date of [DATE, NEXT])
    t.match(JSON.parse(await bronzeFile(cwd, date, '_SUCCESS')), { date, movies: 6 });
  t.match(await prepare('enrich', '--json'), { stdout: '' }, 'nothing is left to do');
});

t.test('enrich --date needs no queue', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await sources(t);
  const prepare = preparedIn(cwd, env);
  await prepare('extract', '--date', DATE, '--top-n', '5', '--batch-size', '2');
  const [run = ''] = await runsOf(cwd, DATE);
  await rm(join(cwd, 'data/queue'), { recursive: true });
  t.match(jsonLines((await prepare('enrich', '--date', DATE, '--json')).stdout), [
    { runId: run, batches: 3, enriched: 5, complete: true },
  ]);
  server.forget();
  t.match(jsonLines((await prepare('enrich', '--date', DATE, '--json')).stdout), [
    { runId: run, enriched: 0, standing: 5, complete: true },
  ]);
  t.same(server.ids, [], 'what has its record is not asked for again');

  await prepare('extract', '--date', DATE, '--top-n', '2');
  const newest = (await runsOf(cwd, DATE)).find((id) => id !== run) ?? '';
  t.match(
    jsonLines((await prepare('enrich', '--date', DATE, '--run', run, '--json')).stdout),
    [{ runId: run }],
    'the run that is asked for',
  );
  t.match(
    jsonLines((await prepare('enrich', '--date', DATE, '--json')).stdout),
    [{ runId: newest, enriched: 2 }],
    'else the newest',
  );
});

t.test('list items that are no movies are reported and left out', async (t) => {
  const [shawshank, godfather, knight] = movieList.items as [ListedMovie, ListedMovie, ListedMovie];
  const items = [
    knight,
    { ...shawshank, id: 'nm0000151' },
    { ...shawshank, rank: 'first' },
    shawshank,
    'not even an object',
    { ...godfather, title: 'The same again', rank: '90' },
    godfather,
    { ...godfather, rank: 0 },
  ];
  const cwd = t.testdir({ 'list.json': JSON.stringify({ items, errorMessage: '' }) });
  const { code, stdout, stderr } = await cli(['extract', '--movies', 'list.json', '--date', DATE, '--json'], {
    cwd,
  });
  t.equal(code, 0);
  const rejected = [
    { position: 2, reason: /id: "nm0000151" is no IMDb id/ },
    { position: 3, reason: /rank: "first" is no positive integer/ },
    { position: 5, reason: /object/ },
    { position: 6, reason: /tt0068646 is in the list already/ },
    { position: 8, reason: /rank: 0 is no positive integer/ },
  ];
  t.match(jsonLines(stdout), [{ movies: 3, rejected }]);
  const warnings = linesOf(stderr).filter((line) => line.startsWith('warning: '));
  t.equal(warnings.length, rejected.length);
  for (const [index, { position, reason }] of rejected.entries()) {
    t.match(warnings[index], `item ${position} is left out`);
    t.match(warnings[index], reason);
  }
  const [run = ''] = await runsOf(cwd, DATE);
  const { movies } = JSON.parse(await bronzeFile(cwd, DATE, `run=${run}`, '_manifest.json'));
  t.same(movies, [shawshank, godfather, knight], 'in rank order, as the source gave them');
});

t.test('a date in the past gets the list of today, and is told so', async (t) => {
  const cwd = t.testdir();
  for (const command of ['extract', 'run-all']) {
    const args = ['--offline', '--top-n', '1', '--date', '2026-01-02', '--data-dir', command];
    const { code, stderr } = await cli([command, ...args], { cwd });
    t.equal(code, 0, command);
    t.match(stderr, /^warning: 2026-01-02 is in the past: it got the list of today$/m);
  }
});

t.test('a .env file is read, and the environment wins over it', async (t) => {
  const { server } = await sources(t);
  const cwd = t.testdir({
    '.env': `OMDB_URL=${server.url}\nOMDB_API_KEY=${OMDB_KEY}\nMOVIES_URL=${server.moviesUrl}\nTOP_N=3\nBATCH_SIZE=2\n`,
  });
  const { code, stdout } = await cli(['run-all', '--date', DATE, '--json'], {
    cwd,
    env: { BATCH_SIZE: '3' },
  });
  t.equal(code, 0);
  t.match(jsonLines(stdout), [{ extract: { topN: 3, batchSize: 3 } }]);
  t.ok(server.calls.every(({ path, apikey }) => path !== '/' || apikey === OMDB_KEY));
});

t.test('a used-up quota exits 75 and says how to go on', async (t) => {
  const cwd = t.testdir();
  let left = 3;
  const { server, env } = await sources(t, ({ path }) =>
    path === '/' && left-- <= 0 ? limitReached : undefined,
  );
  const run = commandIn(cwd, env);
  const refused = await run(
    'run-all',
    '--date',
    DATE,
    '--top-n',
    '12',
    '--batch-size',
    '2',
    '--concurrency',
    '2',
    '--json',
  );
  t.equal(refused.code, 75);
  t.match(jsonLines(refused.stdout), [{ date: DATE, status: 'not complete', error: { verdict: 'quota' } }]);
  t.match(
    refused.stderr,
    /^error: 2099-01-02 is not complete: .*Request limit reached!.*midnight UTC.*movie-etl run-all --date 2099-01-02$/m,
  );
  t.ok(server.ids.length <= 5, `${server.ids.length} calls: none after the refusal but those under way`);
  const [id = ''] = await runsOf(cwd, DATE);
  const recorded = await recordsOf(cwd, DATE, id);
  t.equal(recorded.length, 3, 'what was answered is recorded');

  server.forget();
  const drain = await run('enrich');
  t.match(drain, { code: 75, stderr: /error: .*movie-etl enrich/ }, 'the queue has it still');
  left = 1000;
  server.forget();
  await preparedIn(cwd, env)('run-all', '--date', DATE);
  t.same(
    server.ids.filter((movie) => recorded.includes(movie)),
    [],
    'nothing is asked for twice',
  );
  t.equal((await recordsOf(cwd, DATE, id)).length, 12);

  const everything = [...(await contentsOf(cwd)).values(), refused.stdout, refused.stderr, drain.stderr].join(
    '\n',
  );
  t.same(leaksIn(everything), [], 'the key is nowhere');
});

t.test('a wrong key exits 1, loses no message and says what to set', async (t) => {
  const cwd = t.testdir();
  const { server, env } = await sources(t, ({ path }) => (path === '/' ? invalidKey : undefined));
  const run = commandIn(cwd, env);
  await preparedIn(cwd, env)('extract', '--date', DATE, '--top-n', '4');
  for (const args of [['enrich'], ['run-all', '--date', DATE]]) {
    const { code, stderr } = await run(...args, '--verbose');
    t.equal(code, 1, args.join(' '));
    t.match(linesOf(stderr)[0], /^error: OMDb refuses the key \("Invalid API key!"\); set OMDB_API_KEY/);
    t.equal((await messagesIn(cwd)).length, 4);
  }
  server.script = () => undefined;
  await preparedIn(cwd, env)('enrich');
});

t.test('Ctrl-C during a slow enrich loses nothing, and the same command goes on', async (t) => {
  for (const args of [['enrich'], ['enrich', '--date', DATE], ['run-all', '--date', DATE]]) {
    await t.test(args.join(' '), async (t) => {
      const cwd = t.testdir();
      const { server, env } = await sources(t);
      await preparedIn(cwd, env)('extract', '--date', DATE, '--top-n', '20', '--batch-size', '2');
      const [id = ''] = await runsOf(cwd, DATE);
      server.forget();
      server.script = ({ nth }) => ({ hang: nth > 7 });

      const { child, result } = startCli([...args, '--concurrency', '3'], { cwd, env });
      await server.received(10);
      child.kill('SIGINT');
      const { code, signal, stdout, stderr } = await result;
      t.match({ code, signal }, { code: 130, signal: null }, 'although answers are still to come');
      t.equal(stdout, '');
      t.match(
        linesOf(stderr).at(-1),
        /^error: interrupted: what was finished stays; enrich.* has 13 of 20 movies left; go on with: /,
      );
      t.ok(stderr.endsWith(`movie-etl ${args.join(' ')} --concurrency 3\n`), 'and it says what goes on');
      t.notMatch(stderr, /^\s+at /m);
      await holdsTogether(t, cwd, id, server);

      const recorded = await recordsOf(cwd, DATE, id);
      t.equal(recorded.length, 7);
      server.forget();
      server.script = () => undefined;
      const again = await cli(args, { cwd, env });
      t.equal(again.code, 0, `the same command again ${told(again)}`);
      t.equal((await recordsOf(cwd, DATE, id)).length, 20);
      t.match(JSON.parse(await bronzeFile(cwd, DATE, '_SUCCESS')), { runId: id, movies: 20 });
      t.same(
        server.ids.filter((movie) => recorded.includes(movie)),
        [],
        'nothing is asked for twice',
      );
    });
  }

  await t.test('while OMDb asks to wait: the messages are there at once again', async (t) => {
    const cwd = t.testdir();
    const { server, env } = await sources(t);
    await preparedIn(cwd, env)('extract', '--date', DATE, '--top-n', '4');
    server.forget();
    server.script = () => ({ status: 503, headers: { 'retry-after': '50' } });
    const { child, result } = startCli(['enrich'], { cwd, env });
    await server.received(4);
    child.kill('SIGINT');
    t.match(await result, { code: 130 });
    server.script = () => undefined;
    const again = await cli(['enrich'], { cwd, env });
    t.equal(again.code, 0, `the same command again ${told(again)}`);
  });

  await t.test('while the list is awaited', async (t) => {
    const cwd = t.testdir();
    const { server, env } = await sources(t, () => ({ hang: true }));
    const { child, result } = startCli(['run-all', '--date', DATE], { cwd, env });
    await server.received(1);
    child.kill('SIGINT');
    t.match(await result, {
      code: 130,
      stderr: /^stopping: .*\nerror: interrupted: .*go on with: movie-etl run-all --date 2099-01-02\n$/,
    });
    t.same(await filesUnder(cwd), [], 'nothing was begun');
  });
});

/** Every file of the data directory is whole, and every movie without a record is in a message. */
async function holdsTogether(t: Test, cwd: string, run: string, server: OmdbServer): Promise<void> {
  const files = await contentsOf(join(cwd, 'data'));
  t.same(
    [...files.keys()].filter((path) => path.includes('.movie-etl-tmp')),
    [],
    'nothing is half-written',
  );
  for (const [path, text] of files) {
    if (path.includes('.movie-etl-')) continue;
    t.ok(text.endsWith('\n') || path.startsWith('queue/'), `${path} is whole`);
    t.doesNotThrow(() => JSON.parse(text), path);
  }
  const messages = [...files].filter(([path]) => /^queue\/\d/.test(path)).map(([, text]) => JSON.parse(text));
  const queued = messages.flatMap(({ movies }: { movies: ListedMovie[] }) => movies.map(({ id }) => id));
  const recorded = await recordsOf(cwd, DATE, run);
  const { movies } = JSON.parse(await bronzeFile(cwd, DATE, `run=${run}`, '_manifest.json'));
  for (const { id } of movies as ListedMovie[])
    t.ok(queued.includes(id) || recorded.includes(id), `${id} is not lost`);
  t.ok(recorded.every((id) => server.ids.includes(id)));
}

t.test('the command is the one of the package', async (t) => {
  t.match(await readFile(BIN, 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

t.test('a dead letter is told, and is no success', async (t) => {
  const cwd = t.testdir();
  const queue = dirQueue(join(cwd, 'data/queue'));
  await queue.send([{ body: '{"version":7}', group: 'bad', deduplicationId: 'bad' }]);
  for (let receive = 1; receive <= MAX_RECEIVES; receive++) {
    t.equal((await queue.receive(1)).length, 1);
    await queue.close();
  }
  const { code, stderr } = await cli(['enrich', '--offline'], { cwd });
  t.equal(code, 75);
  t.match(
    stderr,
    /^error: 1 message in the dead-letter queue of \.\/data\/queue; bring them back with: movie-etl redrive/m,
  );
});

t.test('a terminal that tells no width gets plain lines', async (t) => {
  const cwd = t.testdir();
  const command = `${process.execPath} ${BIN} run-all --offline --top-n 3 --no-color --date ${DATE}`;
  const { stdout } = await promisify(execFile)('script', ['-qec', `stty cols 0; ${command}`, '/dev/null'], {
    cwd,
    timeout: 60_000,
    maxBuffer: 100_000,
  });
  t.match(stdout, new RegExp(`^✔ gold ${DATE}: 13 datasets of 3 movies( \\(.* s\\))?\r?$`, 'm'));
  t.notMatch(stdout, /\u001b/);
});

t.test(
  'gold --escape-formulas guards the texts of a spreadsheet, until gold is made without it',
  async (t) => {
    const cwd = t.testdir();
    await writeFile(
      join(cwd, 'list.json'),
      JSON.stringify({ items: [{ id: 'tt9999999', rank: 1, title: '=1+1' }], errorMessage: '' }),
    );
    const run = preparedIn(cwd);
    await run('run-all', '--offline', '--movies', 'list.json', '--date', DATE, '--quiet');
    const top = () => readFile(join(cwd, `data/gold/top_rated/dt=${DATE}/top_rated.csv`), 'utf8');
    t.match(await top(), /\n1,tt9999999,=1\+1,/);
    await run('gold', '--date', DATE, '--escape-formulas');
    t.match(await top(), /\n1,tt9999999,'=1\+1,/);
    t.match(await run('run-all', '--offline', '--date', DATE, '--json'), { stdout: /"status":"skipped"/ });
    t.match(await top(), /'=1\+1/, 'what is complete stays as it is');
    await run('gold', '--date', DATE);
    t.match(await top(), /\n1,tt9999999,=1\+1,/);
    t.match(await readFile(join(cwd, `data/silver/movies/dt=${DATE}/movies.csv`), 'utf8'), /,=1\+1,/);
  },
);

t.test('what others wrote steers no terminal: control characters are shown as escapes', async (t) => {
  const cwd = t.testdir();
  const name = 'a\u001b[31m\u202eb.json';
  const errorMessage = 'no\u001b]0;title\u0007\u009b2J\r\nway';
  await writeFile(join(cwd, name), JSON.stringify({ items: [], errorMessage }));
  const options = { cwd, env: { FORCE_COLOR: '1' } };
  const args = ['extract', '--movies', name, '--date', DATE, '--verbose'];
  const { code, stderr } = await cli(args, options);
  t.equal(code, 1);
  t.match(stderr, '\u001b[31merror:\u001b[39m movie list a\\u001b[31m\\u202eb.json reports an error: ');
  t.match(stderr, 'no\\u001b]0;title\\u0007\\u009b2J way');
  const colourless = stderr.replaceAll(/\u001b\[\d+m/g, '');
  t.notMatch(colourless, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  const { stdout } = await cli([...args, '--json'], options);
  t.notMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  t.match(JSON.parse(stdout).error.message, 'no\u001b]0;title\u0007\u009b2J\r\nway', 'JSON means the same');
});
