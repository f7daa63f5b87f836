import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { escapeFormula } from '../../src/csv.js';
import { datasets } from '../../src/datasets/index.js';
import { bronzeKeys, goldKeys, silverKeys } from '../../src/keys.js';
import { readSilver } from '../../src/records/silver-file.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { printable } from '../../src/terminal.js';
import { DATE, RUN } from '../support/pipeline.js';
import { type Kind, kindOf } from './kind.js';
import { hostileText } from './values.js';
import { complete, World } from './world.js';

const FIRST = 'tt0111161';

/** A title, a plot and names out of OMDb's answer go into silver and gold. */
async function refined(texts: Record<'Title' | 'Plot' | 'Director' | 'Genre', string>): Promise<World> {
  const world = new World(complete);
  const key = bronzeKeys.record(DATE, RUN, FIRST);
  const record = JSON.parse(world.text('bronze', key));
  world.place('bronze', key, JSON.stringify({ ...record, omdb: { ...record.omdb, ...texts } }));
  const { rows, quarantined } = await silver(DATE, world.services);
  assert.deepEqual({ rows, quarantined }, { rows: 6, quarantined: 0 });
  return world;
}

const texts = fc.record({ Title: hostileText, Plot: hostileText, Director: hostileText, Genre: hostileText });

/** The promise in other words than silver's own: UTF-8 there and back, NFC, a space for line breaks and tabs. */
function expectedText(text: string): string {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
  const line = utf8
    .normalize('NFC')
    .split(/[\n\v\f\r\t\u0085\u2028\u2029]+/)
    .join(' ')
    .trim();
  return line === 'N/A' ? '' : line;
}

/** Texts come out as they went in, for our reader and for another one. */
const roundTrip = kindOf('text', 6, texts, async (given) => {
  const world = await refined(given);
  const csv = world.text('silver', silverKeys.movies(DATE));
  const [header = [], first = []]: string[][] = parse(csv, {
    relax_column_count: false,
    relax_quotes: false,
  });
  const title = expectedText(given.Title) || 'The Shawshank Redemption';
  assert.equal(first[header.indexOf('title')], title);
  assert.equal(first[header.indexOf('plot')], expectedText(given.Plot));
  assert.equal(csv.split(/[\n\v\f\r\t\u0085\u2028\u2029]/).length, 8, 'a record is one line, whoever counts');
  const rows: unknown[][] = [];
  await readSilver(world.silver, DATE, ({ title, plot, genres }) => rows.push([title, plot, genres]));
  const genres = first[header.indexOf('genres')] ?? '';
  assert.deepEqual(rows[0], [
    title,
    expectedText(given.Plot) || null,
    genres === '' ? [] : genres.split('|'),
  ]);
  for (const genre of genres.split('|')) assert.notEqual(genre, 'N/A');
  return title === given.Title ? 'as it went in' : 'cleaned';
});

/** Gold's columns that hold text; all others hold numbers and dates. */
const TEXT_COLUMNS = new Set(
  'imdb_id title genre genres director directors actor country countries language languages awards status'.split(
    ' ',
  ),
);

/** The rule of docs/data.md, read backwards. */
export const unescaped = (cell: string) => (/^'+[=+\-@\t\r\n\0＝＋－＠]/.test(cell) ? cell.slice(1) : cell);

/** No cell of text begins a formula, nothing else is changed, and every text comes back. */
const formulas = kindOf('formula', 3, texts, async (given) => {
  const world = await refined(given);
  const rowsOf = (name: string): string[][] => parse(world.text('gold', goldKeys.dataset(name, DATE)));
  await gold(DATE, world.services);
  const plain = new Map(datasets.map(({ name }) => [name, rowsOf(name)]));
  const before = world.text('silver', silverKeys.movies(DATE));
  await gold(DATE, world.services, { escapeFormulas: true });
  assert.equal(world.text('silver', silverKeys.movies(DATE)), before);
  let escaped = 0;
  for (const { name, columns } of datasets) {
    const rows = rowsOf(name);
    assert.deepEqual(
      rows.map((row) => row.map(unescaped)),
      plain.get(name),
    );
    for (const [line, row] of rows.entries())
      for (const [index, cell] of row.entries()) {
        if (TEXT_COLUMNS.has(columns[index] ?? '')) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
        if (cell === plain.get(name)?.[line]?.[index]) continue;
        assert.ok(TEXT_COLUMNS.has(columns[index] ?? ''), `${name}.${columns[index]} is a text column`);
        escaped++;
      }
  }
  return escaped > 0 ? 'escaped' : 'nothing to escape';
});

/** Escaping is reversible whatever the text, also one that looks escaped. */
const escapes = kindOf(
  'escape',
  2,
  fc.oneof(hostileText, fc.stringMatching(/^'{0,3}[=+\-@x]?.{0,3}$/)),
  async (text) => {
    const escaped = String(escapeFormula(text));
    assert.equal(unescaped(escaped), text);
    assert.doesNotMatch(escaped, /^[=+\-@\t\r]/);
    return escaped === text ? 'plain' : 'escaped';
  },
);

/** What a terminal is shown steers it nowhere. */
const terminal = kindOf('terminal', 1, hostileText, async (text) => {
  const shown = printable(text);
  assert.doesNotMatch(shown, /\p{Cc}|[\u202a-\u202e\u2066-\u2069]|\p{Cs}|[\u2028\u2029]/u);
  assert.equal(printable(shown), shown);
  return shown === text ? 'plain' : 'escaped';
});

export const textKinds: readonly Kind[] = [roundTrip, formulas, escapes, terminal];
