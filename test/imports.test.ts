import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const src = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Every import of one of our files by another, static or dynamic, as paths below `src` without an ending. */
function allImports(): Import[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(src, file), 'utf8'), ts.ScriptTarget.ES2023);
    const found: Import[] = [];
    const note = (specifier: ts.Node | undefined, typeOnly: boolean) => {
      if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
      const to = relative(src, join(src, dirname(file), specifier.text))
        .split('\\')
        .join(posix.sep);
      found.push({ from: bare(file), to: bare(to), typeOnly });
    };
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node)) note(node.moduleSpecifier, isTypeOnly(node));
      if (ts.isExportDeclaration(node)) note(node.moduleSpecifier, node.isTypeOnly);
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
        note(node.arguments[0], false);
      if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal, true);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.isTypeOnly) return true;
  const names = importClause.namedBindings;
  return (
    !importClause.name &&
    !!names &&
    ts.isNamedImports(names) &&
    names.elements.every((name) => name.isTypeOnly)
  );
}

const bare = (path: string) => path.replace(/\.(ts|js)$/, '');

/** `stages/enrich/batch` belongs to the stage `stages/enrich`. */
const stageOf = (path: string) => path.split('/').slice(0, 2).join('/');

const PORTS = ['stores/store', 'queues/queue'];
const ADAPTERS =
  /^(stores\/(?!store$)|queues\/(?!queue$)|omdb$|omdb-answer$|movies$|offline$|http$|network$|aws($|\/)|aws-errors$|aws-retries$|secrets$|files$|holder$|lock$)/;
/** `wire/omdb` belongs to `wire`. */
const isWire = (path: string) => /^wire($|\/)/.test(path);
const PURE = /^(records\/|datasets\/|keys$|csv($|\/)|errors$)/;

/** Each rule says what an import from these files must not be. */
const rules: { name: string; broken: (each: Import) => boolean }[] = [
  {
    name: 'a stage imports no other stage',
    broken: ({ from, to }) => /^stages\//.test(from) && /^stages\//.test(to) && stageOf(from) !== stageOf(to),
  },
  {
    name: 'a stage imports records, datasets, keys, csv, errors and ports; of the log only its type',
    broken: ({ from, to, typeOnly }) =>
      /^stages\//.test(from) &&
      !/^stages\//.test(to) &&
      !PURE.test(to) &&
      !PORTS.includes(to) &&
      !(to === 'log' && typeOnly),
  },
  {
    name: 'an operation imports records, datasets, keys, csv, errors and ports; of the log only its type',
    broken: ({ from, to, typeOnly }) =>
      /^operations\//.test(from) &&
      !/^operations\//.test(to) &&
      !PURE.test(to) &&
      !PORTS.includes(to) &&
      !(to === 'log' && typeOnly),
  },
  {
    name: 'only wire imports adapters, the library exports them, and adapters each other; report writes its file',
    broken: ({ from, to, typeOnly }) =>
      ADAPTERS.test(to) &&
      !typeOnly &&
      !isWire(from) &&
      from !== 'index' &&
      !ADAPTERS.test(from) &&
      !(from === 'commands/report' && to === 'files'),
  },
  {
    name: 'records, datasets, keys and csv import nothing but each other, errors and port types',
    broken: ({ from, to, typeOnly }) =>
      PURE.test(from) && !PURE.test(to) && !(typeOnly && PORTS.includes(to)),
  },
  {
    name: 'ports import nothing of ours',
    broken: ({ from }) => PORTS.includes(from),
  },
  {
    name: 'a function imports config, wire, stages, what is pure, and port types',
    broken: ({ from, to, typeOnly }) =>
      /^lambda\//.test(from) &&
      !/^(lambda\/|stages\/)/.test(to) &&
      !PURE.test(to) &&
      !['config', 'uri'].includes(to) &&
      !isWire(to) &&
      !(typeOnly && (PORTS.includes(to) || to === 'log')),
  },
  {
    name: 'commands and lambda do not know each other',
    broken: ({ from, to }) =>
      (/^commands\//.test(from) && /^lambda\//.test(to)) ||
      (/^lambda\//.test(from) && /^commands\//.test(to)),
  },
  {
    name: 'nothing imports commands but the program, and nothing imports lambda',
    broken: ({ from, to }) =>
      (/^commands\//.test(to) && from !== 'cli' && !/^commands\//.test(from)) ||
      (/^lambda\//.test(to) && !/^lambda\//.test(from)),
  },
  {
    name: 'nothing imports the program or the library',
    broken: ({ to }) => to === 'cli' || to === 'index',
  },
  {
    name: 'the library exports stages, ports, drivers, the log and what is pure',
    broken: ({ from, to }) =>
      from === 'index' &&
      !/^stages\//.test(to) &&
      !PORTS.includes(to) &&
      !['stores/open', 'queues/open', 'omdb', 'movies', 'aws', 'log'].includes(to) &&
      !PURE.test(to),
  },
];

const imports = allImports();

t.ok(imports.length > 100, `there are imports to check (${imports.length})`);
for (const { name, broken } of rules) {
  const faults = imports.filter(broken).map(({ from, to }) => `${from} imports ${to}`);
  t.same(faults, [], name);
}

t.test('the rules bite', async (t) => {
  const verdictsOn = (each: Import) => rules.filter(({ broken }) => broken(each)).map(({ name }) => name);
  const value = (from: string, to: string) => verdictsOn({ from, to, typeOnly: false }).length > 0;
  t.ok(value('stages/silver', 'stages/gold'));
  t.ok(value('stages/silver', 'stores/dir'));
  t.ok(value('stages/enrich/batch', 'omdb'));
  t.ok(value('operations/state', 'stages/gold'));
  t.ok(value('commands/gold', 'stores/open'));
  t.ok(value('commands/gold', 'lambda/process-silver-to-gold'));
  t.ok(value('records/runs', 'stores/dir'));
  t.ok(value('wire', 'commands/gold'));
  t.ok(value('lambda/process-silver-to-gold', 'stores/open'));
  t.ok(value('lambda/process-silver-to-gold', 'terminal'));
  t.ok(value('commands/gold', 'aws'));
  t.ok(value('lambda/process-silver-to-gold', 'aws/s3'));
  t.ok(value('stages/gold', 'wire/s3-layers'));
  t.ok(value('index', 'config'));
  t.ok(value('index', 'stores/s3'));
  t.ok(value('stages/gold', 'index'));
});

t.test(
  'only the configuration reads the environment, and only the entry point ends the process',
  async (t) => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const using = (pattern: RegExp) =>
      files.filter((file) => pattern.test(readFileSync(join(src, file), 'utf8')));
    t.same(using(/process\.env/), ['config.ts']);
    t.same(using(/process\.exit\(/), []);
  },
);
