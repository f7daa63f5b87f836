/**
 * A text as silver keeps it: well-formed (a lone surrogate becomes U+FFFD), NFC, each run of line breaks and
 * tabs one space, trimmed. `N/A` and the empty text are null, and so is anything that is no text or number.
 */
export function cleanText(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return null;
  const text = (isPlain(value) ? value : cleaned(value)).trim();
  return text === '' || text === 'N/A' ? null : text;
}

/** Printable ASCII, as most texts are: all of it stays as it is. */
function isPlain(text: string): boolean {
  return !/[^ -~]/.test(text);
}

function cleaned(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\n\r\t\v\f\u0085\u2028\u2029]+/g, ' ');
}

/** A text of comma-separated names: trimmed, empty and repeated ones dropped, in source order, `|` as `/`. */
export function splitList(value: unknown): string[] {
  const text = cleanText(value);
  if (text === null) return [];
  const entries = new Set<string>();
  for (const part of text.split(',')) {
    const entry = cleanText(part.includes('|') ? part.replaceAll('|', '/') : part);
    if (entry !== null) entries.add(entry);
  }
  return [...entries];
}

/**
 * The same text in memory of its own. What is cut out of a text keeps all of it in memory (V8 stores a place and a
 * length), so whoever keeps a few names of a file calls this. No way to copy is part of the language: this one copies
 * every text, lone surrogates included.
 */
export function detached(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/** Compares by code point, the same on every machine and in every locale; UTF-16 order differs above U+FFFF. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return codePointRank(a) - codePointRank(b);
  }
  return left.length - right.length;
}

/** Moves surrogates, which stand for code points above U+FFFF, behind every other code unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
