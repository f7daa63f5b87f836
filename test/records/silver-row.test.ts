import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import t from 'tap';
import { csvRecords } from '../../src/csv/records.js';
import { csvChunks } from '../../src/csv.js';
import { BronzeRecord } from '../../src/records/bronze-record.js';
import { decodeJson, encodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import type { ListItem } from '../../src/records/movie-list.js';
import { datesOf } from '../../src/records/silver-dates.js';
import { readSilver } from '../../src/records/silver-file.js';
import {
  isNullIn,
  parseSilverFields,
  type SilverColumn,
  type SilverRow,
  silverColumns,
  silverField,
  silverFields,
  silverRow,
} from '../../src/records/silver-row.js';
import { openStore } from '../../src/stores/open.js';
import { refusal } from '../support/refusal.js';

const shawshankInList: ListItem = {
  id: 'tt0111161',
  rank: '1',
  title: 'The Shawshank Redemption',
  fullTitle: 'The Shawshank Redemption (1994)',
  year: '1994',
  image: 'https://list.example/shawshank.jpg',
  crew: 'Frank Darabont (dir.), Tim Robbins, Morgan Freeman',
  imDbRating: '9.2',
  imDbRatingCount: '2757004',
};

const shawshankOfOmdb = {
  Title: 'The Shawshank Redemption',
  Year: '1994',
  Rated: 'R',
  Released: '14 Oct 1994',
  Runtime: '142 min',
  Genre: 'Drama',
  Director: 'Frank Darabont',
  Writer: 'Stephen King, Frank Darabont',
  Actors: 'Tim Robbins, Morgan Freeman, Bob Gunton',
  Plot: 'Two men.\nOne prison, "Shawshank".',
  Language: 'English',
  Country: 'United States',
  Awards: 'Nominated for 7 Oscars. 21 wins & 43 nominations total',
  Poster: 'https://omdb.example/shawshank.jpg',
  Ratings: [
    { Source: 'Internet Movie Database', Value: '9.3/10' },
    { Source: 'Rotten Tomatoes', Value: '91%' },
    { Source: 'Metacritic', Value: '81/100' },
  ],
  Metascore: '81',
  imdbRating: '9.3',
  imdbVotes: '2,559,562',
  imdbID: 'tt0111161',
  Type: 'movie',
  DVD: '21 Dec 1999',
  BoxOffice: '$28,767,189',
  Response: 'True',
};

const shawshank: SilverRow = {
  imdb_id: 'tt0111161',
  rank: 1,
  title: 'The Shawshank Redemption',
  year: 1994,
  rated: 'R',
  released: '1994-10-14',
  runtime_minutes: 142,
  genres: ['Drama'],
  directors: ['Frank Darabont'],
  writers: ['Stephen King', 'Frank Darabont'],
  actors: ['Tim Robbins', 'Morgan Freeman', 'Bob Gunton'],
  languages: ['English'],
  countries: ['United States'],
  plot: 'Two men. One prison, "Shawshank".',
  awards: 'Nominated for 7 Oscars. 21 wins & 43 nominations total',
  oscar_wins: 0,
  award_wins: 21,
  award_nominations: 43,
  imdb_rating: '9.3',
  imdb_votes: 2559562,
  metascore: 81,
  rotten_tomatoes: 91,
  box_office_usd: 28767189,
  type: 'movie',
  poster_url: 'https://omdb.example/shawshank.jpg',
  enriched: true,
};

const fromListOnly: SilverRow = {
  imdb_id: 'tt0111161',
  rank: 1,
  title: 'The Shawshank Redemption',
  year: 1994,
  rated: null,
  released: null,
  runtime_minutes: null,
  genres: [],
  directors: ['Frank Darabont'],
  writers: [],
  actors: ['Tim Robbins', 'Morgan Freeman'],
  languages: [],
  countries: [],
  plot: null,
  awards: null,
  oscar_wins: null,
  award_wins: null,
  award_nominations: null,
  imdb_rating: '9.2',
  imdb_votes: 2757004,
  metascore: null,
  rotten_tomatoes: null,
  box_office_usd: null,
  type: null,
  poster_url: 'https://list.example/shawshank.jpg',
  enriched: false,
};

function enriched(omdb: Record<string, unknown>, movie: Partial<ListItem> = {}): BronzeRecord {
  return {
    version: 1,
    runId: '20261123T030000Z',
    date: '2026-11-23',
    movie: { ...shawshankInList, ...movie },
    omdb,
    status: 'enriched',
    error: null,
    fetchedAt: '2026-11-23T03:00:01.000Z',
  };
}

function unanswered(status: 'not_found' | 'failed', movie: Partial<ListItem> = {}): BronzeRecord {
  const omdb = { Response: 'False', Error: 'Incorrect IMDb ID.' };
  return { ...enriched(omdb, movie), status, error: 'Incorrect IMDb ID.' };
}

/** The columns in which a row is not what shawshank's is. */
function differences(row: SilverRow): Partial<SilverRow> {
  const different = silverColumns.filter(
    (name) => JSON.stringify(row[name]) !== JSON.stringify(shawshank[name]),
  );
  return Object.fromEntries(different.map((name) => [name, row[name]]));
}

async function csvOf(rows: readonly SilverRow[]): Promise<string> {
  const chunks: string[] = [];
  const fields = Readable.from(rows.map(silverFields));
  for await (const chunk of csvChunks(silverColumns, fields)) chunks.push(chunk);
  return chunks.join('');
}

async function readBack(csv: string): Promise<SilverRow[]> {
  const rows: SilverRow[] = [];
  for await (const { fields, line } of csvRecords(Readable.from([Buffer.from(csv)]), silverColumns, 'f.csv'))
    rows.push(parseSilverFields(fields, `f.csv line ${line}`));
  return rows;
}

t.test('silver has the columns of the design, in its order', async (t) => {
  t.equal(
    silverColumns.join(', '),
    'imdb_id, rank, title, year, rated, released, runtime_minutes, genres, directors, writers, actors, languages, ' +
      'countries, plot, awards, oscar_wins, award_wins, award_nominations, imdb_rating, imdb_votes, metascore, ' +
      'rotten_tomatoes, box_office_usd, type, poster_url, enriched',
  );
});

t.test('an enriched movie is typed and clean', async (t) => {
  t.strictSame(silverRow(enriched(shawshankOfOmdb)), shawshank);
});

t.test('a movie that OMDb does not know keeps its list values and its crew', async (t) => {
  t.strictSame(silverRow(unanswered('not_found')), fromListOnly);
  t.strictSame(silverRow(unanswered('failed')), fromListOnly, 'and so does one that was given up');
  t.strictSame(silverRow({ ...unanswered('failed'), omdb: null }), fromListOnly, 'also without an answer');
});

t.test('an answer that did not count is not mixed into the row', async (t) => {
  t.strictSame(silverRow({ ...enriched(shawshankOfOmdb), status: 'not_found' }), fromListOnly);
});

t.test('where both sources speak OMDb wins', async (t) => {
  const list: Partial<ListItem> = {
    title: 'Die Verurteilten',
    year: '1995',
    imDbRating: '1.0',
    imDbRatingCount: '1',
    image: 'https://list.example/other.jpg',
    crew: 'Somebody Else (dir.), Nobody',
  };
  t.strictSame(silverRow(enriched(shawshankOfOmdb, list)), shawshank);
});

t.test('the list is the fallback, field by field', async (t) => {
  const without: Record<string, Partial<SilverRow>> = {
    Title: { title: 'From the list' },
    Year: { year: 1995 },
    imdbRating: { imdb_rating: '1.0' },
    imdbVotes: { imdb_votes: 1 },
    Poster: { poster_url: 'https://list.example/other.jpg' },
    Director: { directors: ['List Director'] },
    Actors: { actors: ['List Actor', 'Second Actor'] },
  };
  const list: Partial<ListItem> = {
    title: 'From the list',
    year: '1995',
    imDbRating: '1.0',
    imDbRatingCount: '1',
    image: 'https://list.example/other.jpg',
    crew: 'List Director (dir.), List Actor, Second Actor',
  };
  for (const [field, expected] of Object.entries(without)) {
    for (const nothing of ['N/A', '', undefined, null]) {
      const row = silverRow(enriched({ ...shawshankOfOmdb, [field]: nothing }, list));
      t.strictSame(differences(row), expected, `OMDb's ${field} is ${nothing}`);
    }
  }
  const unreadable = { Year: 'MCMXCIV', imdbRating: 'nine', imdbVotes: 'many' };
  t.strictSame(
    differences(silverRow(enriched({ ...shawshankOfOmdb, ...unreadable }, list))),
    { year: 1995, imdb_rating: '1.0', imdb_votes: 1 },
    'a value of OMDb that cannot be read does not hide the one of the list',
  );
});

t.test('what only OMDb knows is null when OMDb does not know it', async (t) => {
  const nulls: Record<string, Partial<SilverRow>> = {
    Rated: { rated: null },
    Released: { released: null },
    Runtime: { runtime_minutes: null },
    Genre: { genres: [] },
    Writer: { writers: [] },
    Language: { languages: [] },
    Country: { countries: [] },
    Plot: { plot: null },
    Awards: { awards: null, oscar_wins: null, award_wins: null, award_nominations: null },
    Metascore: { metascore: null },
    Ratings: { rotten_tomatoes: null },
    BoxOffice: { box_office_usd: null },
    Type: { type: null },
  };
  for (const [field, expected] of Object.entries(nulls)) {
    for (const nothing of ['N/A', '', undefined, null, {}, [], true]) {
      const row = silverRow(enriched({ ...shawshankOfOmdb, [field]: nothing }));
      t.strictSame(differences(row), expected, `${field} is ${JSON.stringify(nothing)}`);
    }
  }
  t.strictSame(
    differences(silverRow(enriched({ ...shawshankOfOmdb, Runtime: 'S min', Released: '31 Feb 1994' }))),
    { runtime_minutes: null, released: null },
    'and when it cannot be read',
  );
});

t.test('a movie of which nothing is known is a row all the same', async (t) => {
  const bare: BronzeRecord = { ...unanswered('not_found'), movie: { id: 'tt0000001', rank: 7 } };
  t.equal(silverFields(silverRow(bare)).join(','), `tt0000001,7${','.repeat(24)}false`);
  t.equal(
    silverFields(silverRow({ ...bare, status: 'enriched' })).join(','),
    `tt0000001,7${','.repeat(24)}true`,
  );
});

t.test('numbers where texts are expected are read', async (t) => {
  const numbers = {
    Year: 1994,
    Metascore: 81,
    imdbRating: 9.3,
    imdbVotes: 2559562,
    Runtime: 142,
    BoxOffice: 28767189,
  };
  t.strictSame(silverRow(enriched({ ...shawshankOfOmdb, ...numbers })), shawshank);
  const list = { rank: 1, year: 1994, imDbRating: 9.2, imDbRatingCount: 2757004 };
  t.strictSame(silverRow(unanswered('not_found', list)), fromListOnly);
  t.strictSame(differences(silverRow(enriched({ ...shawshankOfOmdb, Title: 1917 }))), { title: '1917' });
});

t.test('the Rotten Tomatoes rating is found wherever it stands', async (t) => {
  const tomatoes = { Source: 'Rotten Tomatoes', Value: '91%' };
  const score = (Ratings: unknown) => silverRow(enriched({ Ratings })).rotten_tomatoes;
  t.equal(score([tomatoes]), 91);
  t.equal(score([null, 'x', 5, {}, { Source: 'Metacritic', Value: '81/100' }, tomatoes]), 91);
  t.equal(score([{ Source: 'Metacritic', Value: '81/100' }]), null);
  t.equal(score([{ Source: 'Rotten Tomatoes', Value: 'N/A' }]), null);
  t.equal(score([{ Source: 'Rotten Tomatoes' }]), null);
  t.equal(score(tomatoes), null);
  t.equal(score('91%'), null);
});

t.test('directors and actors come out of the crew', async (t) => {
  const people = (crew: ListItem['crew']) => {
    const { directors, actors } = silverRow(unanswered('not_found', { crew }));
    return { directors, actors };
  };
  t.strictSame(people('Brad Bird (dir.), Eli Marienthal, Harry Connick Jr.'), {
    directors: ['Brad Bird'],
    actors: ['Eli Marienthal', 'Harry Connick Jr.'],
  });
  t.strictSame(people('Lana Wachowski (dir.), Lilly Wachowski (dir.), Keanu Reeves'), {
    directors: ['Lana Wachowski', 'Lilly Wachowski'],
    actors: ['Keanu Reeves'],
  });
  t.strictSame(
    people('Clint Eastwood (dir.), Clint Eastwood, Gene Hackman'),
    { directors: ['Clint Eastwood'], actors: ['Clint Eastwood', 'Gene Hackman'] },
    'who does both is both',
  );
  t.strictSame(people('T.J. Gnanavel(dir.), Suriya'), { directors: ['T.J. Gnanavel'], actors: ['Suriya'] });
  t.strictSame(people('Tim Robbins'), { directors: [], actors: ['Tim Robbins'] });
  t.strictSame(people('Frank Darabont (dir.)'), { directors: ['Frank Darabont'], actors: [] });
  for (const nothing of ['N/A', '', undefined, null])
    t.strictSame(people(nothing), { directors: [], actors: [] }, `a crew of ${nothing}`);
  const { directors, actors } = silverRow(enriched({ Director: 'N/A', Actors: 'Bob Gunton' }));
  t.strictSame(
    { directors, actors },
    { directors: ['Frank Darabont'], actors: ['Bob Gunton'] },
    'each of the two falls back for itself',
  );
});

t.test('certificates are kept as they are, also those that are out of use', async (t) => {
  for (const rated of ['R', 'PG-13', 'Approved', 'Not Rated', 'Passed', 'Unrated', 'TV-PG', 'GP', 'X'])
    t.equal(silverRow(enriched({ Rated: rated })).rated, rated);
});

t.test('a field is written the way the design says', async (t) => {
  t.strictSame(silverFields(shawshank), [
    'tt0111161',
    '1',
    'The Shawshank Redemption',
    '1994',
    'R',
    '1994-10-14',
    '142',
    'Drama',
    'Frank Darabont',
    'Stephen King|Frank Darabont',
    'Tim Robbins|Morgan Freeman|Bob Gunton',
    'English',
    'United States',
    'Two men. One prison, "Shawshank".',
    'Nominated for 7 Oscars. 21 wins & 43 nominations total',
    '0',
    '21',
    '43',
    '9.3',
    '2559562',
    '81',
    '91',
    '28767189',
    'movie',
    'https://omdb.example/shawshank.jpg',
    'true',
  ]);
  t.equal(silverField(fromListOnly, 'enriched'), 'false');
  t.equal(silverField(fromListOnly, 'genres'), '', 'a list without entries is the empty field');
  t.equal(silverField(fromListOnly, 'plot'), '', 'null is the empty field');
  const columns: SilverColumn[] = silverColumns.filter((column) => isNullIn(fromListOnly, column));
  t.equal(
    columns.join(' '),
    'rated released runtime_minutes genres writers languages countries plot awards oscar_wins award_wins ' +
      'award_nominations metascore rotten_tomatoes box_office_usd type',
  );
  t.strictSame(
    silverColumns.filter((column) => isNullIn(shawshank, column)),
    [],
    '0 and false are no nulls',
  );
});

t.test('hostile texts survive the CSV, and every record stays one physical line', async (t) => {
  const titles: [raw: string, kept: string][] = [
    ['=HYPERLINK("http://evil.example","click")', '=HYPERLINK("http://evil.example","click")'],
    ["+1+cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0"],
    ['-2+3', '-2+3'],
    ['@SUM(A1:A9)', '@SUM(A1:A9)'],
    ['"', '"'],
    ['""', '""'],
    ['"quoted" and, "quoted"', '"quoted" and, "quoted"'],
    [',', ','],
    ["';DROP TABLE movies;--", "';DROP TABLE movies;--"],
    ['line\r\nbreak\nand\ttab\u2028and\u0085more', 'line break and tab and more'],
    ['😀 👨‍👩‍👧 🏴‍☠️', '😀 👨‍👩‍👧 🏴‍☠️'],
    ['\u202eעברית ערבית\u202c العربية', '\u202eעברית ערבית\u202c العربية'],
    ['Ame\u0301lie', 'Am\u00e9lie'],
    ['lone \ud83d surrogate', 'lone \ufffd surrogate'],
    ['nul \u0000 and \u001b[31mred', 'nul \u0000 and \u001b[31mred'],
    ['null', 'null'],
    ['true', 'true'],
    ['#comment', '#comment'],
    ['back\\slash\\', 'back\\slash\\'],
    ['x'.repeat(100_000), 'x'.repeat(100_000)],
  ];
  const rows = titles.map(([raw]) =>
    silverRow(enriched({ ...shawshankOfOmdb, Title: raw, Plot: raw, Genre: `${raw}, Drama` })),
  );
  t.strictSame(
    rows.map((row) => row.title),
    titles.map(([, kept]) => kept),
  );
  const csv = await csvOf(rows);
  t.equal(
    csv.split(/[\n\r\u2028\u2029\u0085]/).length,
    titles.length + 2,
    'header, a line each, the last line break',
  );
  t.strictSame(await readBack(csv), rows);
});

t.test('what the CSV says is what the fields say', async (t) => {
  const row = silverRow(
    enriched({
      Title: '=HYPERLINK("http://x","y")',
      Genre: 'Action|Comedy, Drama',
      Actors: '"Weird Al" Yankovic, Tim',
      Plot: ' a,\nb ',
    }),
  );
  t.equal(
    (await csvOf([row])).split('\n')[1],
    'tt0111161,1,"=HYPERLINK(""http://x"",""y"")",1994,,,,Action/Comedy|Drama,Frank Darabont,,' +
      '"""Weird Al"" Yankovic|Tim",,,"a, b",,,,,9.2,2757004,,,,,https://list.example/shawshank.jpg,true',
  );
});

t.test('every row of the real answers comes back from its CSV as it went', async (t) => {
  const fixture = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
  const list: ListItem[] = fixture('top-250.json').items;
  const answers = new Map<unknown, Record<string, unknown>>(
    fixture('omdb.json').map((answer: Record<string, unknown>) => [answer.imdbID, answer]),
  );
  const rows = list.map((movie) => {
    const omdb = answers.get(movie.id);
    return silverRow(omdb ? enriched(omdb, movie) : unanswered('not_found', movie));
  });
  t.equal(rows.filter((row) => row.enriched).length, 245);
  t.strictSame(await readBack(await csvOf(rows)), rows);
  t.strictSame(
    rows
      .filter((row) => !row.enriched)
      .map((row) => `${row.rank} ${row.title}: ${row.directors}; ${row.actors}`),
    [
      '12 Spider-Man: Across the Spider-Verse: Joaquim Dos Santos; Shameik Moore,Hailee Steinfeld',
      '126 Top Gun: Maverick: Joseph Kosinski; Tom Cruise,Jennifer Connelly',
      '170 Guardians of the Galaxy Vol. 3: James Gunn; Chris Pratt,Chukwudi Iwuji',
      '219 Jai Bhim: T.J. Gnanavel; Suriya,Lijo Mol Jose',
      '247 The Iron Giant: Brad Bird; Eli Marienthal,Harry Connick Jr.',
    ],
  );
  t.strictSame(
    rows.filter((row) => row.rated === 'GP' || row.rated === 'X').map((row) => `${row.title}: ${row.rated}`),
    ['A Clockwork Orange: X', 'Cool Hand Luke: GP'],
  );
});

t.test('a row is the same whether its record came fresh or out of bronze', async (t) => {
  const record = enriched({ ...shawshankOfOmdb, Title: 'lone \ud83d, "quoted"\n' });
  t.strictSame(silverRow(decodeJson(BronzeRecord, encodeJson(record), 'record')), silverRow(record));
});

t.test('an invalid field is an error that names file, line, column and field', async (t) => {
  const invalid: [SilverColumn, string][] = [
    ['imdb_id', ''],
    ['imdb_id', 'tt123'],
    ['imdb_id', '../tt0111161'],
    ['rank', ''],
    ['rank', 'first'],
    ['rank', '-1'],
    ['rank', '1.5'],
    ['year', 'MCMXCIV'],
    ['year', '1994.0'],
    ['year', ' 1994'],
    ['released', '14 Oct 1994'],
    ['released', '1994-10'],
    ['runtime_minutes', '142 min'],
    ['oscar_wins', '0x1'],
    ['award_wins', '1e3'],
    ['award_nominations', '-0'],
    ['imdb_rating', '9,3'],
    ['imdb_rating', '9.3/10'],
    ['imdb_votes', '2,559,562'],
    ['metascore', 'N/A'],
    ['rotten_tomatoes', '91%'],
    ['box_office_usd', '$28,767,189'],
    ['box_office_usd', '1000000000000000'],
    ['enriched', ''],
    ['enriched', 'True'],
    ['enriched', '1'],
  ];
  const good = silverFields(shawshank);
  for (const [column, field] of invalid) {
    const fields = good.with(silverColumns.indexOf(column), field);
    t.equal(
      refusal(() => parseSilverFields(fields, 'movies.csv line 7')),
      `movies.csv line 7: ${column} cannot be "${field}"`,
    );
  }
  t.equal(
    refusal(() => parseSilverFields(good.with(3, 'x'.repeat(100_000)), 'movies.csv line 7')),
    `movies.csv line 7: year cannot be "${'x'.repeat(40)}"`,
    'a long field is cut',
  );
  t.strictSame(parseSilverFields(good, 'movies.csv line 7'), shawshank);
});

t.test('the file of a date is read row by row, with the digest of its bytes', async (t) => {
  const store = await openStore(t.testdir());
  const second: SilverRow = { ...fromListOnly, imdb_id: 'tt0068646', rank: 2 };
  const csv = await csvOf([shawshank, second]);
  await store.put('movies/dt=2026-11-23/movies.csv', csv);
  const rows: SilverRow[] = [];
  t.strictSame(await readSilver(store, '2026-11-23', (row) => rows.push(row)), {
    reference: { key: 'movies/dt=2026-11-23/movies.csv', sha256: sha256(csv) },
    rows: 2,
  });
  t.strictSame(rows, [shawshank, second]);
  t.equal(await readSilver(store, '2026-11-24', () => t.fail('has no row')), undefined);
});

t.test(
  'a file that is out of order, or that holds a movie twice, is refused with what mends it',
  async (t) => {
    const store = await openStore(t.testdir());
    const row = (imdb_id: string, rank: number): SilverRow => ({ ...fromListOnly, imdb_id, rank });
    const read = async (rows: SilverRow[]) => {
      await store.put('movies/dt=2026-11-23/movies.csv', await csvOf(rows));
      return refusalOf(readSilver(store, '2026-11-23', () => {}));
    };
    const place = 'movies/dt=2026-11-23/movies.csv line';
    t.equal(await read([row('tt0000001', 1), row('tt0000002', 1), row('tt0000003', 3)]), 'accepted');
    t.equal(
      await read([row('tt0000001', 2), row('tt0000002', 1)]),
      `${place} 3: rank 1 after rank 2 is out of order`,
    );
    t.equal(
      await read([row('tt0000002', 1), row('tt0000001', 1)]),
      `${place} 3: rank 1 after rank 1 is out of order`,
    );
    t.equal(
      await read([row('tt0000001', 1), row('tt0000001', 1)]),
      `${place} 3: rank 1 after rank 1 is out of order`,
    );
  },
);

t.test('the dates that silver has come oldest first, and nothing else is one', async (t) => {
  const store = await openStore(t.testdir());
  for (const date of ['2026-11-23', '2025-12-31', '2026-02-30', 'yesterday'])
    await store.put(`movies/dt=${date}/movies.csv`, 'x');
  await store.put('_lineage/dt=2024-01-01.json', 'x');
  t.strictSame(await datesOf(store), ['2025-12-31', '2026-11-23']);
});

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'accepted',
    (error: unknown) => error,
  );
  return refusal(() => {
    if (outcome !== 'accepted') throw outcome;
  });
}
