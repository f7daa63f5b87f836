import { readFileSync } from 'node:fs';
import t from 'tap';
import { DecodeError } from '../../src/errors.js';
import { parseMovieList, rankOf } from '../../src/records/movie-list.js';

const shawshank = {
  id: 'tt0111161',
  rank: '1',
  title: 'The Shawshank Redemption',
  fullTitle: 'The Shawshank Redemption (1994)',
  year: '1994',
  image: 'N/A',
  crew: 'Frank Darabont (dir.), Tim Robbins, Morgan Freeman',
  imDbRating: '9.2',
  imDbRatingCount: '2757004',
};

function list(...items: unknown[]) {
  return { items, errorMessage: '' };
}

function idsOf(items: readonly unknown[]): string[] {
  return parseMovieList(list(...items), 'list').movies.map(({ id }) => id);
}

/** Why one item beside a good one is rejected, or "accepted". */
function reasonFor(item: unknown): string {
  const { movies, rejected } = parseMovieList(list(shawshank, item), 'list');
  if (movies.length + rejected.length !== 2) throw new Error('an item was lost');
  return rejected[0]?.reason ?? 'accepted';
}

function refusal(given: unknown): { message: string; hint: string | undefined } | 'accepted' {
  try {
    parseMovieList(given, 'movies.json');
  } catch (error) {
    if (error instanceof DecodeError) return { message: error.message, hint: error.hint };
    throw error;
  }
  return 'accepted';
}

t.test('an item keeps what the source gave, and nothing that the design does not name', async (t) => {
  const { movies, rejected } = parseMovieList(list({ ...shawshank, secret: 'x', ratings: [1] }), 'list');
  t.strictSame(movies, [shawshank]);
  t.strictSame(rejected, []);
  t.strictSame(
    parseMovieList(list({ id: 'tt0111161', rank: 1 }), 'list').movies,
    [{ id: 'tt0111161', rank: 1 }],
    'id and rank are enough',
  );
  const sparse = { id: 'tt0111161', rank: 1, title: null, year: 1994, imDbRating: 9.2, crew: '' };
  t.strictSame(parseMovieList(list(sparse), 'list').movies, [sparse], 'nulls and numbers stay what they are');
});

t.test('the real list is taken whole, in rank order', async (t) => {
  const fixture = new URL('../../fixtures/top-250.json', import.meta.url);
  const { movies, rejected } = parseMovieList(JSON.parse(readFileSync(fixture, 'utf8')), 'list');
  t.strictSame(rejected, []);
  t.strictSame(
    movies.map(rankOf),
    Array.from({ length: 250 }, (_, index) => index + 1),
  );
  t.strictSame(movies[0], shawshank);
});

t.test('a movie counts when its id is one', async (t) => {
  for (const id of ['tt0068646', 'tt15097216', 'tt123456789', 'tt1234567890'])
    t.equal(reasonFor({ id, rank: 2 }), 'accepted', `${id} is an id`);
  const noIds = [
    '',
    'tt',
    'tt123456',
    'tt12345678901',
    'nm0000209',
    'TT0068646',
    'tt0068646 ',
    ' tt0068646',
    'tt0068646\n',
    'tt00686４6',
    'tt0068646/../../x',
    '../tt0068646',
    '__proto__',
  ];
  for (const id of noIds)
    t.equal(
      reasonFor({ id, rank: 2 }),
      `id: ${JSON.stringify(id)} is no IMDb id (tt and 7 to 10 digits)`,
      `${JSON.stringify(id)} is reported`,
    );
  for (const id of [undefined, null, 68646, true, ['tt0068646'], { toString: 'tt0068646' }])
    t.equal(reasonFor({ id, rank: 2 }), 'id: must be a text such as tt0111161');
});

t.test('a movie counts when its rank is a positive integer, as a text or as a number', async (t) => {
  for (const rank of ['2', 2, '250', 1_000_000_000, ' 2 '])
    t.equal(reasonFor({ id: 'tt0068646', rank }), 'accepted', `${JSON.stringify(rank)} is a rank`);
  const noRanks = ['0', 0, '-1', -1, '1.5', 1.5, '', ' ', 'first', '1e3', '+1', '0x1', '1,000', '1 2', 1e21];
  for (const rank of noRanks)
    t.equal(
      reasonFor({ id: 'tt0068646', rank }),
      `rank: ${JSON.stringify(rank)} is no positive integer`,
      `${JSON.stringify(rank)} is no rank`,
    );
  for (const rank of ['1'.repeat(16), '9'.repeat(400)])
    t.not(
      reasonFor({ id: 'tt0068646', rank }),
      'accepted',
      `${rank.length} digits are more than silver holds`,
    );
  for (const rank of [undefined, null, true, [2], {}])
    t.equal(reasonFor({ id: 'tt0068646', rank }), 'rank: must be a positive integer');
});

t.test('something that is no item is reported, and so is an item that is no movie', async (t) => {
  for (const item of [null, 'tt0068646', 5, true, ['tt0068646', 2]])
    t.equal(reasonFor(item), 'is no object', JSON.stringify(item));
  t.equal(reasonFor({}), 'id: must be a text such as tt0111161');
});

t.test('each rejected item is reported with its position in the source, in that order', async (t) => {
  const { movies, rejected } = parseMovieList(
    list(
      { id: 'tt0000009', rank: '9' },
      { id: 'x', rank: '2' },
      { id: 'tt0000003', rank: 'third' },
      { id: 'tt0000001', rank: '1' },
      { id: 'tt0000009', rank: '8' },
      null,
    ),
    'list',
  );
  t.strictSame(movies, [
    { id: 'tt0000001', rank: '1' },
    { id: 'tt0000009', rank: '8' },
  ]);
  t.strictSame(
    rejected.map(({ position, reason }) => `${position}: ${reason}`),
    [
      '1: tt0000009 is in the list already',
      '2: id: "x" is no IMDb id (tt and 7 to 10 digits)',
      '3: rank: "third" is no positive integer',
      '6: is no object',
    ],
  );
});

t.test('movies come by rank as a number, then by id', async (t) => {
  t.strictSame(
    idsOf([
      { id: 'tt0000010', rank: '10' },
      { id: 'tt0000009', rank: 9 },
      { id: 'tt0000100', rank: '100' },
      { id: 'tt0000001', rank: '1' },
    ]),
    ['tt0000001', 'tt0000009', 'tt0000010', 'tt0000100'],
  );
  t.strictSame(
    idsOf([
      { id: 'tt9999999', rank: 1 },
      { id: 'tt10000000', rank: '1' },
      { id: 'tt0000001', rank: 1 },
      { id: 'tt0000002', rank: ' 1' },
    ]),
    ['tt0000001', 'tt0000002', 'tt10000000', 'tt9999999'],
    'ids compare as texts',
  );
});

t.test('of a repeated id the best rank is kept, and of equal ranks the first in the source', async (t) => {
  const { movies, rejected } = parseMovieList(
    list(
      { id: 'tt0000001', rank: 5, title: 'fifth' },
      { id: 'tt0000001', rank: 2, title: 'second' },
      { id: 'tt0000001', rank: '2', title: 'second again' },
      { id: 'tt0000002', rank: 3 },
    ),
    'list',
  );
  t.strictSame(movies, [
    { id: 'tt0000001', rank: 2, title: 'second' },
    { id: 'tt0000002', rank: 3 },
  ]);
  t.strictSame(rejected, [
    { position: 1, reason: 'tt0000001 is in the list already' },
    { position: 3, reason: 'tt0000001 is in the list already' },
  ]);
});

t.test('a list comes out the same in whatever order its items stand', async (t) => {
  const items = Array.from({ length: 50 }, (_, index) => ({
    id: `tt${String((index * 37) % 50).padStart(7, '0')}`,
    rank: String(1 + Math.floor(index / 3)),
  }));
  const straight = idsOf(items);
  t.equal(new Set(straight).size, 50);
  t.strictSame(idsOf([...items].reverse()), straight);
  t.strictSame(idsOf([...items.slice(20), ...items.slice(0, 20)]), straight);
});

t.test('what the list was made of is left as it is', async (t) => {
  const given = list({ id: 'tt0000002', rank: 2 }, { id: 'tt0000001', rank: 1, extra: 1 }, 'x');
  const before = structuredClone(given);
  parseMovieList(given, 'list');
  t.strictSame(given, before);
});

t.test('an error message of the source is an error, whatever else is there', async (t) => {
  const expected = {
    message: 'movies.json reports an error: Invalid API Key',
    hint: 'check the address or ask again later',
  };
  t.strictSame(refusal({ items: [shawshank], errorMessage: 'Invalid API Key' }), expected);
  t.strictSame(refusal({ items: [], errorMessage: ' Invalid API Key\n' }), expected);
  t.strictSame(refusal({ items: null, errorMessage: 'Invalid API Key' }), expected);
  t.strictSame(refusal({ errorMessage: 'Invalid API Key' }), expected);
  for (const errorMessage of ['', ' \n', null])
    t.equal(refusal({ items: [shawshank], errorMessage }), 'accepted', `not ${JSON.stringify(errorMessage)}`);
});

t.test('what is no movie list is refused as a whole, with the shape that is expected', async (t) => {
  const hint =
    'give a list of the shape {"items": [{"id": "tt0111161", "rank": "1", …}], "errorMessage": ""}';
  const refused: [unknown, string][] = [
    [null, 'movies.json is no movie list: must be an object with items'],
    [undefined, 'movies.json is no movie list: must be an object with items'],
    ['items', 'movies.json is no movie list: must be an object with items'],
    [[shawshank], 'movies.json is no movie list: must be an object with items'],
    [{ errorMessage: '' }, 'movies.json is no movie list: items: must be an array'],
    [{ items: { 0: shawshank }, errorMessage: '' }, 'movies.json is no movie list: items: must be an array'],
    [{ items: null, errorMessage: '' }, 'movies.json is no movie list: items: must be an array'],
    [{ items: '[]', errorMessage: '' }, 'movies.json is no movie list: items: must be an array'],
  ];
  for (const [given, message] of refused) t.strictSame(refusal(given), { message, hint });
});

t.test('a list without a usable movie is refused, with the first reason', async (t) => {
  const hint =
    'give a list of the shape {"items": [{"id": "tt0111161", "rank": "1", …}], "errorMessage": ""}';
  t.strictSame(refusal(list()), { message: 'movies.json is a list without a usable movie', hint });
  t.strictSame(refusal(list({ id: 'x', rank: 1 }, { id: 'tt0111161', rank: 0 }, null)), {
    message:
      'movies.json is a list without a usable movie, such as item 1: id: "x" is no IMDb id (tt and 7 to 10 digits)',
    hint,
  });
});

t.test('keys that JavaScript treats specially pollute nothing', async (t) => {
  const text = `{
    "items": [
      {"id": "tt0000001", "rank": 1, "__proto__": {"polluted": true, "title": "inherited"}},
      {"id": "tt0000002", "rank": 2, "constructor": {"prototype": {"polluted": true}}, "toString": "x"},
      {"__proto__": {"id": "tt0000003", "rank": 3}}
    ],
    "__proto__": {"polluted": true},
    "errorMessage": ""
  }`;
  const { movies, rejected } = parseMovieList(JSON.parse(text), 'list');
  t.strictSame(movies, [
    { id: 'tt0000001', rank: 1 },
    { id: 'tt0000002', rank: 2 },
  ]);
  t.strictSame(rejected, [{ position: 3, reason: 'id: must be a text such as tt0111161' }]);
  for (const value of [{}, [], movies[0], movies[1]] as Record<string, unknown>[]) {
    t.equal(value?.polluted, undefined);
    t.equal(value?.title, undefined);
  }
});

t.test(
  'id and rank decide; another fact of a strange kind is left out, and so may be errorMessage',
  async (t) => {
    const items = [{ id: 'tt0111161', rank: '01', title: true, year: ['1994'], crew: { name: 'x' } }];
    const { movies, rejected } = parseMovieList({ items }, 'list');
    t.strictSame(rejected, []);
    t.match(movies, [{ id: 'tt0111161', rank: '01', title: null, year: null, crew: null }]);
    t.strictSame(movies.map(rankOf), [1]);
  },
);

t.test('an item of absurd length is reported, and costs no other its place', async (t) => {
  const [longest, longer] = ['x'.repeat(65_500), 'x'.repeat(65_536)];
  const items = [
    { id: 'tt0000001', rank: 1, title: longer },
    { id: 'tt0000002', rank: `${'0'.repeat(70_000)}2` },
    { id: 'tt0000003', rank: 3, title: longest },
    { id: 'x'.repeat(100_000), rank: 4 },
  ];
  const { movies, rejected } = parseMovieList({ items }, 'list');
  t.same(
    movies.map(({ id }) => id),
    ['tt0000003'],
  );
  t.same(rejected, [
    { position: 1, reason: 'has more than 65536 characters' },
    { position: 2, reason: 'has more than 65536 characters' },
    { position: 4, reason: `id: "${'x'.repeat(40)}…" is no IMDb id (tt and 7 to 10 digits)` },
  ]);
});

t.test('a list of more than a million items is refused as a whole', async (t) => {
  const items: unknown[] = new Array(1_000_001).fill(0);
  t.match(refusal({ items }), { message: 'movies.json has 1000001 items, more than 1000000' });
});

t.test('an error message of the source is cut', async (t) => {
  const errorMessage = `busy${'!'.repeat(1_000_000)}`;
  t.match(refusal({ items: [], errorMessage }), {
    message: `movies.json reports an error: busy${'!'.repeat(296)}…`,
  });
});
