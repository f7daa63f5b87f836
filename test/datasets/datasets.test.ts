import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type Cell, csvText } from '../../src/csv.js';
import { boxOfficePerYear } from '../../src/datasets/box-office-per-year.js';
import { type Dataset, isListing, isTotals } from '../../src/datasets/dataset.js';
import { MILLION, millionths } from '../../src/datasets/decimals.js';
import { genreByDecade } from '../../src/datasets/genre-by-decade.js';
import { datasets } from '../../src/datasets/index.js';
import { mostAwarded } from '../../src/datasets/most-awarded.js';
import { moviesByCountry } from '../../src/datasets/movies-by-country.js';
import { moviesByDecade } from '../../src/datasets/movies-by-decade.js';
import { moviesByGenre } from '../../src/datasets/movies-by-genre.js';
import { moviesByLanguage } from '../../src/datasets/movies-by-language.js';
import { moviesPerYear } from '../../src/datasets/movies-per-year.js';
import { rankChanges } from '../../src/datasets/rank-changes.js';
import { Standings } from '../../src/datasets/standings.js';
import { summary } from '../../src/datasets/summary.js';
import { Tallies } from '../../src/datasets/tallies.js';
import { topActors } from '../../src/datasets/top-actors.js';
import { topDirectors } from '../../src/datasets/top-directors.js';
import { topRated } from '../../src/datasets/top-rated.js';
import { numberOf } from '../../src/records/imdb-id.js';
import type { SilverRow } from '../../src/records/silver-row.js';

const nothingKnown: Omit<SilverRow, 'imdb_id' | 'rank'> = {
  title: null,
  year: null,
  rated: null,
  released: null,
  runtime_minutes: null,
  genres: [],
  directors: [],
  writers: [],
  actors: [],
  languages: [],
  countries: [],
  plot: null,
  awards: null,
  oscar_wins: null,
  award_wins: null,
  award_nominations: null,
  imdb_rating: null,
  imdb_votes: null,
  metascore: null,
  rotten_tomatoes: null,
  box_office_usd: null,
  type: null,
  poster_url: null,
  enriched: false,
};

/** The rows of a list, ranked as they stand; what is not given is not known. */
function ranked(...movies: Partial<SilverRow>[]): SilverRow[] {
  return movies.map((facts, index) => ({
    ...nothingKnown,
    imdb_id: idOf(index + 1),
    rank: index + 1,
    ...facts,
  }));
}

function idOf(number: number): string {
  return `tt${String(number).padStart(7, '0')}`;
}

function repeated<Value>(times: number, value: Value): Value[] {
  return Array.from({ length: times }, () => value);
}

/** A silver that lists compare with. */
interface Yesterday {
  date: string;
  rows: readonly SilverRow[];
}

/** The cells of the dataset's rows. */
function cellsOf(
  dataset: Dataset,
  rows: readonly SilverRow[],
  yesterday?: Yesterday,
): readonly (readonly Cell[])[] {
  if (isTotals(dataset)) {
    const accumulator = dataset.open();
    for (const row of rows) accumulator.add(row);
    return accumulator.rows();
  }
  if (!yesterday) return rows.map((row) => dataset.rowOf(row, undefined));
  const standings = new Standings();
  for (const { imdb_id, rank } of yesterday.rows) standings.set(numberOf(imdb_id), rank);
  const previous = { date: yesterday.date, standings };
  const listed = rows.map((row) => dataset.rowOf(row, previous));
  const missing = yesterday.rows.filter(
    ({ imdb_id, rank }) => rank <= rows.length && standings.isMissing(numberOf(imdb_id), rank),
  );
  return [
    ...listed,
    ...missing.flatMap((row) => (dataset.rowOfDropped ? [dataset.rowOfDropped(row, previous)] : [])),
  ];
}

/** The dataset of these rows as its CSV has it: a line each, without the header. */
function gold(dataset: Dataset, rows: readonly SilverRow[], yesterday?: Yesterday): string[] {
  return csvText(cellsOf(dataset, rows, yesterday))
    .split('\n')
    .slice(0, -1);
}

/** Five movies, in which everything that may be null is null somewhere. */
const movies = ranked(
  {
    title: 'Alpha',
    year: 1994,
    released: '1994-10-14',
    runtime_minutes: 100,
    genres: ['Drama', 'Crime'],
    directors: ['Ann', 'Bob'],
    actors: ['Xia', 'Yao'],
    languages: ['English'],
    countries: ['United States'],
    awards: 'Won 2 Oscars. 10 wins & 5 nominations total',
    oscar_wins: 2,
    award_wins: 10,
    award_nominations: 5,
    imdb_rating: '9.3',
    imdb_votes: 2000,
    metascore: 81,
    box_office_usd: 1000,
    enriched: true,
  },
  {
    title: 'Beta, "the second"',
    year: 1999,
    runtime_minutes: 101,
    genres: ['Drama'],
    directors: ['Ann'],
    actors: ['Xia'],
    languages: ['English', 'French'],
    countries: ['United States', 'France'],
    awards: '3 wins',
    oscar_wins: 0,
    award_wins: 3,
    award_nominations: 0,
    imdb_rating: '9.2',
    imdb_votes: 1000,
    enriched: true,
  },
  {
    title: 'Gamma',
    year: 2001,
    genres: ['Crime'],
    directors: ['Bob'],
    actors: ['Yao'],
    box_office_usd: 500,
    enriched: true,
  },
  {
    title: 'Delta',
    year: 2008,
    runtime_minutes: 101,
    actors: ['Zoe'],
    languages: ['French'],
    countries: ['France'],
    awards: '1 win',
    oscar_wins: 0,
    award_wins: 1,
    award_nominations: 0,
    imdb_rating: '8.0',
    imdb_votes: 10,
  },
  {
    title: '=SUM(A1)',
    runtime_minutes: 90,
    genres: ['Drama', 'Sci-Fi'],
    directors: ['Ann'],
    actors: ['Xia'],
    languages: ['Japanese'],
    countries: ['Japan'],
    awards: 'Won 1 Oscar',
    oscar_wins: 1,
    award_wins: 0,
    award_nominations: 0,
    imdb_rating: '8.5',
    imdb_votes: 5,
    box_office_usd: 250,
    enriched: true,
  },
);

t.test('gold has the datasets and columns of the design, in its order', async (t) => {
  t.strictSame(
    datasets.map(({ name, columns }) => `${name}: ${columns.join(', ')}`),
    [
      'top_rated: rank, imdb_id, title, year, released, imdb_rating, imdb_votes, runtime_minutes, genres, directors, countries, languages, metascore, awards, box_office_usd',
      'movies_by_genre: genre, movie_count, avg_imdb_rating, total_box_office_usd',
      'movies_by_country: country, movie_count, avg_imdb_rating, total_box_office_usd',
      'movies_by_language: language, movie_count, avg_imdb_rating, total_box_office_usd',
      'movies_per_year: year, movie_count, avg_imdb_rating',
      'movies_by_decade: decade, movie_count, avg_imdb_rating, avg_runtime_minutes, total_box_office_usd',
      'genre_by_decade: decade, genre, movie_count',
      'box_office_per_year: year, total_box_office_usd, movies_with_box_office',
      'top_directors: director, movie_count, avg_imdb_rating, total_box_office_usd',
      'top_actors: actor, movie_count, avg_imdb_rating',
      'most_awarded: imdb_id, title, year, oscar_wins, award_wins, award_nominations, awards, imdb_rating, imdb_votes',
      'rank_changes: imdb_id, title, previous_date, previous_rank, rank, change, status',
      'summary: movies, enriched, countries, avg_imdb_rating, total_imdb_votes, avg_runtime_minutes, total_box_office_usd, total_oscar_wins, earliest_year, latest_year',
    ],
  );
});

t.test('every row has a cell for every column', async (t) => {
  for (const dataset of datasets)
    for (const row of cellsOf(dataset, movies)) t.equal(row.length, dataset.columns.length, dataset.name);
});

t.test('of an empty silver there is nothing, but a summary of nothing', async (t) => {
  for (const dataset of datasets)
    t.strictSame(gold(dataset, []), dataset === summary ? ['0,0,0,,,,,,,'] : [], dataset.name);
});

t.test('a dataset that is opened twice adds up twice, and its rows can be asked for again', async (t) => {
  for (const dataset of datasets.filter(isTotals)) {
    const other = dataset.open();
    for (const row of movies) other.add(row);
    const accumulator = dataset.open();
    for (const row of movies) accumulator.add(row);
    const rows = [...accumulator.rows()];
    t.strictSame([...other.rows()], rows, dataset.name);
    t.strictSame([...accumulator.rows()], rows, `${dataset.name}, asked again`);
  }
});

t.test('totals are the same however the rows are shared among threads', async (t) => {
  const name = fc.constantFrom('Ann', 'Bob', 'Zoe', 'é', '😀');
  const whole = fc.option(fc.oneof(fc.nat(3), fc.constantFrom(999_999_999_999_999, 5_000_000_000)));
  const facts = fc.record({
    year: fc.option(fc.constantFrom(1989, 1994, 1999)),
    genres: fc.array(name, { maxLength: 4 }),
    directors: fc.array(name, { maxLength: 2 }),
    countries: fc.array(name, { maxLength: 2 }),
    oscar_wins: whole,
    award_wins: whole,
    imdb_rating: fc.option(fc.constantFrom('9.3', '8', '8.345', '999999999.999999')),
    imdb_votes: whole,
    runtime_minutes: whole,
    box_office_usd: whole,
    enriched: fc.boolean(),
  });
  const shares = fc.array(fc.record({ thread: fc.nat(2), facts }), { maxLength: 60 });
  for (const dataset of datasets.filter(isTotals)) {
    const property = fc.property(shares, (movies) => {
      const rows = ranked(...movies.map(({ facts }) => facts));
      const threads = [0, 1, 2].map(() => dataset.open());
      for (const [index, { thread }] of movies.entries()) threads[thread]?.add(rows[index] as SilverRow);
      const [first, ...others] = threads;
      for (const other of others) first?.merge(structuredClone(other.state()));
      assert.deepStrictEqual(first?.rows(), cellsOf(dataset, rows));
    });
    t.doesNotThrow(() => fc.assert(property, { numRuns: 40, seed: 1 }), dataset.name);
  }
});

t.test('output does not depend on the order in which movies are counted', async (t) => {
  for (const dataset of datasets.filter((each) => !isListing(each)))
    t.strictSame(gold(dataset, [...movies].reverse()), gold(dataset, movies), dataset.name);
});

t.test('top_rated is the list, its values as silver has them', async (t) => {
  t.strictSame(gold(topRated, movies), [
    '1,tt0000001,Alpha,1994,1994-10-14,9.3,2000,100,Drama|Crime,Ann|Bob,United States,English,81,Won 2 Oscars. 10 wins & 5 nominations total,1000',
    '2,tt0000002,"Beta, ""the second""",1999,,9.2,1000,101,Drama,Ann,United States|France,English|French,,3 wins,',
    '3,tt0000003,Gamma,2001,,,,,Crime,Bob,,,,,500',
    '4,tt0000004,Delta,2008,,8.0,10,101,,,France,French,,1 win,',
    '5,tt0000005,=SUM(A1),,,8.5,5,90,Drama|Sci-Fi,Ann,Japan,Japanese,,Won 1 Oscar,250',
  ]);
  const ratings = ['9', '9.0', '9.00', '10', '0.0'];
  const rows = ranked(...ratings.map((imdb_rating) => ({ imdb_rating })));
  t.strictSame(
    gold(topRated, rows).map((line) => line.split(',')[5]),
    ratings,
    'a rating prints as silver has it',
  );
  t.equal(gold(topRated, ranked(...repeated(1000, {}))).length, 1000, 'however long the list is');
});

t.test('movies_by_genre counts, averages and adds up', async (t) => {
  t.strictSame(gold(moviesByGenre, movies), ['Drama,3,9.00,1250', 'Crime,2,9.30,1500', 'Sci-Fi,1,8.50,250']);
});

t.test('movies_by_country counts, averages and adds up', async (t) => {
  t.strictSame(gold(moviesByCountry, movies), [
    'France,2,8.60,',
    'United States,2,9.25,1000',
    'Japan,1,8.50,250',
  ]);
});

t.test('movies_by_language counts, averages and adds up', async (t) => {
  t.strictSame(gold(moviesByLanguage, movies), [
    'English,2,9.25,1000',
    'French,2,8.60,',
    'Japanese,1,8.50,250',
  ]);
});

t.test('movies_per_year has the latest year first, and no movie without a year', async (t) => {
  t.strictSame(gold(moviesPerYear, movies), ['2008,1,8.00', '2001,1,', '1999,1,9.20', '1994,1,9.30']);
  const years = ranked(
    { year: 1994, imdb_rating: '9.3' },
    { year: 1994, imdb_rating: '8.8' },
    { year: 1994 },
    { year: 900, imdb_rating: '7' },
    { imdb_rating: '1.0' },
  );
  t.strictSame(gold(moviesPerYear, years), ['1994,3,9.05', '900,1,7.00'], 'years compare as numbers');
});

t.test('movies_by_decade has the latest decade first, and no movie without a year', async (t) => {
  t.strictSame(gold(moviesByDecade, movies), ['2000,2,8.00,101.00,500', '1990,2,9.25,100.50,1000']);
});

t.test('a decade goes from its year 0 to its year 9', async (t) => {
  const years = [1989, 1990, 1999, 2000, 2009, 2010];
  t.strictSame(gold(moviesByDecade, ranked(...years.map((year) => ({ year })))), [
    '2010,1,,,',
    '2000,2,,,',
    '1990,2,,,',
    '1980,1,,,',
  ]);
});

t.test('genre_by_decade has each decade with its genres, the most frequent first', async (t) => {
  t.strictSame(gold(genreByDecade, movies), ['2000,Crime,1', '1990,Drama,2', '1990,Crime,1']);
  const many = ranked(
    { year: 1950, genres: ['Western', 'Drama'] },
    { year: 1959, genres: ['Western', 'Comedy'] },
    { year: 2020, genres: ['Drama'] },
    { year: 2021, genres: ['Comedy', 'Action'] },
    { genres: ['Horror'] },
    { year: 1930 },
  );
  t.strictSame(gold(genreByDecade, many), [
    '2020,Action,1',
    '2020,Comedy,1',
    '2020,Drama,1',
    '1950,Western,2',
    '1950,Comedy,1',
    '1950,Drama,1',
  ]);
});

t.test('box_office_per_year tells a year without any from a year that earned nothing', async (t) => {
  t.strictSame(gold(boxOfficePerYear, movies), ['2008,,0', '2001,500,1', '1999,,0', '1994,1000,1']);
  const years = ranked(
    { year: 1994, box_office_usd: 1 },
    { year: 1994, box_office_usd: 509 },
    { year: 1994 },
    { year: 1995, box_office_usd: 0 },
    { box_office_usd: 7 },
  );
  t.strictSame(gold(boxOfficePerYear, years), ['1995,0,1', '1994,510,2']);
});

t.test('top_directors has those with the most movies', async (t) => {
  t.strictSame(gold(topDirectors, movies), ['Ann,3,9.00,1250', 'Bob,2,9.30,1500']);
});

t.test('top_actors has those with the most movies', async (t) => {
  t.strictSame(gold(topActors, movies), ['Xia,3,9.00', 'Yao,2,9.30', 'Zoe,1,8.00']);
});

t.test('most_awarded has the movies with the most Oscars', async (t) => {
  t.strictSame(gold(mostAwarded, movies), [
    'tt0000001,Alpha,1994,2,10,5,Won 2 Oscars. 10 wins & 5 nominations total,9.3,2000',
    'tt0000005,=SUM(A1),,1,0,0,Won 1 Oscar,8.5,5',
    'tt0000002,"Beta, ""the second""",1999,0,3,0,3 wins,9.2,1000',
    'tt0000004,Delta,2008,0,1,0,1 win,8.0,10',
    'tt0000003,Gamma,2001,,,,,,',
  ]);
});

t.test('summary is one row about all', async (t) => {
  t.strictSame(gold(summary, movies), ['5,4,3,8.75,3015,98.00,1750,3,1994,2008']);
  t.strictSame(gold(summary, ranked({}, {})), ['2,0,0,,,,,,,'], 'a sum or an average over nothing is null');
  t.strictSame(
    gold(
      summary,
      ranked({ imdb_votes: 0, box_office_usd: 0, oscar_wins: 0, runtime_minutes: 0, year: 1994 }),
    ),
    ['1,0,0,,0,0.00,0,0,1994,1994'],
    'and 0 is not nothing',
  );
});

t.test('a movie counts once per genre, country, language and person, even when they repeat', async (t) => {
  const twice = ['Same', 'Other', 'Same'];
  const rows = ranked({
    year: 1994,
    imdb_rating: '8.0',
    box_office_usd: 10,
    genres: twice,
    countries: twice,
    languages: twice,
    directors: twice,
    actors: twice,
  });
  for (const dataset of [moviesByGenre, moviesByCountry, moviesByLanguage, topDirectors])
    t.strictSame(gold(dataset, rows), ['Other,1,8.00,10', 'Same,1,8.00,10'], dataset.name);
  t.strictSame(gold(topActors, rows), ['Other,1,8.00', 'Same,1,8.00']);
  t.strictSame(gold(genreByDecade, rows), ['1990,Other,1', '1990,Same,1']);
  t.equal(gold(summary, rows)[0]?.split(',')[2], '2', 'and once in the summary');
});

t.test('among equal counts names come by code point', async (t) => {
  const names = ['😀', '～', 'é', 'z', 'a', 'Z', 'A', 'z\u0301', 'Ab', '10', '9', 'constructor', '__proto__'];
  const ordered = [
    '10',
    '9',
    'A',
    'Ab',
    'Z',
    '__proto__',
    'a',
    'constructor',
    'z',
    'z\u0301',
    'é',
    '～',
    '😀',
  ];
  const firstCell = (line: string) => line.split(',')[0];
  for (const dataset of [moviesByGenre, moviesByCountry, moviesByLanguage, topDirectors, topActors]) {
    const rows = ranked({
      genres: names,
      countries: names,
      languages: names,
      directors: names,
      actors: names,
    });
    t.strictSame(gold(dataset, rows).map(firstCell), ordered, dataset.name);
  }
  t.strictSame(
    gold(genreByDecade, ranked({ year: 1994, genres: names })).map((line) => line.split(',')[1]),
    ordered,
    'genre_by_decade',
  );
});

t.test('counts compare as numbers', async (t) => {
  const rows = ranked(
    ...repeated(9, { genres: ['Nine'], year: 1994 }),
    ...repeated(10, { genres: ['Ten'], year: 1994 }),
  );
  t.strictSame(gold(moviesByGenre, rows), ['Ten,10,,', 'Nine,9,,']);
  t.strictSame(gold(genreByDecade, rows), ['1990,Ten,10', '1990,Nine,9']);
});

t.test('among equal counts the better rated person comes first, and one without a rating last', async (t) => {
  const people: [name: string, rating: string | null][] = [
    ['Unrated A', null],
    ['Nine', '9.5'],
    ['Zero', '0'],
    ['Ten', '10'],
    ['Unrated B', null],
    ['Eight', '8.99'],
  ];
  const rows = ranked(
    ...people.map(([name, imdb_rating]) => ({ directors: [name], actors: [name], imdb_rating })),
    { directors: ['Twice'], actors: ['Twice'], imdb_rating: '1.0' },
    { directors: ['Twice'], actors: ['Twice'] },
  );
  const expected = [
    'Twice,2,1.00',
    'Ten,1,10.00',
    'Nine,1,9.50',
    'Eight,1,8.99',
    'Zero,1,0.00',
    'Unrated A,1,',
    'Unrated B,1,',
  ];
  t.strictSame(gold(topActors, rows), expected);
  t.strictSame(
    gold(topDirectors, rows),
    expected.map((line) => `${line},`),
  );
});

t.test('rows are ordered by the values they print: what rounds to the same rating is equal', async (t) => {
  const rows = ranked(
    { directors: ['Zed'], actors: ['Zed'], imdb_rating: '8.444' },
    { directors: ['Amy'], actors: ['Amy'], imdb_rating: '8.4351' },
    { directors: ['Low'], actors: ['Low'], imdb_rating: '8.4349' },
  );
  t.strictSame(gold(topActors, rows), ['Amy,1,8.44', 'Zed,1,8.44', 'Low,1,8.43']);
  t.strictSame(gold(topDirectors, rows), ['Amy,1,8.44,', 'Zed,1,8.44,', 'Low,1,8.43,']);
});

t.test('the best 25 are kept, chosen after ordering', async (t) => {
  const people = Array.from({ length: 40 }, (_, index) => `P${String(index).padStart(2, '0')}`);
  const first = (lines: string[]) => lines.map((line) => line.split(',')[0]);
  const backwards = ranked(...[...people].reverse().map((name) => ({ directors: [name], actors: [name] })));
  t.strictSame(first(gold(topDirectors, backwards)), people.slice(0, 25));
  t.strictSame(first(gold(topActors, backwards)), people.slice(0, 25));
  t.equal(gold(topActors, backwards.slice(0, 24)).length, 24);
  const names = ranked({ genres: people, countries: people, languages: people, year: 1994 });
  for (const dataset of [moviesByGenre, moviesByCountry, moviesByLanguage, genreByDecade])
    t.equal(gold(dataset, names).length, 40, `${dataset.name} keeps all`);
});

t.test('most_awarded orders by Oscars, then wins, then nominations, then id', async (t) => {
  const awarded = (
    imdb_id: string,
    oscar_wins: number | null,
    award_wins: number | null,
    award_nominations: number | null,
  ) => ({
    imdb_id,
    oscar_wins,
    award_wins,
    award_nominations,
  });
  const rows = ranked(
    awarded('tt0000001', null, null, null),
    awarded('tt0000002', 0, 0, 0),
    awarded('tt9999999', 2, 100, 5),
    awarded('tt10000000', 2, 100, 5),
    awarded('tt5000000', 2, 100, 41),
    awarded('tt0000004', 2, 99, 999),
    awarded('tt0000005', 11, 0, 0),
    awarded('tt0000006', 0, 1000, 0),
    awarded('tt0000000', null, null, null),
  );
  t.strictSame(
    gold(mostAwarded, rows).map((line) => line.split(',')[0]),
    [
      'tt0000005',
      'tt5000000',
      'tt10000000',
      'tt9999999',
      'tt0000004',
      'tt0000006',
      'tt0000002',
      'tt0000000',
      'tt0000001',
    ],
  );
});

t.test('most_awarded finds the best 25 wherever in a long list they stand', async (t) => {
  const count = 3500;
  const rows = Array.from({ length: count }, (_, index) => ({
    oscar_wins: index % 7 === 3 ? 0 : null,
    award_wins: index % 7 === 3 ? (index * 613) % count : null,
  }));
  const best = rows
    .map(({ award_wins }, index) => ({ id: idOf(index + 1), wins: award_wins ?? -1 }))
    .sort((a, b) => b.wins - a.wins || (a.id < b.id ? -1 : 1))
    .slice(0, 25);
  t.equal(best.length, 25);
  t.strictSame(
    gold(mostAwarded, ranked(...rows)).map((line) => line.split(',')[0]),
    best.map(({ id }) => id),
  );
  for (const count of [24, 25, 26, 999, 1000, 1001, 2000])
    t.equal(gold(mostAwarded, ranked(...repeated(count, {}))).length, Math.min(count, 25), `of ${count}`);
});

const yesterday = (...standings: [imdbId: string, rank: number, title: string | null][]): Yesterday => ({
  date: '2026-11-22',
  rows: ranked(...standings.map(([imdb_id, rank, title]) => ({ imdb_id, rank, title }))),
});

t.test('a movie is found among many, and by its id with all its digits', async (t) => {
  const count = 5000;
  const ids = Array.from({ length: count }, (_, index) => `tt${String(index * 7919).padStart(7, '0')}`);
  const others = ['tt00000000', 'tt000000000', 'tt0000000000', 'tt9999999999', 'tt0000001'];
  const standings = new Standings();
  for (const [index, id] of [...ids, ...others.slice(1)].entries()) standings.set(numberOf(id), index + 1);
  const elsewhere = new Standings(standings.shared);
  t.strictSame(
    ids.map((id) => elsewhere.see(numberOf(id))),
    ids.map((_, index) => index + 1),
  );
  t.equal(elsewhere.see(numberOf('tt00000000')), undefined);
  t.equal(elsewhere.see(numberOf('tt0000000000')), count + 2);
  t.equal(
    standings.isMissing(numberOf('tt0000000000'), count + 2),
    false,
    'whoever shares the table has seen it',
  );
  t.equal(standings.isMissing(numberOf('tt9999999999'), count + 3), true);
  t.equal(standings.isMissing(numberOf('tt9999999999'), 1), false, 'it never was there');
  t.equal(standings.hasMissing(count), false);
  t.equal(standings.hasMissing(count + 1), true);
});

t.test('rank_changes says who is new, went up or down, stayed, or dropped out', async (t) => {
  const today = ranked({ title: 'Alpha' }, { title: 'Beta' }, { title: 'Gamma' }, { title: 'Delta' });
  const previous = yesterday(
    ['tt0000001', 1, 'Alpha'],
    ['tt0000003', 2, 'Gamma, as it was called'],
    ['tt0000009', 3, 'Gone'],
    ['tt0000002', 4, 'Beta'],
  );
  t.strictSame(gold(rankChanges, today, previous), [
    'tt0000001,Alpha,2026-11-22,1,1,0,same',
    'tt0000002,Beta,2026-11-22,4,2,2,up',
    'tt0000003,Gamma,2026-11-22,2,3,-1,down',
    'tt0000004,Delta,,,4,,new',
    'tt0000009,Gone,2026-11-22,3,,,dropped',
  ]);
});

t.test('a movie is dropped only if its previous rank would fit into the row count of today', async (t) => {
  const today = ranked({ title: 'Alpha' }, { title: 'Beta' }, { title: 'Gamma' });
  const previous = yesterday(
    ['tt0000011', 1, 'First'],
    ['tt0000002', 2, 'Beta'],
    ['tt0000013', 3, null],
    ['tt0000014', 4, 'Fourth'],
    ['tt0000003', 5, 'Gamma'],
    ['tt0000015', 250, 'Last'],
  );
  t.strictSame(gold(rankChanges, today, previous), [
    'tt0000001,Alpha,,,1,,new',
    'tt0000002,Beta,2026-11-22,2,2,0,same',
    'tt0000003,Gamma,2026-11-22,5,3,2,up',
    'tt0000011,First,2026-11-22,1,,,dropped',
    'tt0000013,,2026-11-22,3,,,dropped',
  ]);
  const shorter = yesterday(
    ...Array.from({ length: 250 }, (_, index): [string, number, null] => [idOf(index + 1), index + 1, null]),
  );
  t.strictSame(
    gold(rankChanges, ranked({}, {}), shorter),
    ['tt0000001,,2026-11-22,1,1,0,same', 'tt0000002,,2026-11-22,2,2,0,same'],
    'a shorter list drops nobody',
  );
});

t.test('ranks with gaps count by row, not by rank', async (t) => {
  const today = ranked({ rank: 1 }, { rank: 10 });
  const previous = yesterday(['tt0000008', 2, 'Second'], ['tt0000009', 3, 'Third']);
  t.strictSame(gold(rankChanges, today, previous), [
    'tt0000001,,,,1,,new',
    'tt0000002,,,,10,,new',
    'tt0000008,Second,2026-11-22,2,,,dropped',
  ]);
});

t.test('without an earlier date every movie is new', async (t) => {
  const today = ranked({ title: 'Alpha' }, { title: null });
  const expected = ['tt0000001,Alpha,,,1,,new', 'tt0000002,,,,2,,new'];
  t.strictSame(gold(rankChanges, today), expected);
  t.strictSame(gold(rankChanges, today, yesterday()), expected, 'and after an empty one too');
});

/** What numbers add up to. */
function tallied(values: readonly (number | null)[]) {
  const tallies = new Tallies<'all'>(1);
  const place = tallies.count('all', 0);
  for (const value of values) tallies.add(place, 0, value);
  for (const [, tally] of tallies.entries()) return tally;
  throw new Error('there is one');
}

t.test('a sum over nothing is null, and over zeros it is zero', async (t) => {
  t.equal(tallied([]).sum(0), null);
  t.equal(tallied([null]).sum(0), null);
  t.equal(tallied([null]).counted(0), 0);
  t.equal(tallied([null, 0]).sum(0), '0');
  t.equal(tallied([null, 0]).counted(0), 1, 'nulls are not counted');
});

t.test('a sum is exact, also beyond 2^53', async (t) => {
  const largest = 999_999_999_999_999;
  const sums: [number[], string][] = [
    [[1, 2, 3], '6'],
    [[largest], '999999999999999'],
    [[...repeated(10, largest), 1], '9999999999999991'],
    [[1, ...repeated(9, largest), 1, 1], '8999999999999994'],
    [repeated(1000, largest), '999999999999999000'],
    [repeated(100_001, largest), '100000999999999899999'],
    [Array.from({ length: 20_000 }, (_, index) => (index % 2 ? largest : 1)), '10000000000000000000'],
  ];
  for (const [values, expected] of sums) {
    t.equal(tallied(values).sum(0), expected);
    const [mine, others] = [new Tallies<'all'>(1), new Tallies<'all'>(1)];
    for (const [index, value] of values.entries()) {
      const part = index % 2 ? mine : others;
      part.add(part.count('all'), 0, value);
    }
    mine.merge(others.state());
    t.strictSame(
      [...mine.entries()].map(([, tally]) => [tally.movies, tally.sum(0)]),
      [[values.length, expected]],
      'in two parts',
    );
  }
  const rows = ranked(...repeated(11, { genres: ['Drama'], box_office_usd: largest, year: 1994 }));
  t.strictSame(gold(moviesByGenre, rows), ['Drama,11,,10999999999999989']);
  t.strictSame(gold(boxOfficePerYear, rows), ['1994,10999999999999989,11']);
});

t.test('an average of whole numbers is half-up to two decimals', async (t) => {
  const averages: [(number | null)[], string | null][] = [
    [[], null],
    [[null, null], null],
    [[0], '0.00'],
    [[142], '142.00'],
    [[1, 2], '1.50'],
    [[1, null, 2, null], '1.50'],
    [[1, 1, 2], '1.33'],
    [[1, 2, 2], '1.67'],
    [[1, ...repeated(7, 0)], '0.13'],
    [[1, ...repeated(15, 0)], '0.06'],
    [[1, ...repeated(199, 0)], '0.01'],
    [[1, ...repeated(200, 0)], '0.00'],
    [[3, ...repeated(7, 0)], '0.38'],
    [[999_999_999_999_999, 999_999_999_999_998], '999999999999998.50'],
    [[...repeated(19_999, 999_999_999_999_999), 0], '999949999999999.00'],
  ];
  for (const [values, expected] of averages) {
    t.equal(tallied(values).average(0), expected, `${values.slice(0, 4)}, ${values.length} values`);
  }
});

t.test('an average of ratings is exact in decimal and half-up, where binary fractions are not', async (t) => {
  const averages: [(string | null)[], string | null][] = [
    [[], null],
    [[null], null],
    [['9'], '9.00'],
    [['9.3'], '9.30'],
    [['9.3', null], '9.30'],
    [['8.34', '8.35'], '8.35'],
    [['8.345'], '8.35'],
    [['8.344999'], '8.34'],
    [[...repeated(9, '8.4'), ...repeated(11, '8.3')], '8.35'],
    [[...repeated(900, '8.4'), ...repeated(1100, '8.3')], '8.35'],
    [['1.005'], '1.01'],
    [['2.675'], '2.68'],
    [['0.005'], '0.01'],
    [['0.004999'], '0.00'],
    [['9.995'], '10.00'],
    [['9.2', '9.3', '9.3'], '9.27'],
    [['0.1', '0.2'], '0.15'],
    [['10', '0.01'], '5.01'],
    [['999999999.999999', '999999999.999999'], '1000000000.00'],
    [['123456789.123456'], '123456789.12'],
  ];
  for (const [values, expected] of averages) {
    const average = tallied(values.map(millionths)).average(0, MILLION);
    t.equal(average, expected, `${values.slice(0, 4)}, ${values.length} values`);
  }
});
