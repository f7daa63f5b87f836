import { DecodeError } from '../errors.js';
import type { BronzeRecord } from './bronze-record.js';
import { type ListItem, rankOf } from './movie-list.js';
import {
  parseAwards,
  parseDecimal,
  parseDollars,
  parseInteger,
  parseMinutes,
  parsePercent,
  parseReleased,
  parseYear,
} from './numbers.js';
import { type ColumnType, silverColumnTypes } from './silver-columns.js';
import { cleanText, splitList } from './text.js';

type Types = typeof silverColumnTypes;

/** One movie of silver, typed. Null is "unknown"; a list without entries is null in the CSV. */
export type SilverRow = {
  [Name in keyof Types]: Types[Name] extends ColumnType<infer Value> ? Value : never;
};

/** The name of a column of silver. */
export type SilverColumn = keyof SilverRow;

/** Silver's columns in their order. */
export const silverColumns = Object.keys(silverColumnTypes) as SilverColumn[];

const readers = silverColumns.map((name) => {
  const { parse } = silverColumnTypes[name] as ColumnType<unknown>;
  return { name, parse };
});

/** All columns at once: an object that gets them one by one is slow to make and slow to read. */
const BLANK = Object.fromEntries(silverColumns.map((name) => [name, null]));

/** The row of a movie. Where both sources speak, OMDb wins and the list is the fallback. */
export function silverRow(record: BronzeRecord): SilverRow {
  const { movie } = record;
  const omdb = record.status === 'enriched' ? (record.omdb ?? {}) : {};
  const awards = parseAwards(omdb.Awards);
  return {
    imdb_id: movie.id,
    rank: rankOf(movie),
    title: cleanText(omdb.Title) ?? cleanText(movie.title),
    year: parseYear(omdb.Year) ?? parseYear(movie.year),
    rated: cleanText(omdb.Rated),
    released: parseReleased(omdb.Released),
    runtime_minutes: parseMinutes(omdb.Runtime),
    genres: splitList(omdb.Genre),
    directors: either(splitList(omdb.Director), () => crewOf(movie).directors),
    writers: splitList(omdb.Writer),
    actors: either(splitList(omdb.Actors), () => crewOf(movie).actors),
    languages: splitList(omdb.Language),
    countries: splitList(omdb.Country),
    plot: cleanText(omdb.Plot),
    awards: cleanText(omdb.Awards),
    oscar_wins: awards.oscarWins,
    award_wins: awards.awardWins,
    award_nominations: awards.awardNominations,
    imdb_rating: parseDecimal(omdb.imdbRating) ?? parseDecimal(movie.imDbRating),
    imdb_votes: parseInteger(omdb.imdbVotes) ?? parseInteger(movie.imDbRatingCount),
    metascore: parseInteger(omdb.Metascore),
    rotten_tomatoes: parsePercent(ratingBy('Rotten Tomatoes', omdb.Ratings)),
    box_office_usd: parseDollars(omdb.BoxOffice),
    type: cleanText(omdb.Type),
    poster_url: cleanText(omdb.Poster) ?? cleanText(movie.image),
    enriched: record.status === 'enriched',
  };
}

/** One field of a row as the CSV has it. */
export function silverField(row: SilverRow, column: SilverColumn): string {
  return (silverColumnTypes[column] as ColumnType<unknown>).print(row[column]);
}

/** The fields of a row in column order. */
export function silverFields(row: SilverRow): string[] {
  return silverColumns.map((column) => silverField(row, column));
}

export function isNullIn(row: SilverRow, column: SilverColumn): boolean {
  return (silverColumnTypes[column] as ColumnType<unknown>).isNull(row[column]);
}

/**
 * Reads a row back.
 * @param place the file and line, for the error
 * @throws DecodeError that names the column and the field
 */
export function parseSilverFields(fields: readonly string[], place: string): SilverRow {
  const row: Record<string, unknown> = { ...BLANK };
  let index = 0;
  for (const { name, parse } of readers) {
    const field = fields[index++] ?? '';
    const value = parse(field);
    if (value === undefined)
      throw new DecodeError(`${place}: ${name} cannot be ${JSON.stringify(field.slice(0, 40))}`);
    row[name] = value;
  }
  return row as SilverRow;
}

const DIRECTOR = '(dir.)';

/** `Frank Darabont (dir.), Tim Robbins, Morgan Freeman`: directors are marked, the others act. */
function crewOf(movie: ListItem): { directors: string[]; actors: string[] } {
  const directors = new Set<string>();
  const actors = new Set<string>();
  for (const person of splitList(movie.crew)) {
    if (!person.endsWith(DIRECTOR)) actors.add(person);
    else if (person !== DIRECTOR) directors.add(person.slice(0, -DIRECTOR.length).trimEnd());
  }
  return { directors: [...directors], actors: [...actors] };
}

function either(entries: string[], fallback: () => string[]): string[] {
  return entries.length > 0 ? entries : fallback();
}

function ratingBy(source: string, ratings: unknown): unknown {
  if (!Array.isArray(ratings)) return null;
  return ratings.find((rating: unknown) => isRating(rating) && rating.Source === source)?.Value;
}

function isRating(value: unknown): value is { Source: unknown; Value: unknown } {
  return typeof value === 'object' && value !== null && 'Source' in value && 'Value' in value;
}
