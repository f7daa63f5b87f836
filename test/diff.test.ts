import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Flags } from '../src/config.js';
import { compareTables } from '../src/operations/diff/compare.js';
import { csvTable } from '../src/operations/diff/table.js';
import type { FileDiff } from '../src/operations/diff.js';
import { cli, contentsOf, linesOf } from './support/cli.js';
import { command } from './support/command.js';

/** Days to come: a day in the past has a warning of its own. */
const [DATE, NEXT] = ['2099-01-02', '2099-01-03'] as const;
const ID = 'tt0111161';
const SILVER = `data/silver/movies/dt=${DATE}/movies.csv`;
const gold = (name: string, date: string = DATE) => `data/gold/${name}/dt=${date}/${name}.csv`;

interface DateDiff {
  date: string;
  diff: true;
  files: FileDiff[];
  error?: { message: string };
}

/** Two dates of four movies that stand, and the command that works on them. */
async function standing(t: Test) {
  const cwd = t.testdir();
  const run = (...args: string[]) => cli(args, { cwd });
  const here = { dataDir: join(cwd, 'data') };
  const what = { offline: true, topN: '4', reprocess: 'failed', from: DATE, to: NEXT };
  const { error } = await command('run-all', { ...here, ...what });
  if (error) throw error;
  const [silver = '', record = ''] = [...(await contentsOf(cwd)).keys()]
    .filter((file) => file === SILVER || (file.includes(`dt=${DATE}`) && file.endsWith(`${ID}.json`)))
    .sort()
    .reverse();
  return {
    cwd,
    run,
    record,
    silver,
    /** What `--json` says of each file that would become another one; nothing may be touched for it. */
    changes: async (name: string, flags: Flags) => {
      const before = await contentsOf(cwd);
      const { lines, error } = await command<DateDiff>(name, { ...here, ...flags, diff: true });
      t.same(await contentsOf(cwd), before, 'nothing is written');
      t.equal(error, undefined);
      return lines.map(({ date, files }) => ({
        date,
        files: files.filter(({ state }) => state !== 'same'),
      }));
    },
    edit: async (file: string, change: (text: string) => string) => {
      const path = join(cwd, file);
      const text = await readFile(path, 'utf8');
      const changed = change(text);
      if (changed === text) throw new Error(`${file} stays as it is`);
      await writeFile(path, changed);
    },
  };
}

t.test('silver --diff: which rows and columns a changed record changes', async (t) => {
  const { run, record, changes, edit } = await standing(t);
  const same = await run('silver', '--from', DATE, '--to', NEXT, '--diff');
  t.same(linesOf(same.stdout), [
    `${DATE}: no change in 3 files`,
    `${NEXT}: no change in 3 files`,
    'date        state  files  added  removed  changed',
    `${DATE}  done       0      0        0        0`,
    `${NEXT}  done       0      0        0        0`,
  ]);

  await edit(record, (text) =>
    text
      .replace('"Title":"The Shawshank Redemption"', '"Title":"Shawshank\\u001b[2J"')
      .replace('"142 min"', '"N/A"'),
  );
  const [{ files } = { files: [] }] = await changes('silver', { date: DATE });
  t.match(files, [
    {
      key: `movies/dt=${DATE}/movies.csv`,
      state: 'changed',
      added: 0,
      removed: 0,
      changed: 1,
      columns: { added: [], removed: [] },
      changes: [
        {
          change: 'changed',
          key: { imdb_id: ID },
          cells: {
            title: { before: 'The Shawshank Redemption', after: 'Shawshank\u001b[2J' },
            runtime_minutes: { before: '142', after: null },
          },
        },
      ],
    },
    { key: `_lineage/dt=${DATE}.json`, state: 'rewritten' },
  ]);
  t.same(Object.keys(files[0]?.changes[0]?.cells ?? {}), ['title', 'runtime_minutes'], 'and no other column');
  const { stdout } = await run('silver', '--date', DATE, '--diff');
  t.same(linesOf(stdout), [
    `./${SILVER}: rows: 1 changed`,
    `  ~ ${ID}`,
    '      title: The Shawshank Redemption -> Shawshank\\u001b[2J',
    '      runtime_minutes: 142 -> (empty)',
    `./data/silver/_lineage/dt=${DATE}.json: other bytes`,
    `no change in 1 other of ${DATE}`,
  ]);

  await edit(record, () => '{');
  const [broken] = await changes('silver', { date: DATE });
  t.match(broken?.files, [
    { state: 'changed', removed: 1, changes: [{ change: 'removed', key: { imdb_id: ID } }] },
    {
      key: `_quarantine/dt=${DATE}/movies.ndjson`,
      added: 1,
      changes: [{ change: 'added', key: { imdbId: ID }, cells: { reason: { before: null } } }],
    },
    { state: 'rewritten' },
  ]);
});

t.test('gold --diff: what a changed silver changes, also in the gold of the next date', async (t) => {
  const { run, silver, changes, edit } = await standing(t);
  t.same(await changes('gold', { from: DATE, to: NEXT }), [
    { date: DATE, files: [] },
    { date: NEXT, files: [] },
  ]);

  await edit(silver, (text) => text.replace(`${ID},1,`, `${ID},2,`).replace('tt0068646,2,', 'tt0068646,1,'));
  const unordered = await run('gold', '--date', DATE, '--diff');
  t.match(unordered, { code: 1, stderr: /out of order/ }, 'an error is the one of the stage');
  const [head, first, second, ...rest] = linesOf(await readFile(join(t.testdirName, silver), 'utf8'));
  await writeFile(join(t.testdirName, silver), `${[head, second, first, ...rest].join('\n')}\n`);

  const [{ files } = { files: [] }] = await changes('gold', { date: DATE });
  const byKey = new Map(files.map((file) => [file.key, file]));
  t.match(byKey.get(`top_rated/dt=${DATE}/top_rated.csv`)?.changes, [
    { key: { imdb_id: 'tt0068646' }, cells: { rank: { before: '2', after: '1' } } },
    { key: { imdb_id: ID }, cells: { rank: { before: '1', after: '2' } } },
  ]);
  const later = byKey.get(`rank_changes/dt=${NEXT}/rank_changes.csv`);
  t.match(later?.changes, [
    { key: { imdb_id: ID }, cells: { previous_rank: { before: '1', after: '2' }, status: { after: 'up' } } },
    { key: { imdb_id: 'tt0068646' }, cells: { change: { before: '0', after: '-1' } } },
  ]);
  t.notOk(byKey.has(`summary/dt=${DATE}/summary.csv`), 'the others stay');
});

t.test('gold --diff: what other code made of the same silver', async (t) => {
  const { changes, edit, run } = await standing(t);
  await edit(gold('summary'), (text) => text.replace('movies,', 'films,'));
  await edit(gold('genre_by_decade'), (text) => text.replace(/^1990,Drama,.*\n/m, '1880,Drama,7\n'));
  await edit(gold('movies_by_genre'), (text) => text.replace(/^(.*\n)(.*\n)(.*\n)/, '$1$3$2'));
  await edit(gold('movies_per_year'), (text) => text.replaceAll('\n', '\r\n'));
  await edit(gold('top_actors'), () => '');
  const [{ files } = { files: [] }] = await changes('gold', { date: DATE });
  t.match(Object.fromEntries(files.map(({ key, ...file }) => [key.split('/')[0], file])), {
    summary: { state: 'changed', columns: { added: ['movies'], removed: ['films'] }, changed: 0 },
    genre_by_decade: {
      added: 1,
      removed: 1,
      changed: 0,
      changes: [
        {
          change: 'added',
          key: { decade: '1990', genre: 'Drama' },
          cells: { movie_count: { before: null } },
        },
        {
          change: 'removed',
          key: { decade: '1880', genre: 'Drama' },
          cells: { movie_count: { before: '7' } },
        },
      ],
    },
    movies_by_genre: { state: 'reordered' },
    movies_per_year: { state: 'rewritten' },
    top_actors: { state: 'unreadable', reason: /empty/ },
  });
  t.equal(files.length, 5);
  const { stdout } = await run('gold', '--date', DATE, '--diff');
  t.match(stdout, /summary\.csv: other columns\n {2}\+ column movies\n {2}- column films\n/);
  t.match(stdout, /movies_by_genre\.csv: the same rows in another order\n/);
  t.ok(linesOf(stdout).every((line) => line.length <= 80 || line.startsWith('./')));

  const [fresh] = await changes('gold', { gold: join(t.testdirName, 'new'), date: NEXT });
  t.equal(fresh?.files.length, 14);
  t.ok(
    fresh?.files.every(({ state }) => state === 'new'),
    'where nothing stands, all is new',
  );
});

t.test('rows are told apart by their key, and one that comes twice by its place', async (t) => {
  const table = (...lines: string[]) => csvTable(Buffer.from(`${lines.join('\n')}\n`), 'f.csv');
  const before = await table('a,b,old', '1,x,o', '1,y,o', '2,z,o');
  const after = await table('a,b,new', '1,x,n', '3,"z, too",n', '1,Y,n');
  t.same(compareTables(before, after, ['a']), {
    changes: [
      {
        change: 'added',
        key: { a: '3' },
        cells: {
          a: { before: null, after: '3' },
          b: { before: null, after: 'z, too' },
          new: { before: null, after: 'n' },
        },
      },
      { change: 'changed', key: { a: '1' }, cells: { b: { before: 'y', after: 'Y' } } },
      {
        change: 'removed',
        key: { a: '2' },
        cells: {
          a: { before: '2', after: null },
          b: { before: 'z', after: null },
          old: { before: 'o', after: null },
        },
      },
    ],
    columns: { added: ['new'], removed: ['old'] },
    reordered: false,
  });
});
