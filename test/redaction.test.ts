import { readFile } from 'node:fs/promises';
import t from 'tap';
import { redaction } from '../src/redaction.js';

/** As OMDb gives them out. */
const KEY = '3f9a12bc';
const SIGNS = 'a+b/c=d&e%f "g<h>i\'j é\\';

const { stored, shown } = redaction([KEY]);

t.test('a key is found wherever and however it is written', async (t) => {
  const cases: Record<string, [text: string, without: string]> = {
    'on its own': [KEY, '***'],
    'in a sentence': [`your key ${KEY}, sir`, 'your key ***, sir'],
    'in capital letters': [KEY.toUpperCase(), '***'],
    'in an address': [
      `https://img.omdbapi.com/?apikey=${KEY}&i=tt0111161`,
      'https://img.omdbapi.com/?apikey=***&i=tt0111161',
    ],
    'in an address in an address': [
      `/login?to=%2F%3Fapikey%3D${KEY}%26i%3Dtt0111161`,
      '/login?to=%2F%3Fapikey%3D***%26i%3Dtt0111161',
    ],
    'encoded twice': [`to=apikey%253D${KEY}%2526i`, 'to=apikey%253D***%2526i'],
    'letter by letter': [`%33%66%39%61%31%32%62%63`, '***'],
    'letter by letter, twice': [`%2533f9%2561%31%32bc`, '***'],
    'in JSON in a text': [`{"apikey":"${KEY}"}\\n${KEY}\\u000a${KEY}`, '{"apikey":"***"}\\n***\\u000a***'],
    'in escapes of JSON': [`\\u0033f9a12b\\u0063`, '***'],
    'in HTML': [`<b>${KEY}</b> &#51;f9a12b&#x63;`, '<b>***</b> ***'],
    'between underscores': [`_${KEY}_`, '_***_'],
    'more than once': [`${KEY},${KEY}`, '***,***'],
  };
  for (const [name, [text, without]] of Object.entries(cases)) {
    t.equal(stored(text), without, name);
    t.equal(shown(text), without, `${name}, shown`);
  }
  const odd = redaction([SIGNS]);
  const writings = [
    SIGNS,
    encodeURIComponent(SIGNS),
    encodeURIComponent(encodeURIComponent(SIGNS)),
    new URLSearchParams({ apikey: SIGNS }).toString().slice('apikey='.length),
    JSON.stringify(SIGNS).slice(1, -1),
    SIGNS.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`),
    SIGNS.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
  for (const writing of writings) t.equal(odd.stored(`a "${writing}" b`), 'a "***" b', writing);
});

t.test('a key is found on every level, in names and in values', async (t) => {
  const echo =
    JSON.parse(`{"Title": "x", "${KEY}": 1, "request": {"query": ["i", "${KEY}", {"a": "k=${KEY}"}]},
    "__proto__": {"key": "${KEY}"}, "n": null, "y": true}`);
  const clean = stored(echo);
  t.equal(
    JSON.stringify(clean),
    '{"Title":"x","***":1,"request":{"query":["i","***",{"a":"k=***"}]},"__proto__":{"key":"***"},"n":null,"y":true}',
  );
  t.equal(Object.getPrototypeOf(clean), Object.prototype);
  t.same(redaction(['12345678']).stored({ apikey: 12345678, votes: 123456789 }), {
    apikey: '***',
    votes: 123456789,
  });
});

t.test('what holds no key is left alone, the very same object', async (t) => {
  const real = JSON.parse(await readFile('fixtures/omdb.json', 'utf8')) as unknown[];
  for (const secrets of [
    [KEY],
    ['12345678'],
    [SIGNS],
    ['offline'],
    ['movie'],
    ['a'],
    ['1994'],
    ['N/A'],
    [''],
    [],
  ]) {
    const { stored } = redaction(secrets);
    t.ok(
      real.every((answer) => stored(answer) === answer),
      `${real.length} real answers and the key ${JSON.stringify(secrets[0])}`,
    );
  }
  for (const text of [`${KEY}0`, `x${KEY}`, KEY.slice(1), `tt${KEY}`, '']) t.equal(stored(text), text);
  t.equal(redaction(['01111610']).stored('tt01111610'), 'tt01111610', 'an id that merely contains it');
});

t.test('a key that may as well be a word goes from facts only where it is given as one', async (t) => {
  const { stored, shown } = redaction(['movie']);
  const fact = { Type: 'movie', Plot: 'A movie about a movie.', Year: '1994' };
  t.equal(stored(fact), fact);
  t.same(
    stored({ ...fact, Poster: 'https://x.example/?apikey=movie&i=1', apiKey: 'movie', API_KEY: ['movie'] }),
    {
      ...fact,
      Poster: 'https://x.example/?apikey=***&i=1',
      apiKey: '***',
      API_KEY: ['***'],
    },
  );
  for (const text of ['api key: movie', 'apikey%3Dmovie', 'api_key="movie"', '"key": "movie"'])
    t.equal(stored(text), text.replace('movie', '***'));
  t.equal(shown('no movie, no moviegoer'), 'no ***, no moviegoer', 'in what is shown, everywhere');
});

t.test('a text that is made to keep the search busy does not', async (t) => {
  for (const piece of [
    '\\',
    '%',
    '25',
    '%25',
    '&#',
    '&#0',
    '0',
    '+',
    'key',
    '\\u0033',
    KEY.slice(0, -1),
    '3',
    ' ',
  ]) {
    const text = piece.repeat(1_000_000 / piece.length);
    t.equal(stored(text), text, JSON.stringify(piece));
  }
});
