import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';
import { contentsOf } from './support/cli.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { NODE_OPTIONS: _, ...environment } = process.env;
const DATE = '2026-11-23';

interface Package {
  version: string;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
}
const ours = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;

/** Outside the checkout, so that nothing of it is found by chance. */
const consumer = await realpath(await mkdtemp(join(tmpdir(), 'movie-etl-consumer-')));
const modules = join(consumer, 'node_modules');
const installed = join(modules, 'movie-etl');
t.teardown(() => rmSync(consumer, { recursive: true, force: true }));

const run = (command: string, args: readonly string[], cwd = consumer, env: Record<string, string> = {}) =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Packs as a release does, and unpacks as an installation does; what it depends on, and nothing else, is beside it. */
function install(): string[] {
  const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', consumer], root);
  const [tarball] = JSON.parse(packed) as { filename: string; files: { path: string }[] }[];
  if (!tarball) throw new Error(`npm pack says ${packed}`);
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', tarball.filename, '--strip-components=1', '-C', installed]);
  for (const name of Object.keys(ours.dependencies)) link(name);
  mkdirSync(join(modules, '.bin'));
  for (const [name, path] of Object.entries(ours.bin))
    symlinkSync(join('..', 'movie-etl', path), join(modules, '.bin', name));
  return tarball.files.map(({ path }) => path).sort();
}

function link(name: string): void {
  mkdirSync(join(modules, name, '..'), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), join(modules, name));
}

const files = install();
const command = join(modules, '.bin', 'movie-etl');

t.test('the tarball has what is needed and nothing else', async (t) => {
  const own = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
    'bin/movie-etl.js',
    'bin/package.json',
  ];
  const others = files.filter((file) => !own.includes(file) && !/^fixtures\/[\w./-]+$/.test(file));
  t.same(
    own.filter((file) => !files.includes(file)),
    [],
  );
  t.same(
    others.filter((file) => !/^dist\/(?!lambda\/).+\.(c?js|d\.ts)$/.test(file)),
    [],
  );
  for (const file of ['fixtures/top-250.json', 'fixtures/omdb.json', 'dist/index.js', 'dist/index.d.ts'])
    t.ok(files.includes(file), file);
  const pathsOfThisMachine = files.filter((file) => readFileSync(join(installed, file)).includes(root));
  t.same(pathsOfThisMachine, []);
});

t.test('the tarball gives the command', async (t) => {
  t.equal(run(command, ['--version']).trim(), ours.version);
  t.match(run(command, ['--help']), /^Usage: movie-etl <command> \[flags\]/);
  run(command, ['run-all', '--offline', '--top-n', '3', '--date', DATE, '--quiet']);
  const made = await contentsOf(join(consumer, 'data'));
  const silver = made.get(`silver/movies/dt=${DATE}/movies.csv`);
  t.equal(silver?.split('\n').length, 5, 'a header and three movies');
});

t.test('the example in the documentation makes the same silver and gold', async (t) => {
  const data = join(consumer, 'data');
  const byCommand = await contentsOf(data);
  t.ok(byCommand.size > 20, 'the command has made some');
  for (const layer of ['silver', 'gold']) rmSync(join(data, layer), { recursive: true });
  writeFileSync(join(consumer, 'example.mjs'), libraryExample());
  t.equal(run(process.execPath, ['example.mjs']), '3 rows, 0 quarantined, 13 datasets\n');
  t.same(await contentsOf(data), byCommand);
});

/** The code under "As a library", which stands in the README or in a page of its own. */
function libraryExample(): string {
  const examples = ['README.md', 'docs/library.md'].flatMap((file) => {
    const page = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
    return /^#+ As a library$[\s\S]*?^```js\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? [];
  });
  const [example, ...others] = examples;
  if (example === undefined || others.some((other) => other !== example))
    throw new Error(`the documentation has ${examples.length} examples, which are not the same`);
  return example;
}

t.test('importing it opens nothing, and loads no SDK, no command and no configuration', async (t) => {
  const NODE_V8_COVERAGE = join(consumer, 'loaded');
  const script = "import('movie-etl').then(({ silver, gold }) => console.log(typeof silver, typeof gold))";
  // The process ends by itself: no timer and no connection keeps it.
  t.equal(run(process.execPath, ['-e', script], consumer, { NODE_V8_COVERAGE }), 'function function\n');
  const loaded = readdirSync(NODE_V8_COVERAGE).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(NODE_V8_COVERAGE, name), 'utf8')) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url);
  });
  t.ok(
    loaded.some((url) => url.endsWith('/dist/stages/silver.js')),
    'what is loaded is seen',
  );
  const heavy =
    /\/dist\/(cli|config[\w-]*|wire|terminal|commands\/.*|stores\/s3.*|queues\/sqs.*)\.js$|@aws-sdk|commander|ora\/|chalk|echarts/;
  t.same(
    loaded.filter((url) => heavy.test(url)),
    [],
  );
  t.throws(
    () => run(process.execPath, ['-e', "import('movie-etl/dist/config.js')"]),
    /ERR_PACKAGE_PATH_NOT_EXPORTED/,
  );
});

const CONSUMER = `
import {
  type BronzeRecord, type Dataset, datasets, decodeJson, extract, type ExtractSummary, gold, type GoldSummary,
  Manifest, movieSource, openQueue, openStore, PipelineError, readSilver, silentLog, silver, type SilverRow,
  type Store, type Verdict,
} from 'movie-etl';

const bronze: Store = await openStore('./data/bronze');
const log = { ...silentLog, warn: (message: string) => console.warn(message) };
const services = { bronze, queue: await openQueue('./data/queue'), movies: movieSource('list.json'), now: () => new Date(), log };
const extracted: ExtractSummary = await extract({ date: '2026-11-23', runId: '20261123T030000Z' }, services);
const found = await bronze.get('key');
const manifest: Manifest | undefined = found && decodeJson(Manifest, found.body, 'manifest');
const made: GoldSummary = await gold('2026-11-23', { silver: bronze, gold: bronze, log }, { escapeFormulas: true });
const rows: SilverRow[] = [];
await readSilver(bronze, '2026-11-23', (row) => rows.push(row));
const title: string | null | undefined = rows[0]?.title;
const record = (each: BronzeRecord): 'enriched' | 'not_found' | 'failed' => each.status;
const verdict = (error: unknown): Verdict => (error instanceof PipelineError ? error.verdict : 'stop');
const all: readonly Dataset[] = datasets;
// @ts-expect-error a date is needed
await silver({ bronze, silver: bronze, log });
// @ts-expect-error silver needs to list bronze
await silver('2026-11-23', { bronze: { get: bronze.get }, silver: bronze, log });
export { all, extracted, made, manifest, record, title, verdict };
`;

t.test('its types hold in a strict project, and every export has its words', async (t) => {
  link('@types/node');
  link('undici-types');
  writeFileSync(join(consumer, 'consumer.mts'), CONSUMER);
  const program = ts.createProgram([join(consumer, 'consumer.mts')], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(modules, '@types')],
  });
  const problems = ts.getPreEmitDiagnostics(program);
  t.equal(
    ts.formatDiagnostics(problems, { ...ts.createCompilerHost({}), getCurrentDirectory: () => consumer }),
    '',
  );
  const checker = program.getTypeChecker();
  const entry = program.getSourceFiles().find(({ fileName }) => fileName.endsWith('/dist/index.d.ts'));
  const module = entry && checker.getSymbolAtLocation(entry);
  const exported = module ? checker.getExportsOfModule(module) : [];
  t.ok(exported.length > 60);
  const source = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  t.same(
    exported
      .filter((symbol) => source(symbol).getDocumentationComment(checker).length === 0)
      .map(({ name }) => name),
    [],
    'none is without a description',
  );
});
