import fc from 'fast-check';

/** Stands in a text for what `JSON.stringify` does not write; `written` puts the token there. */
const RAW = '@raw@';
const TOKENS: Readonly<Record<string, () => string>> = {
  huge: () => '1e400',
  negative: () => '-1e400',
  zero: () => '-0',
  nan: () => 'NaN',
  arrays: () => '['.repeat(DEPTH) + ']'.repeat(DEPTH),
  objects: () => `${'{"__proto__":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
  shallow: () => '['.repeat(70) + ']'.repeat(70),
};
const DEPTH = 100_000;

/** The JSON text of a value that may hold raw tokens. */
export function written(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"@raw@(\w+)"/g, (_, name: string) => TOKENS[name]?.() ?? 'null');
}

const IDS = [
  'tt0111161',
  'tt0068646',
  '../../etc/passwd',
  '/etc/passwd',
  'tt0111161/../tt0068646',
  'tt0111161\u0000',
  'tt0111161\n',
  'tt٠١١١١٦١',
  'tt０１１１１６１',
  'TT0111161',
  '__proto__',
];
const RUNS = [
  '20260102T030000Z',
  '20260102T030000Z-other',
  '20260102T030000Z/../x',
  '20260102T030000Z-../../x',
  '99999999T999999Z',
  '20260102T030000Z\n',
];
const DATES = [
  '2026-01-01',
  '2026-01-02',
  '2026-02-30',
  '2026-1-2',
  '../2026-01-02',
  '0000-00-00',
  '+010000-01-01',
  '0000-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59-23:59',
  '2026-01-02T24:00:00Z',
  '2026-01-02T03:00:00.123456789Z',
];
/** Texts as they are, and as they must come out again. */
export const TEXTS = [
  '=HYPERLINK("http://x","y")',
  '-30-',
  '+1',
  '@x',
  "'=1",
  '"',
  '""',
  ',',
  '|',
  'a|b',
  'N|A',
  'N/A',
  '',
  ' ',
  'a\r\nb\tc',
  'a\u0085\u2028\u2029\v\fb',
  '\u0000\u001b[31mred\u009b1m\u007f',
  '\u202eעברית\u2066x\u2069 العربية',
  '👩‍👩‍👧‍👦🏳️‍🌈🇨🇭👍🏽',
  'e\u0301 \u1100\u1161 \u212b \u0344',
  '\u0301leading',
  '\ud800x\udc00',
  '\ufeffBOM\ufeff',
  '\uffff\ufffe',
];
const NUMBERS = ['0', '-1', '01', '1e3', '0x10', '9007199254740993', '1,234', '999999999999999', '½', '٣'];
/** Long enough that work that grows with the square of the length would be seen. */
const LONG = [
  'x'.repeat(70_000),
  '1'.repeat(60_000),
  '1,'.repeat(40_000),
  `9${' '.repeat(60_000)}x`,
  `Won ${'1,111'.repeat(10_000)} Oscars`,
  ','.repeat(60_000),
  '\ufdfa'.repeat(20_000),
];

const polluting = fc.constantFrom<unknown>(
  JSON.parse('{"__proto__":{"polluted":true}}'),
  { constructor: { prototype: { polluted: true } } },
  { prototype: { polluted: true } },
  { toString: null, valueOf: 1, hasOwnProperty: 2 },
);

/** What no source should send. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...IDS, ...RUNS, ...DATES) },
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS, ...NUMBERS) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, {}, [], [[]], [null], [{}]) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(0, 1, 2, -1, 0.5, 1e9, 1e6 + 1, 2 ** 53, 1e300, Number.MIN_VALUE),
  },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(TOKENS).map((name) => RAW + name)) },
  { weight: 2, arbitrary: polluting },
  { weight: 1, arbitrary: fc.constantFrom(...LONG) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc
    .array(fc.constantFrom(...TEXTS, ...`'=+-@\t\r\n\v\f"|,\u0085\u2028\u3000\u200b e`), { maxLength: 6 })
    .map((parts) => parts.join('')),
);

export const hostileKey = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'toJSON',
    'then',
    'length',
    '',
    '../x',
    '\u0000',
    'id',
    'version',
    'runId',
    'k'.repeat(50_000),
  ),
  fc.string({ maxLength: 8 }),
);
