import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { cleanText, detached, splitList } from '../../src/records/text.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes that a name of each of 200 texts of 200,000 characters keeps, when so many are kept. */
function keptBy(keep: (name: string) => string): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const names: string[] = [];
  for (let index = 0; index < 200; index++) {
    const text = Buffer.alloc(200_000, `some name ${index}, `).toString();
    names.push(keep(text.slice(1000, 1030)));
  }
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  if (names.some((name) => name.length !== 30)) throw new Error('names are of 30 characters');
  return kept;
}

t.test('a detached text does not keep the text that it was cut out of', async (t) => {
  const cut = keptBy((name) => name);
  const copied = keptBy(detached);
  t.ok(cut > 30_000_000, `${cut} bytes without`);
  t.ok(copied < 3_000_000, `${copied} bytes with`);
});

t.test('a detached text is the same text', async (t) => {
  for (const text of [
    '',
    'x',
    'Frank Darabont',
    'é😀～',
    '\ud800 alone',
    '\udc00',
    '"\\\u0000\u2028\n',
    '\u007f\u0080',
  ])
    t.ok(detached(text) === text, encodeURIComponent(text.toWellFormed()));
});

/** As silver keeps a text, said without a way around for plain ones. */
function kept(text: string): string | null {
  const clean = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\n\r\t\v\f\u0085\u2028\u2029]+/g, ' ')
    .trim();
  return clean === '' || clean === 'N/A' ? null : clean;
}

function keptEntries(text: string): string[] {
  const entries = (kept(text) ?? '').split(',').map((entry) => kept(entry.replaceAll('|', '/')));
  return entries.filter((entry, index) => entry !== null && entries.indexOf(entry) === index) as string[];
}

t.test('a text is cleaned in the same way, plain or not', async (t) => {
  const unit = fc.oneof(
    { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
    { weight: 3, arbitrary: fc.constantFrom(',', ', ', '|', ' ', 'N/A', 'a', 'b') },
    fc.constantFrom(
      '\n',
      '\t',
      '\0',
      '\u007f',
      '\u0085',
      '\u00a0',
      '\u2028',
      '\ufeff',
      'e\u0301',
      'é',
      '\ud83d',
      '\ude00',
      '😀',
    ),
  );
  const text = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));
  fc.assert(
    fc.property(text, (text) => {
      t.equal(cleanText(text), kept(text));
      t.same(splitList(text), keptEntries(text));
    }),
    { numRuns: 2000 },
  );
});
