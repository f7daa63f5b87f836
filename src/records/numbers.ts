import { cleanText } from './text.js';

/** More digits than this are no number that the sources mean, and could not be summed exactly. */
const MAX_DIGITS = 15;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2,559,562` -> 2559562. Null when there is no text or it is not a whole number. */
export function parseInteger(value: unknown): number | null {
  return wholeNumber(cleanText(value));
}

/** `9.3` -> "9.3": a decimal stays the text it is, so nothing is lost to binary fractions. */
export function parseDecimal(value: unknown): string | null {
  const text = cleanText(value);
  return text !== null && /^\d{1,9}(\.\d{1,6})?$/.test(text) ? text : null;
}

/** `142 min` -> 142, also `2 h 22 min`, which OMDb has for a few. */
export function parseMinutes(value: unknown): number | null {
  const match = /^(?:(?<hours>\d{1,3}) h)?\s*(?:(?<minutes>[\d,]+)(?: min)?)?$/.exec(cleanText(value) ?? '-');
  if (!match) return null;
  const hours = Number(match.groups?.hours ?? 0);
  const minutes = wholeNumber(match.groups?.minutes ?? '0');
  return minutes === null ? null : wholeNumber(String(hours * 60 + minutes));
}

/** `$28,767,189` -> 28767189. Another currency is unreadable, hence null. */
export function parseDollars(value: unknown): number | null {
  return wholeNumber(cleanText(value)?.replace(/^\$\s*/, '') ?? null);
}

/** `91%` -> 91. */
export function parsePercent(value: unknown): number | null {
  return wholeNumber(/^([\d,]+) *%?$/.exec(cleanText(value) ?? '')?.[1] ?? null);
}

/** The first four digits: `2008–2013` -> 2008. */
export function parseYear(value: unknown): number | null {
  const digits = /\d{4}/.exec(cleanText(value) ?? '');
  return digits ? Number(digits[0]) : null;
}

/** `14 Oct 1994` -> `1994-10-14`. Null for a day that no calendar has. */
export function parseReleased(value: unknown): string | null {
  const match = /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})$/.exec(cleanText(value) ?? '');
  if (!match) return null;
  const [day, month, year] = [Number(match[1]), MONTHS.indexOf(match[2] ?? ''), Number(match[3])];
  const date = new Date(Date.UTC(year, month, day));
  const stands = month >= 0 && date.getUTCFullYear() === year && date.getUTCDate() === day;
  return stands ? date.toISOString().slice(0, 10) : null;
}

/** Begins only where a run of digits and commas does: otherwise a long one would be gone through for each of its ends. */
const DIGITS = '(?<![\\d,])([\\d,]*\\d)';
const OSCAR_WINS = new RegExp(`\\bWon ${DIGITS} Oscars?(?![a-z])`, 'i');
const AWARD_WINS = new RegExp(`${DIGITS} wins?(?![a-z])`, 'i');
const AWARD_NOMINATIONS = new RegExp(`${DIGITS} nominations?(?![a-z])`, 'i');
/** The number at the end of such a run: in "2010,5 wins" it is 5. */
const LAST_NUMBER = /(\d{1,3}(?:,\d{3})+|\d+)$/;
const LONGEST_RUN = 40;

export interface Awards {
  oscarWins: number | null;
  awardWins: number | null;
  awardNominations: number | null;
}

/**
 * What an awards text counts: 0 where the text is there and does not say, null without a text. Real texts lack
 * spaces: "Nominated for 1 BAFTA Film Award1 wins & 2 nominations total".
 */
export function parseAwards(value: unknown): Awards {
  const text = cleanText(value);
  if (text === null) return { oscarWins: null, awardWins: null, awardNominations: null };
  return {
    oscarWins: count(text, OSCAR_WINS),
    awardWins: count(text, AWARD_WINS),
    awardNominations: count(text, AWARD_NOMINATIONS),
  };
}

function count(text: string, pattern: RegExp): number {
  const run = pattern.exec(text)?.[1] ?? '';
  return (run.length <= LONGEST_RUN && wholeNumber(LAST_NUMBER.exec(run)?.[1] ?? null)) || 0;
}

function wholeNumber(text: string | null): number | null {
  if (text === null || !/^(\d+|\d{1,3}(,\d{3})+)$/.test(text)) return null;
  const digits = text.replaceAll(',', '');
  return digits.replace(/^0+/, '').length > MAX_DIGITS ? null : Number(digits);
}
