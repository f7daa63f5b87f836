import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import t, { type Test } from 'tap';
import { datasets } from '../src/datasets/index.js';
import { goldKeys, silverKeys } from '../src/keys.js';
import { silverColumns } from '../src/records/silver-row.js';
import { drainQueue } from '../src/stages/enrich.js';
import { extract } from '../src/stages/extract.js';
import { gold } from '../src/stages/gold.js';
import { silver } from '../src/stages/silver.js';
import { listOf, movie } from './support/movies.js';
import { DATE, offlineServices, RUN, textOf } from './support/pipeline.js';

const NEXT = '2026-01-03';
const here = (path: string) => new URL(path, import.meta.url);
const document = await readFile(here('../docs/reading-gold.md'), 'utf8');

/** Texts that readers like to take for something else, each the title of a movie that OMDb does not know. */
const hostile = [
  'NA',
  'null',
  'None',
  'nan',
  '-',
  '007',
  'true',
  '1999-12-31',
  'a|b',
  'a"b',
  '"a"',
  'back\\slash',
].concat(['to the end\\', 'comma, and the end\\', 'a\\"b, c', '=1+1', "'", 'a\tb']);

/** The Top 250 on one date; on the next its first hundred, the first of them last, and hostile titles. */
const lake = t.testdir();
const services = await offlineServices(join(lake, 'data'));
const { items } = JSON.parse(await readFile(here('../fixtures/top-250.json'), 'utf8'));
const rotated = [...items.slice(1, 100), items[0]];
const second = [
  ...rotated,
  ...hostile.map((title, index) => movie(0, { id: `tt999990${index + 10}`, title })),
];
const lists = {
  [DATE]: services.movies,
  [NEXT]: listOf(second.map((item, index) => ({ ...item, rank: String(index + 1) }))),
};
for (const [date, movies] of Object.entries(lists)) {
  const runId = RUN.replace(DATE.replaceAll('-', ''), date.replaceAll('-', ''));
  await extract({ date, runId, topN: 250, batchSize: 50 }, { ...services, movies });
  await drainQueue(services);
  await silver(date, services);
  await gold(date, services);
}
await services.close();

type Row = Record<string, string>;

/** The rows of a CSV on both dates as another parser has them: texts, and the empty text for null. */
async function rowsOf(layer: string, keyOf: (date: string) => string): Promise<Row[]> {
  const rows = await Promise.all(
    [DATE, NEXT].map(async (dt) => {
      const text = await textOf(lake, 'data', layer, keyOf(dt));
      return (parse(text, { columns: true }) as Row[]).map((row) => ({ ...row, dt }));
    }),
  );
  return rows.flat();
}
const movies = await rowsOf('silver', silverKeys.movies);
const newest = movies.filter(({ dt }) => dt === NEXT);
const datasetRows = (name: string) => rowsOf('gold', (date) => goldKeys.dataset(name, date));
const changes = await datasetRows('rank_changes');

const perGenre = () => {
  const counts = new Map<string, number>();
  for (const genre of newest.flatMap(({ genres = '' }) => (genres === '' ? [] : genres.split('|'))))
    counts.set(genre, (counts.get(genre) ?? 0) + 1);
  return [...counts].sort(([left, few], [right, many]) => many - few || (left < right ? -1 : 1));
};
const risen = changes
  .filter(({ dt, status }) => dt === NEXT && status === 'up')
  .sort((left, right) => Number(right.change) - Number(left.change) || Number(left.rank) - Number(right.rank))
  .slice(0, 10);

/** What the queries of the document answer, by the comment that is their first line. */
const answers: Record<string, unknown[]> = {
  'the newest date': newest,
  'each date, and what is known': [DATE, NEXT].map((date) => {
    const ofDate = movies.filter(({ dt }) => dt === date);
    const known = (column: string) => ofDate.flatMap((row) => (row[column] ? [Number(row[column])] : []));
    return {
      dt: date,
      movies: String(ofDate.length),
      with_metascore: String(known('metascore').length),
      box_office_usd: String(known('box_office_usd').reduce((sum, value) => sum + value, 0)),
    };
  }),
  'movies per genre, on the newest date': perGenre().map(([genre, count]) => ({
    genre,
    movie_count: String(count),
  })),
  'a movie over time': [
    { dt: DATE, rank: '1', change: '', imdb_votes: '2559562' },
    { dt: NEXT, rank: '100', change: '-99', imdb_votes: '2559562' },
  ],
  'the summary of each date': await datasetRows('summary'),
  'what rose most on the newest date': risen.map(({ title, previous_rank, rank, change }) => ({
    title,
    previous_rank,
    rank,
    change,
  })),
};

/** The code blocks of a section. */
function blocksOf(section: string, language: string): string[] {
  const [, text = ''] = document.split(`\n## ${section}\n`);
  const [body = ''] = text.split('\n## ');
  return [...body.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
}

/** A value of DuckDB as the CSV has it. Only binary fractions are printed in another way: `8.30` as 8.3. */
function asField(value: Json): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join('|') : String(value);
}

async function answerOf(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader
    .getRowObjectsJson()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asField(value)])));
}

/** Averages without zeros at their ends. */
const shortened = (rows: readonly unknown[]) =>
  (rows as Row[]).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, field]) => [
        name,
        /^(avg_|imdb_rating)/.test(name) && field !== '' ? String(Number(field)) : field,
      ]),
    ),
  );

const connection = await (await DuckDBInstance.create()).connect();
t.teardown(() => connection.closeSync());
await connection.run(`SET file_search_path = '${lake.replaceAll("'", "''")}'`);

/** Runs blocks in their order: those that make something, and queries, whose answers are compared. */
async function runBlocks(test: Test, blocks: readonly string[]): Promise<string[]> {
  const asked: string[] = [];
  for (const sql of blocks) {
    const [, title] = /^-- (.*)\n/.exec(sql) ?? [];
    if (title === undefined) {
      await connection.run(sql);
      continue;
    }
    const answer = answers[title];
    test.ok(answer && answer.length > 0, `${title} has an expectation`);
    test.same(shortened(await answerOf(connection, sql)), shortened(answer ?? []), title);
    asked.push(title);
  }
  return asked;
}

const run = promisify(execFile);

/** A Python that has pandas: that of the path, or the system's own. */
async function pythonWithPandas(): Promise<string | undefined> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = await run(python, ['-c', 'import pandas']).catch(() => undefined);
    if (found) return python;
  }
  return undefined;
}

const python = await pythonWithPandas();
const skip =
  python === undefined ? 'needs pandas: apt-get install python3-pandas, or pip install pandas' : false;
t.test('silver holds what it is read for: two dates, hostile titles, nulls', async (t) => {
  t.equal(movies.length, 250 + 100 + hostile.length);
  const golden = parse(await readFile(here('golden/silver/movies.csv'), 'utf8'), { columns: true }) as Row[];
  t.same(
    movies.slice(0, 250),
    golden.map((row) => ({ ...row, dt: DATE })),
  );
  t.same(
    newest.slice(100).map(({ title }) => title),
    hostile.map((title) => title.replace('\t', ' ')),
  );
  t.ok(movies.some(({ metascore }) => metascore === ''));
  for (const layer of ['silver/movies', 'gold/top_rated']) {
    const [, name = ''] = layer.split('/');
    const text = await textOf(lake, 'data', layer, `dt=${NEXT}`, `${name}.csv`);
    t.notMatch(text, /\t/, 'no field has what the Athena table takes for its escape');
  }
});

t.test('DuckDB: every query of the document answers what another parser reads', async (t) => {
  t.same((await runBlocks(t, blocksOf('DuckDB', 'sql'))).sort(), Object.keys(answers).sort());
  t.same(
    await answerOf(connection, 'SELECT * FROM movies ORDER BY dt, rank'),
    movies,
    'every field of silver is read as it is',
  );
  t.same(
    await answerOf(
      connection,
      'SELECT dt, count(*) AS n, sum(len(genres)) AS entries FROM movies WHERE genres IS NOT NULL GROUP BY dt ORDER BY dt',
    ),
    [DATE, NEXT].map((date) => {
      const listed = movies.filter(({ dt, genres }) => dt === date && genres !== '');
      const entries = listed.reduce((sum, { genres = '' }) => sum + genres.split('|').length, 0);
      return { dt: date, n: String(listed.length), entries: String(entries) };
    }),
    'lists are lists',
  );
  for (const { name } of datasets) {
    const rows = await answerOf(connection, `SELECT * FROM gold('${name}')`);
    const byText = (all: Row[]) =>
      shortened(all)
        .map((row) => JSON.stringify(row))
        .sort();
    t.same(byText(rows), byText(await datasetRows(name)), name);
  }
});

t.test(
  'Athena: the tables have the columns of the files, and the view and queries hold in SQL',
  async (t) => {
    const blocks = blocksOf('Athena', 'sql');
    const tables = blocks.flatMap((sql) => {
      const match =
        /^CREATE EXTERNAL TABLE (\w+) \(\n(.*?)\n\)\nPARTITIONED BY \(dt string\)\n.*LOCATION '(.*?)'/s.exec(
          sql,
        );
      return match
        ? [{ name: match[1], columns: (match[2] ?? '').trim().split(/,\s+/), place: match[3] }]
        : [];
    });
    const columnsOf = (name: string) => datasets.find((dataset) => dataset.name === name)?.columns ?? [];
    const strings = (columns: readonly string[]) => columns.map((column) => `${column} string`);
    t.same(tables, [
      { name: 'silver_movies', columns: strings(silverColumns), place: 's3://BUCKET/silver/movies/' },
      {
        name: 'gold_rank_changes',
        columns: strings(columnsOf('rank_changes')),
        place: 's3://BUCKET/gold/rank_changes/',
      },
    ]);
    const before = await answerOf(connection, 'SELECT * FROM movies ORDER BY dt, rank');
    await connection.run('CREATE SCHEMA athena; USE athena');
    // What the SerDe gives: texts only, null as the empty text.
    for (const [name, path] of [
      ['silver_movies', 'silver/movies/dt=*/movies.csv'],
      ['gold_rank_changes', 'gold/rank_changes/dt=*/rank_changes.csv'],
    ])
      await connection.run(
        `CREATE TABLE ${name} AS SELECT COALESCE(COLUMNS(* EXCLUDE dt), ''), dt FROM read_csv('data/${path}',
       all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', hive_types_autocast = false)`,
      );
    const titles = await runBlocks(
      t,
      blocks.filter((sql) => !sql.startsWith('CREATE EXTERNAL TABLE')),
    );
    t.same(titles, ['movies per genre, on the newest date', 'what rose most on the newest date']);
    const typed = await answerOf(connection, 'SELECT * FROM movies ORDER BY dt, rank');
    const shared = Object.keys(typed[0] ?? {});
    t.equal(shared.length, 15);
    t.same(
      typed,
      before.map((row) => Object.fromEntries(shared.map((name) => [name, row[name]]))),
    );
  },
);

t.test('Spark: the schema has the columns of silver', async (t) => {
  const [code = ''] = blocksOf('Spark', 'python');
  const [, schema = ''] = /\.schema\("""(.*?)"""\)/s.exec(code) ?? [];
  t.same(
    schema
      .trim()
      .split(/,\s+(?=[a-z])/)
      .map((column) => column.split(' ')[0]),
    silverColumns,
  );
});

const REPORT = `
import json

def field(value):
    if isinstance(value, list): return "|".join(value)
    if pd.isna(value): return ""
    if isinstance(value, pd.Timestamp): return value.date().isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)

def rows(table):
    return [{name: field(value) for name, value in row.items()} for row in table.to_dict("records")]

print(json.dumps({"movies": rows(movies), "changes": rows(changes), "newest": len(newest), "risen": rows(risen),
                  "per_genre": {genre: int(count) for genre, count in per_genre.items()}}))
`;

t.test('pandas: the document reads every field as it is', { skip }, async (t) => {
  const script = join(lake, 'read.py');
  await writeFile(script, `${blocksOf('pandas', 'python').join('\n')}\n${REPORT}`);
  const { stdout } = await run(python ?? '', [script], { cwd: lake, maxBuffer: 64 * 1024 * 1024 });
  const read = JSON.parse(stdout);
  t.same(read.movies, movies);
  t.same(read.changes, changes);
  t.equal(read.newest, newest.length);
  t.same(read.per_genre, Object.fromEntries(perGenre()));
  t.same(read.risen, risen);
});
