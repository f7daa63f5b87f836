import { detached } from '../records/text.js';

const DECIMALS = 6;
/** Decimals are summed as whole millionths, so that no binary fraction gets in. */
export const MILLION = 10 ** DECIMALS;

/** Ratings repeat: there are some hundred of them. */
const MOST_KNOWN = 1000;
const known = new Map<string, number>();

/** A decimal that is given as text, such as a rating, in millionths. */
export function millionths(text: string | null): number | null {
  if (text === null) return null;
  const before = known.get(text);
  if (before !== undefined) return before;
  const [whole = '0', fraction = ''] = text.split('.');
  const value = Number(whole) * MILLION + Number(fraction.padEnd(DECIMALS, '0'));
  if (known.size < MOST_KNOWN) known.set(detached(text), value);
  return value;
}
