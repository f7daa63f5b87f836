import { chmod, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import t from 'tap';
import { csvRecords } from '../src/csv/records.js';
import { csvText } from '../src/csv.js';
import { datasets } from '../src/datasets/index.js';
import { goldKeys, silverKeys } from '../src/keys.js';
import { silentLog } from '../src/log.js';
import { sections } from '../src/operations/report/sections.js';
import { report } from '../src/operations/report.js';
import { encodeJson } from '../src/records/decode.js';
import { sha256 } from '../src/records/digest.js';
import { readGoldLineage } from '../src/records/lineage.js';
import { type SilverColumn, silverColumns } from '../src/records/silver-row.js';
import { gold } from '../src/stages/gold.js';
import { dirStore } from '../src/stores/dir.js';
import { browserPath, NO_BROWSER, openBrowser } from './support/browser.js';
import { cli, filesUnder, jsonLines, told } from './support/cli.js';

const [SUNDAY, MONDAY, TUESDAY] = ['2026-01-04', '2026-01-05', '2026-01-06'] as const;
const MOST_BYTES = 500_000;

type Fields = Record<SilverColumn, string>;

/** The Top 250 as silver has it. */
async function top250(): Promise<Fields[]> {
  const file = new URL('golden/silver/movies.csv', import.meta.url);
  const rows: Fields[] = [];
  for await (const { fields } of csvRecords(bytesOf(await readFile(file)), silverColumns, file.pathname)) {
    rows.push(Object.fromEntries(silverColumns.map((column, index) => [column, fields[index]])) as Fields);
  }
  return rows;
}

async function* bytesOf(body: Buffer) {
  yield body;
}

function storesIn(directory: string) {
  const layer = (name: string) => dirStore(join(directory, 'data', name));
  return { silver: layer('silver'), gold: layer('gold'), log: silentLog };
}

/** Silver of a date with its lineage, and the gold of it. */
async function goldOf(directory: string, date: string, movies: readonly Fields[]) {
  const services = storesIn(directory);
  const body = csvText([silverColumns, ...movies.map((row) => silverColumns.map((column) => row[column]))]);
  const key = silverKeys.movies(date);
  await services.silver.put(key, body);
  const enriched = movies.filter((row) => row.enriched === 'true').length;
  const lineage = {
    version: 1,
    runId: `${date.replaceAll('-', '')}T030000Z`,
    bronze: { key: `dt=${date}/run=R/_manifest.json`, sha256: sha256('the manifest') },
    silver: { key, sha256: sha256(body), rows: movies.length, quarantined: 0 },
    statuses: { enriched, not_found: movies.length - enriched, failed: 0 },
    nulls: {},
  };
  await services.silver.put(silverKeys.lineage(date), encodeJson(lineage));
  await gold(date, services);
  return services;
}

const ranked = (movies: readonly Fields[]) =>
  movies.map((row, index) => ({ ...row, rank: String(index + 1) }));

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "</title></svg></style><a href='javascript:alert(3)'>",
  '\u202egnp.exe \u2067 \u0000\u0007 &lt;b&gt; #fe0100 zr0-c0 url(#zr0-c0)',
  `{a|rich} {b} %s $& \${1} ${'very long '.repeat(200)}`,
  '=HYPERLINK("https://example.com")',
];

/** The same list with names from hell, often enough to be in every chart, and in another order than the day before. */
async function hostileGold(directory: string) {
  const list = (await top250()).slice(0, 45);
  const worse = list.map((row, index) => {
    const name = HOSTILE[index % HOSTILE.length] ?? '';
    if (index >= 24) return row;
    const names = { genres: name, directors: name, actors: name, countries: name, languages: name };
    return { ...row, ...names, title: name, awards: name, oscar_wins: '20' };
  });
  const before = [...worse.slice(5), ...worse.slice(0, 5)];
  before.splice(40, 1);
  await goldOf(directory, MONDAY, ranked(before));
  return goldOf(directory, TUESDAY, ranked(worse.slice(0, 44)));
}

t.test('the page of the Top 250 is whole, small, and the same bytes each time', async (t) => {
  const directory = t.testdir();
  const services = await goldOf(directory, MONDAY, await top250());
  const { page, datasets: shown } = await report(MONDAY, services);
  t.comment(`the page of the Top 250 has ${page.length} bytes`);
  t.ok(page.length < MOST_BYTES, `${page.length} bytes`);
  const html = page.toString();
  t.match(html, '<dt>Box office, USD</dt><dd>21,873,522,246</dd>');
  t.match(html, '245 enriched, 5 not found, 0 failed · 0 quarantined · run 20260105T030000Z');
  t.match(html, 'No earlier date to compare with: every movie is new.');
  t.notMatch(html, /https?:/, 'no address, not even one that nobody follows');
  t.same(
    shown.map(({ name, rows }) => [name, rows]),
    Object.entries((await readGoldLineage(services.gold, MONDAY))?.datasets ?? {}).map(([name, { rows }]) => [
      name,
      rows,
    ]),
  );
  t.same(
    [...sections.map(({ dataset }) => dataset), 'summary'].sort(),
    datasets.map(({ name }) => name).sort(),
    'every dataset has its section',
  );

  await goldOf(directory, TUESDAY, ranked((await top250()).reverse()));
  await report(TUESDAY, services);
  t.ok((await report(MONDAY, services)).page.equals(page), 'after another page has been made');
});

t.test('a movie of which nothing is known leaves charts out, not the page', async (t) => {
  const unknown = Object.fromEntries(silverColumns.map((column) => [column, ''])) as Fields;
  const movies = [{ ...unknown, imdb_id: 'tt0000001', rank: '1', enriched: 'false' }];
  const services = await goldOf(t.testdir(), MONDAY, movies);
  const html = (await report(MONDAY, services)).page.toString();
  t.equal(
    html.match(/<p>Nothing to draw: /g)?.length,
    sections.length - 1,
    'rank changes say why themselves',
  );
  t.notMatch(html, '<svg');
  t.equal(html.match(/<table>/g)?.length, datasets.length);
  t.match(html, '<dt>Average rating</dt><dd>–</dd>');
});

t.test('a gold that is behind its silver is said to be, and tells nothing of the silver', async (t) => {
  const directory = t.testdir();
  const movies = (await top250()).slice(0, 3);
  const services = await goldOf(directory, MONDAY, movies);
  t.equal((await report(MONDAY, services)).isBehind, false);
  await services.silver.put(
    silverKeys.lineage(MONDAY),
    (await services.silver.get(silverKeys.lineage(MONDAY)))?.body
      .toString()
      .replace(/("silver":.*?"sha256":")[^"]*/, `$1${sha256('another')}`) ?? '',
  );
  const { isBehind, page } = await report(MONDAY, services);
  t.equal(isBehind, true);
  t.notMatch(page.toString(), '20260105T030000Z');
});

t.test('a CSV that is not the lineage’s, is gone, or has other columns is named', async (t) => {
  const directory = t.testdir();
  const { silver, gold: store } = await goldOf(directory, MONDAY, (await top250()).slice(0, 3));
  const key = goldKeys.dataset('movies_by_genre', MONDAY);
  const hint = `make gold again with: movie-etl gold --date ${MONDAY}`;
  const whole = (await store.get(key))?.body ?? Buffer.of();
  const vouchFor = async (body: Buffer) => {
    await store.put(key, body);
    const lineage = await readGoldLineage(store, MONDAY);
    const reference = lineage?.datasets.movies_by_genre;
    if (!lineage || !reference) throw new Error('there is no lineage');
    const datasets = { ...lineage.datasets, movies_by_genre: { ...reference, sha256: sha256(body) } };
    await store.put(goldKeys.lineage(MONDAY), encodeJson({ ...lineage, datasets }));
  };
  await store.put(key, whole.subarray(0, -4));
  await t.rejects(report(MONDAY, { silver, gold: store }), {
    message: `${key} is not what gold's lineage says`,
    hint,
  });
  await vouchFor(Buffer.from('genre,movie_count\nDrama,1\n'));
  await t.rejects(report(MONDAY, { silver, gold: store }), {
    message: `${key}: its header lacks avg_imdb_rating, total_box_office_usd`,
    hint,
  });
  await vouchFor(whole);
  t.ok(await report(MONDAY, { silver, gold: store }));
});

t.test('report on the command line', async (t) => {
  const cwd = t.testdir({ 'a-file': '' });
  const movies = (await top250()).slice(0, 12);
  const services = await goldOf(cwd, MONDAY, movies);
  await goldOf(cwd, TUESDAY, ranked(movies.slice(1)));
  const run = (args: string[], env: Record<string, string> = {}) => cli(['report', ...args], { cwd, env });
  const expected = (await report(MONDAY, services)).page;
  const opener = join(cwd, 'browser');
  await writeFile(opener, `#!/bin/sh\necho "$1" >> "${join(cwd, 'opened')}"\n`);
  await chmod(opener, 0o755);

  const [plain, range] = await Promise.all([
    run(['--date', MONDAY, '--open', '--output', 'monday.html'], { BROWSER: join(cwd, 'a-file') }),
    run(['--from', SUNDAY, '--to', TUESDAY, '--json', '--open'], { BROWSER: opener }),
  ]);
  t.equal(plain.code, 0, told(plain));
  t.match(plain.stdout, new RegExp(`bytes +file\n *${expected.length} +monday\\.html`));
  t.match(plain.stderr, `warning: no browser could be opened: the page is in ${join(cwd, 'monday.html')}`);
  for (const file of ['monday.html', `report-${MONDAY}.html`])
    t.ok((await readFile(join(cwd, file))).equals(expected), file);

  t.equal(range.code, 1, told(range));
  const [sunday, monday, tuesday] = jsonLines<Record<string, unknown>>(range.stdout);
  t.match(sunday, { date: SUNDAY, error: { hint: /movie-etl gold --date 2026-01-04$/ } });
  t.match(range.stderr, /error: 2026-01-04 has no gold yet; make it with: movie-etl gold --date 2026-01-04/);
  t.match(monday, { date: MONDAY, file: `report-${MONDAY}.html`, bytes: expected.length });
  t.equal(monday?.sha256, sha256(expected));
  t.match(monday?.datasets, [{ name: 'top_rated', key: goldKeys.dataset('top_rated', MONDAY), rows: 12 }]);
  t.match(tuesday, { date: TUESDAY, file: `report-${TUESDAY}.html` });
  t.equal(
    await readFile(join(cwd, 'opened'), 'utf8'),
    `${join(cwd, `report-${TUESDAY}.html`)}\n`,
    'of a range the newest page is opened',
  );

  const before = await filesUnder(cwd);
  await mkdir(join(cwd, 'a-directory'));
  await symlink('nowhere.html', join(cwd, 'dangling.html'));
  const [several, nowhere, onDirectory, onDevice, dangling, bucket] = await Promise.all([
    run(['--from', MONDAY, '--to', TUESDAY, '--output', 'all.html']),
    run(['--date', MONDAY, '--output', 'no/such/page.html']),
    run(['--date', MONDAY, '--output', 'a-directory']),
    run(['--date', MONDAY, '--output', '/dev/null']),
    run(['--date', MONDAY, '--output', 'dangling.html']),
    run(['--date', MONDAY, '--output', 's3://bucket/page.html']),
  ]);
  t.equal(several.code, 2);
  t.match(several.stderr, /error: --output is one file, and --from and --to are several dates/);
  t.equal(nowhere.code, 1);
  t.match(
    nowhere.stderr,
    /cannot write no\/such\/page\.html: no such file or directory; .*mkdir -p no\/such/,
  );
  t.equal(onDirectory.code, 1);
  t.match(onDirectory.stderr, /cannot write a-directory: it is a directory/);
  t.match(onDevice, { code: 1, stderr: 'cannot write /dev/null: it is no file; give --output another file' });
  t.ok((await stat('/dev/null')).isCharacterDevice(), 'no page in its place');
  t.match(dangling, { code: 1, stderr: 'cannot write dangling.html: it is a link to nothing; ' });
  t.match(bucket, { code: 2, stderr: "--output must be a file here, but is 's3://bucket/page.html'" });
  await rm(join(cwd, 'dangling.html'));
  t.same(await filesUnder(cwd), before, 'nothing is left of what could not be written');

  await symlink(`report-${TUESDAY}.html`, join(cwd, 'current.html'));
  t.equal((await run(['--date', MONDAY, '--output', 'current.html'])).code, 0);
  t.same(
    await readFile(join(cwd, `report-${TUESDAY}.html`)),
    expected,
    'behind a link it is the file that is written',
  );
  t.ok((await lstat(join(cwd, 'current.html'))).isSymbolicLink());
});

const executable = browserPath();

t.test('the page in a browser', { skip: executable === undefined && NO_BROWSER }, async (t) => {
  const directory = t.testdir();
  const services = await hostileGold(directory);
  const { page: body } = await report(TUESDAY, services);
  const file = join(directory, 'report.html');
  await writeFile(file, body);
  const browser = await openBrowser(executable ?? '');
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const url = pathToFileURL(file).href;
  const [requests, messages]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  page.on('dialog', (dialog) => messages.push(`dialog ${dialog.message()}`));
  await page.goto(url, { waitUntil: 'load' });

  await t.test('names from outside stay text', async (t) => {
    t.equal(await page.locator('script, img, a[href^="javascript"], [onerror]').count(), 0);
    const titles = await page.locator('#rank_changes tbody th').allTextContents();
    t.equal(titles[0], HOSTILE[0]);
    t.equal(titles[2], HOSTILE[2]);
    t.equal(titles[3], HOSTILE[3]?.replaceAll(/[\u0000\u0007]/g, '\ufffd'));
    const bars = await page.locator('#top_directors svg text').allTextContents();
    t.ok(bars[0]?.startsWith('<script>al'), `${bars[0]}`);
    t.equal(await page.title(), `Movie report ${TUESDAY}`);
  });

  await t.test('all that can be reached by keyboard is, in order, and seen to be', async (t) => {
    const expected = await page
      .locator('a[href], summary, [tabindex="0"]')
      .evaluateAll((all) =>
        all.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 45)),
      );
    const reached: string[] = [];
    const unseen: string[] = [];
    for (let step = 0; step < expected.length; step++) {
      await page.keyboard.press('Tab');
      const { html, outline } = await page.locator(':focus').evaluate((one) => {
        const { outlineStyle, outlineWidth } = one.ownerDocument.defaultView.getComputedStyle(one);
        return { html: one.outerHTML.slice(0, 45), outline: `${outlineStyle} ${outlineWidth}` };
      });
      reached.push(html);
      if (outline !== 'solid 3px') unseen.push(`${html}: ${outline}`);
    }
    t.same(reached, expected);
    t.same(unseen, []);
    t.equal(expected.filter((html) => html.includes('class="scroll"')).length, datasets.length - 1);
    const region = page.locator('#movies_per_year .scroll');
    await region.press('End');
    await page.waitForFunction((one) => one.scrollTop > 50, await region.elementHandle());
  });

  await t.test('every dataset has its chart, its table and its bytes', async (t) => {
    const charts = await page.locator('svg[role=img]').all();
    t.equal(charts.length, datasets.length - 1, 'all but the summary');
    for (const chart of charts) {
      const box = await chart.boundingBox();
      const drawn = await chart.locator('path').count();
      t.ok(
        box && box.width > 300 && box.height > 100 && drawn > 3,
        `${await chart.locator('title').textContent()}`,
      );
    }
    const colors = await page
      .locator('svg [fill], svg [stroke]')
      .evaluateAll((all) => all.flatMap((one) => [one.getAttribute('fill'), one.getAttribute('stroke')]));
    const ours = /^(none|var\(--(ink|muted|line|accent|contrast|heat-[1-4])\))$/;
    t.same(
      colors.filter((color) => color !== null && !ours.test(color)),
      [],
      'charts have the colours of the page',
    );
    const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
    t.equal(new Set(ids).size, ids.length, 'ids are unique');
    for (const { name } of datasets) {
      const stored = await services.gold.get(goldKeys.dataset(name, TUESDAY));
      const lines = (stored?.body.toString().trimEnd().split('\n').length ?? 0) - 1;
      t.equal(await page.locator(`#${name} tbody tr`).count(), lines, `rows of ${name}`);
      const link = page.locator(`#${name} a[download]`);
      t.equal(await link.getAttribute('download'), `${name}-${TUESDAY}.csv`);
      const [type, base64 = ''] = (await link.getAttribute('href'))?.split(',') ?? [];
      t.equal(type, 'data:text/csv;charset=utf-8;base64');
      t.ok(Buffer.from(base64, 'base64').equals(stored?.body ?? Buffer.of()), `bytes of ${name}`);
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#top_rated a[download]').press('Enter'),
    ]);
    t.equal(download.suggestedFilename(), `top_rated-${TUESDAY}.csv`);
    const stored = await services.gold.get(goldKeys.dataset('top_rated', TUESDAY));
    t.ok((await readFile(await download.path())).equals(stored?.body ?? Buffer.of()), 'as it is saved');
  });

  await t.test('colours hold in light and dark, and paper is light', async (t) => {
    await page.evaluate(await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8'));
    const inks: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      t.same(await violations(page, colorScheme), [], `axe in ${colorScheme}`);
      t.same(await paleTexts(page), [], `charts in ${colorScheme}`);
      inks.push(await inkOf(page));
    }
    const [light, dark] = inks;
    t.not(light, dark);
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    t.equal(await inkOf(page), light, 'a dark page is printed light');
    t.equal(await page.locator('nav').isVisible(), false, 'no navigation on paper');
    const tall = await page
      .locator('#top_rated .scroll')
      .evaluate((one) => one.scrollHeight - one.clientHeight);
    t.equal(tall, 0, 'tables are printed whole');
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    t.ok((pdf.match(/\/Type \/Page\b/g) ?? []).length >= 5, 'it has pages');
  });

  await t.test('it fits a phone', async (t) => {
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 740 });
      t.equal(await page.locator('html').evaluate((html) => html.scrollWidth), width, `${width} px`);
    }
  });

  t.same([...new Set(requests.filter((request) => !request.startsWith('data:text/csv')))], [url]);
  t.same(messages, [], 'the console is silent');
});

/** What axe-core finds in the page as it is shown now; in the dark, only the contrast is another. */
function violations(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  return page.locator('html').evaluate(
    async (html, only) => {
      const found = await html.ownerDocument.defaultView.axe.run(only);
      return found.violations.map(
        ({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`,
      );
    },
    colorScheme === 'light' ? {} : { runOnly: ['color-contrast'] },
  );
}

const inkOf = (page: Page): Promise<string> =>
  page.locator('html').evaluate((html) => html.ownerDocument.defaultView.getComputedStyle(html).color);

/** Colours of texts with less contrast than 4.5 to what they stand on (https://www.w3.org/TR/WCAG21/#contrast-minimum). */
async function paleTexts(page: Page): Promise<string[]> {
  const colors: Record<string, string> = await page.locator('html').evaluate((html) => {
    const style = html.ownerDocument.defaultView.getComputedStyle(html);
    const names = ['page', 'ink', 'muted', 'heat-1', 'heat-2', 'heat-3', 'heat-4'];
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
  });
  const { page: ground = '', ink = '', muted = '', ...cells } = colors;
  const pairs = [[ink, ground], [muted, ground], ...Object.values(cells).map((cell) => [ink, cell])];
  return pairs
    .filter(([text = '', under = '']) => contrast(text, under) < 4.5)
    .map((pair) => pair.join(' on '));
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** @param color as `#0b6477` or `#fff` */
function luminance(color: string): number {
  const digits = color.length === 4 ? color.replace(/\w/g, '$&$&') : color;
  if (!/^#[0-9a-f]{6}$/.test(digits)) throw new Error(`${color} is no colour`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(digits.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
