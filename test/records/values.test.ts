import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import {
  parseAwards,
  parseDecimal,
  parseDollars,
  parseInteger,
  parseMinutes,
  parsePercent,
  parseReleased,
  parseYear,
} from '../../src/records/numbers.js';
import { cleanText, compareText, splitList } from '../../src/records/text.js';

type Table<Value> = readonly (readonly [input: unknown, expected: Value])[];

/** What says nothing, whoever reads it. */
const NOTHING: readonly unknown[] = [
  'N/A',
  ' N/A ',
  '\tN/A\n',
  '',
  ' ',
  '\n\t\r\n',
  '\u00a0',
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  false,
  {},
  [],
  ['1994'],
  { Value: '1994' },
  1994n,
];

function reads<Value>(t: Test, parse: (value: unknown) => Value, table: Table<Value>): void {
  for (const [input, expected] of table)
    t.strictSame(parse(input), expected, `${show(input)} -> ${show(expected)}`);
}

/** A value in ASCII: a line separator in a test's name would break TAP. */
function show(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

t.test('what says nothing is null, whichever column it stands in', async (t) => {
  const parsers = {
    cleanText,
    parseInteger,
    parseDecimal,
    parseMinutes,
    parseDollars,
    parsePercent,
    parseYear,
    parseReleased,
  };
  for (const [name, parse] of Object.entries(parsers))
    for (const nothing of NOTHING) t.equal(parse(nothing), null, `${name}(${show(nothing)})`);
  for (const nothing of NOTHING) {
    t.strictSame(splitList(nothing), [], `splitList(${show(nothing)})`);
    t.strictSame(
      parseAwards(nothing),
      { oscarWins: null, awardWins: null, awardNominations: null },
      `parseAwards(${show(nothing)})`,
    );
  }
});

t.test('a whole number loses its separators and nothing else', async (t) => {
  reads(t, parseInteger, [
    ['2,559,562', 2559562],
    ['756,234', 756234],
    ['53,073', 53073],
    ['2757004', 2757004],
    ['81', 81],
    ['0', 0],
    [' 100\n', 100],
    ['007', 7],
    [0, 0],
    [-0, 0],
    [2559562, 2559562],
    [9.3, null],
    [-5, null],
    ['-5', null],
    ['+5', null],
    ['1e3', null],
    ['0x10', null],
    ['9.0', null],
    ['1,2,3', null],
    ['1,23', null],
    ['1234,567', null],
    [',123', null],
    ['123,', null],
    ['2.559.562', null],
    ['2 559 562', null],
    ['81/100', null],
    ['\uff11\uff12', null],
    ['\u0661\u0662', null],
  ]);
});

t.test('a number of up to 15 digits is exact, and a longer one is null rather than rounded', async (t) => {
  reads(t, parseInteger, [
    ['999999999999999', 999999999999999],
    ['999,999,999,999,999', 999999999999999],
    ['000000000000000000123', 123],
    ['000', 0],
    ['1000000000000000', null],
    ['9007199254740993', null],
    ['9'.repeat(400), null],
    [1e15, null],
    [1e21, null],
  ]);
  reads(t, parseDollars, [
    ['$999,999,999,999,999', 999999999999999],
    ['$1,000,000,000,000,000', null],
  ]);
  reads(t, parseMinutes, [
    ['999999999999999 min', 999999999999999],
    ['1000000000000000 min', null],
  ]);
});

t.test('a rating stays the text it is', async (t) => {
  reads(t, parseDecimal, [
    ['9.3', '9.3'],
    ['9.0', '9.0'],
    ['9.30', '9.30'],
    ['9', '9'],
    ['10', '10'],
    ['0.0', '0.0'],
    [' 8.6 ', '8.6'],
    [9.3, '9.3'],
    [9, '9'],
    ['123456789.123456', '123456789.123456'],
    ['1234567890', null],
    ['9.1234567', null],
    ['9.', null],
    ['.9', null],
    ['9,3', null],
    ['-9.3', null],
    ['9.3/10', null],
    ['9.3.1', null],
    [1e-7, null],
    ['1e1', null],
  ]);
});

t.test('running times are minutes, in either of the forms OMDb has', async (t) => {
  reads(t, parseMinutes, [
    ['142 min', 142],
    ['96 min', 96],
    ['1 min', 1],
    ['1,440 min', 1440],
    ['2 h 22 min', 142],
    ['1 h 0 min', 60],
    ['2 h', 120],
    ['24 h 1 min', 1441],
    ['142', 142],
    [142, 142],
    ['0 min', 0],
    ['S min', null],
    ['min', null],
    ['h', null],
    ['-5 min', null],
    ['1,2,3 min', null],
    ['142 minutes', null],
    ['142 min (extended)', null],
    ['2.5 h', null],
    ['120-142 min', null],
  ]);
});

t.test('dollars are read, other currencies are not', async (t) => {
  reads(t, parseDollars, [
    ['$1', 1],
    ['$509', 509],
    ['$44,000', 44000],
    ['$28,767,189', 28767189],
    ['$136,381,073', 136381073],
    ['$2,923,706,026', 2923706026],
    ['$0', 0],
    ['$ 509', 509],
    ['28,767,189', 28767189],
    [28767189, 28767189],
    ['£1,000', null],
    ['€1,000', null],
    ['\uff04509', null],
    ['US$509', null],
    ['$$509', null],
    ['509$', null],
    ['$', null],
    ['$1.5', null],
    ['$1.5M', null],
    ['$-509', null],
    ['-$509', null],
    ['$1,2,3', null],
    ['$1,0000', null],
  ]);
});

t.test('a percentage is its number', async (t) => {
  reads(t, parsePercent, [
    ['91%', 91],
    ['0%', 0],
    ['100%', 100],
    ['91 %', 91],
    ['91', 91],
    [91, 91],
    ['%', null],
    ['91%%', null],
    ['91.5%', null],
    ['-1%', null],
    ['91/100', null],
    ['9.3/10', null],
  ]);
});

t.test('a year range keeps its first year', async (t) => {
  reads(t, parseYear, [
    ['1994', 1994],
    [1994, 1994],
    ['2008–2013', 2008],
    ['2008-2013', 2008],
    ['2016–', 2016],
    [' 2016– ', 2016],
    ['(1994)', 1994],
    ['199', null],
    ['MCMXCIV', null],
    ['\u0661\u0669\u0669\u0664', null],
  ]);
});

t.test('a release date is ISO, and only a day that the calendar has', async (t) => {
  reads(t, parseReleased, [
    ['14 Oct 1994', '1994-10-14'],
    ['04 Feb 1994', '1994-02-04'],
    ['4 Feb 1994', '1994-02-04'],
    ['01 Jan 1900', '1900-01-01'],
    ['31 Dec 1999', '1999-12-31'],
    ['29 Feb 2000', '2000-02-29'],
    ['29 Feb 2024', '2024-02-29'],
    [' 14 Oct 1994\n', '1994-10-14'],
    ['29 Feb 1900', null],
    ['29 Feb 2023', null],
    ['30 Feb 2024', null],
    ['31 Feb 1994', null],
    ['31 Apr 1994', null],
    ['31 Jun 1994', null],
    ['31 Sep 1994', null],
    ['31 Nov 1994', null],
    ['00 Jan 1994', null],
    ['32 Jan 1994', null],
    ['14 Okt 1994', null],
    ['14 October 1994', null],
    ['Oct 1994', null],
    ['1994', null],
    ['14 Oct 94', null],
    ['Oct 14 1994', null],
    ['1994-10-14', null],
    ['14 Oct 1994 (USA)', null],
    [19941014, null],
  ]);
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  t.strictSame(
    months.map((month) => parseReleased(`07 ${month} 1947`)),
    [
      '1947-01-07',
      '1947-02-07',
      '1947-03-07',
      '1947-04-07',
      '1947-05-07',
      '1947-06-07',
      '1947-07-07',
      '1947-08-07',
      '1947-09-07',
      '1947-10-07',
      '1947-11-07',
      '1947-12-07',
    ],
  );
});

t.test('an awards text counts Oscars, wins and nominations, and what it does not say is 0', async (t) => {
  const counts = (value: unknown) => {
    const { oscarWins, awardWins, awardNominations } = parseAwards(value);
    return [oscarWins, awardWins, awardNominations];
  };
  reads(t, counts, [
    ['Nominated for 7 Oscars. 21 wins & 43 nominations total', [0, 21, 43]],
    ['Won 11 Oscars. 209 wins & 124 nominations total', [11, 209, 124]],
    ['Won 1 Oscar. 70 wins & 75 nominations total', [1, 70, 75]],
    ['Won 1 Oscar', [1, 0, 0]],
    ['Won 1 Oscar. Another 37 wins & 58 nominations.', [1, 37, 58]],
    ['Won 1 Primetime Emmy. 117 wins & 226 nominations total', [0, 117, 226]],
    ['Nominated for 1 Oscar. 4 wins & 15 nominations total', [0, 4, 15]],
    ['3 wins & 6 nominations', [0, 3, 6]],
    ['4 wins & 1 nomination', [0, 4, 1]],
    ['1 win & 7 nominations', [0, 1, 7]],
    ['1 win', [0, 1, 0]],
    ['3 wins', [0, 3, 0]],
    ['14 nominations', [0, 0, 14]],
    ['1 nomination', [0, 0, 1]],
    ['Won 11 Oscars. 1,209 wins & 12,124 nominations total', [11, 1209, 12124]],
    ['Won 2 Oscars.\n109 wins &\t40 nominations total', [2, 109, 40]],
    ['Winner of nothing', [0, 0, 0]],
  ]);
});

t.test('an awards text that lacks a space is read all the same', async (t) => {
  const counts = (value: unknown) => {
    const { oscarWins, awardWins, awardNominations } = parseAwards(value);
    return [oscarWins, awardWins, awardNominations];
  };
  reads(t, counts, [
    ['Nominated for 1 BAFTA Film Award1 wins & 2 nominations total', [0, 1, 2]],
    ['Nominated for 1 BAFTA Film Award38 wins & 40 nominations total', [0, 38, 40]],
    ['Won 1 BAFTA Film Award6 wins total', [0, 6, 0]],
    ['Won 1 Oscar70 wins & 2 nominations', [1, 70, 2]],
    ['1 win7 nominations', [0, 1, 7]],
    ['Won 3 Oscars,1,133 wins', [3, 1133, 0]],
    ['2 winsome losers', [0, 0, 0]],
    ['Won 1 BAFTA Film Award70 wins & 108 nominations total', [0, 70, 108]],
    ['Won 2 BAFTA Film 12 wins & 12 nominations total', [0, 12, 12]],
    ['Nominated for 5 BAFTA Film 29 wins & 104 nominations total', [0, 29, 104]],
  ]);
});

t.test('a text keeps its characters, and is one line', async (t) => {
  reads(t, cleanText, [
    ['Léon: The Professional', 'Léon: The Professional'],
    ['WALL·E', 'WALL·E'],
    ['  Se7en  ', 'Se7en'],
    ['\u00a0Se7en\ufeff', 'Se7en'],
    ['one\ntwo', 'one two'],
    ['one\r\ntwo', 'one two'],
    ['one\r\n\r\n\t\ttwo', 'one two'],
    ['one\ttwo', 'one two'],
    ['one\u000b\u000c\u0085\u2028\u2029two', 'one two'],
    ['\none\n', 'one'],
    ['two  spaces', 'two  spaces'],
    ['one \n two', 'one   two'],
    ['"quoted", \'quoted\'', '"quoted", \'quoted\''],
    ['=HYPERLINK("http://x")', '=HYPERLINK("http://x")'],
    ['\u202eright-to-left', '\u202eright-to-left'],
    ['a|b', 'a|b'],
    ['n/a', 'n/a'],
    ['N/A?', 'N/A?'],
    ['null', 'null'],
    [1994, '1994'],
    [9.3, '9.3'],
    [0, '0'],
  ]);
});

t.test('a text is NFC, so equal names are equal bytes', async (t) => {
  reads(t, cleanText, [
    ['Ame\u0301lie', 'Am\u00e9lie'],
    ['Am\u00e9lie', 'Am\u00e9lie'],
    ['\u1112\u1161\u11ab', '\ud55c'],
    ['\u212b', '\u00c5'],
    ['\ufb01', '\ufb01'],
  ]);
});

t.test('a lone surrogate becomes U+FFFD, and a pair stays the emoji it is', async (t) => {
  reads(t, cleanText, [
    ['a\ud83d', 'a\ufffd'],
    ['\ude00a', '\ufffda'],
    ['a\ude00\ud83db', 'a\ufffd\ufffdb'],
    ['a\ud83d\ude00b', 'a😀b'],
    ['\ud83d', '\ufffd'],
  ]);
});

t.test('cleaning a clean text changes nothing', async (t) => {
  for (const text of ['one \n two', ' Ame\u0301lie\t', 'a\ud83d', '\u0344 x', 'a\n\u0301'])
    t.equal(cleanText(cleanText(text)), cleanText(text), show(text));
});

t.test('a list is split at commas, trimmed, in source order', async (t) => {
  reads(t, splitList, [
    ['Crime, Drama', ['Crime', 'Drama']],
    ['Drama,Crime', ['Drama', 'Crime']],
    ['English, Italian, Latin', ['English', 'Italian', 'Latin']],
    ['Drama', ['Drama']],
    [' Drama , \n Crime\t', ['Drama', 'Crime']],
    ['One\nTwo, Three', ['One Two', 'Three']],
    ['Lothar G. Buchheim', ['Lothar G. Buchheim']],
    [5, ['5']],
  ]);
});

t.test('empty and repeated list entries are dropped', async (t) => {
  reads(t, splitList, [
    [',', []],
    [' , ,\n,', []],
    [',Drama,,Crime,', ['Drama', 'Crime']],
    ['Drama, Crime, Drama', ['Drama', 'Crime']],
    ['Drama,  Drama , Drama', ['Drama']],
    ['E\u0301ric, \u00c9ric', ['\u00c9ric']],
    ['drama, Drama', ['drama', 'Drama']],
    ['Drama, N/A, Crime', ['Drama', 'Crime']],
    ['N/A, N/A', []],
  ]);
});

t.test('a | in a list entry becomes /, since | joins the entries', async (t) => {
  reads(t, splitList, [
    ['Action|Comedy, Drama', ['Action/Comedy', 'Drama']],
    ['a|b|c', ['a/b/c']],
    ['|', ['/']],
    ['a|b, a/b', ['a/b']],
  ]);
});

t.test('texts compare by code point, not by UTF-16 unit and not by locale', async (t) => {
  const ascending = [
    '',
    'A',
    'AB',
    'B',
    'Z',
    'a',
    'é',
    'z\u0301',
    '\ud7ff',
    '\ue000',
    '～',
    '😀',
    '😁',
    '𝒜z',
  ];
  const byCodePoint = [...ascending].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  t.strictSame([...ascending].reverse().sort(compareText), byCodePoint, 'the order of UTF-8 bytes');
  t.ok(compareText('～', '😀') < 0, 'U+FF5E comes before U+1F600');
  t.ok(compareText('😀', '～') > 0);
  t.ok('～' > '😀', 'which UTF-16 has the other way round');
  t.ok(compareText('a～', 'a😀') < 0);
  t.ok(compareText('😀', '😁') < 0, 'the second unit of a pair counts');
  t.ok(compareText('Z', 'a') < 0, 'upper case comes first');
  t.ok(compareText('z', 'é') < 0, 'an accented letter comes after z');
  t.ok(compareText('Drama', 'Drama ') < 0, 'a beginning comes first');
  t.equal(compareText('😀', '😀'), 0);
  t.equal(compareText('', ''), 0);
});

t.test('no number, date or award of the real answers is lost', async (t) => {
  const fixture = new URL('../../fixtures/omdb.json', import.meta.url);
  const answers: Record<string, unknown>[] = JSON.parse(readFileSync(fixture, 'utf8'));
  const fields: Record<string, [(value: unknown) => unknown, missing: number]> = {
    Runtime: [parseMinutes, 0],
    Year: [parseYear, 0],
    Released: [parseReleased, 0],
    Metascore: [parseInteger, 21],
    imdbRating: [parseDecimal, 0],
    imdbVotes: [parseInteger, 0],
    BoxOffice: [parseDollars, 28],
    Rated: [cleanText, 0],
  };
  t.equal(answers.length, 245);
  for (const [field, [parse, missing]] of Object.entries(fields)) {
    const unread = answers.filter((answer) => parse(answer[field]) === null);
    t.strictSame([...new Set(unread.map((answer) => answer[field]))], missing === 0 ? [] : ['N/A'], field);
    t.equal(unread.length, missing, `${field} is unknown of ${missing}`);
  }
  const silent = answers.filter(({ Awards }) => {
    const { oscarWins, awardWins, awardNominations } = parseAwards(Awards);
    return !oscarWins && !awardWins && !awardNominations;
  });
  t.strictSame(
    silent.map(({ Awards }) => Awards),
    ['N/A'],
    'every awards text counts something',
  );
});

t.test('a text of any length is read in one go', async (t) => {
  const long = 1_000_000;
  const digits = '1'.repeat(long);
  const groups = '1,111'.repeat(long / 5);
  for (const text of [digits, groups, `${digits} ${digits}`, ','.repeat(long)]) {
    t.same(parseAwards(text), { oscarWins: 0, awardWins: 0, awardNominations: 0 });
    t.same(parseAwards(`Won ${text} Oscars. ${text} wins`), {
      oscarWins: 0,
      awardWins: 0,
      awardNominations: 0,
    });
    t.equal(parseMinutes(text), null);
  }
  t.equal(parsePercent(`9${' '.repeat(long)}x`), null);
  t.equal(parseMinutes(`1 h${' '.repeat(long)}x`), null);
  t.equal(parseDollars(`$${' '.repeat(long)}x`), null);
  t.equal(splitList(`${'a '.repeat(long / 2)}(dir.`).length, 1);
});

t.test('awards are read where digits and commas meet', async (t) => {
  reads(t, (text) => parseAwards(text).awardWins, [
    ['Won in 2010,5 wins', 5],
    ['1,234 wins', 1234],
    ['12,34 wins', 34],
    ['x,7 wins', 7],
    ['5, 6 wins', 6],
    ['5 losses, 6 wins & 7 wins', 6],
  ]);
});

t.test('an entry that becomes N/A says nothing', async (t) => {
  t.strictSame(splitList('N|A, a|b'), ['a/b']);
});
