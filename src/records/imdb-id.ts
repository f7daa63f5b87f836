/** Digits of an id are counted, too: tt0111161 is not tt00111161. No id has more than ten (movie-list.ts). */
const TEN_DIGITS = 10 ** 10;
const ZERO = '0'.charCodeAt(0);

/** An IMDb id as a number other than 0, and another one for each: a tenth of the space of a text. */
export function numberOf(imdbId: string): number {
  let digits = 0;
  for (let index = 2; index < imdbId.length; index++) digits = digits * 10 + imdbId.charCodeAt(index) - ZERO;
  return (imdbId.length - 2) * TEN_DIGITS + digits;
}
