import { detached } from './text.js';

/** How one column's values are written as a CSV field and read back. */
export interface ColumnType<Value> {
  /** The field of a value. Null, and a list without entries, is the empty field. */
  print(value: Value): string;
  /** The value of a field, or undefined when the field cannot be one. */
  parse(field: string): Value | undefined;
  isNull(value: Value): boolean;
}

function nullable<Value>(print: (value: Value) => string, parse: (field: string) => Value | undefined) {
  const type: ColumnType<Value | null> = {
    print: (value) => (value === null ? '' : print(value)),
    parse: (field) => (field === '' ? null : parse(field)),
    isNull: (value) => value === null,
  };
  return type;
}

function required<Value>(type: ColumnType<Value | null>): ColumnType<Value> {
  return { ...type, parse: (field) => type.parse(field) ?? undefined, isNull: () => false };
}

function pattern(shape: RegExp): (field: string) => string | undefined {
  return (field) => (shape.test(field) ? field : undefined);
}

/** A number of 1 to 15 decimal digits, which a double holds exactly. */
function parseDigits(field: string): number | undefined {
  if (field.length > 15) return undefined;
  let value = 0;
  for (let index = 0; index < field.length; index++) {
    const digit = field.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return value;
}

function parseList(field: string): readonly string[] {
  return field === '' ? [] : field.split('|');
}

/** For a list of few texts that come again and again: each is read once, and its entries are shared. */
function repeated(type: ColumnType<readonly string[]>): ColumnType<readonly string[]> {
  const known = new Map<string, readonly string[]>();
  const parse = (field: string): readonly string[] => {
    const entries = known.get(field);
    if (entries) return entries;
    if (known.size >= KNOWN_LISTS || field.length > KNOWN_LENGTH) return parseList(field);
    const kept = detached(field);
    const read = Object.freeze(parseList(kept));
    known.set(kept, read);
    return read;
  };
  return { ...type, parse };
}

/** At most this many texts of at most so many characters are kept per column: two megabytes. */
const KNOWN_LISTS = 5000;
const KNOWN_LENGTH = 100;

const text = nullable<string>(
  (value) => value,
  (field) => field,
);
const integer = nullable<number>(String, parseDigits);
/** Kept as the text it is: nothing is lost to binary fractions. */
const decimal = nullable<string>((value) => value, pattern(/^\d{1,9}(\.\d{1,6})?$/));
const day = nullable<string>((value) => value, pattern(/^\d{4}-\d{2}-\d{2}$/));
const imdbId = required(nullable<string>((value) => value, pattern(/^tt\d{7,10}$/)));
const list: ColumnType<readonly string[]> = {
  print: (entries) => entries.join('|'),
  parse: parseList,
  isNull: (entries) => entries.length === 0,
};
const flag: ColumnType<boolean> = {
  print: String,
  parse: (field) => (field === 'true' ? true : field === 'false' ? false : undefined),
  isNull: () => false,
};

/** Silver's columns in the order of the file. */
export const silverColumnTypes = {
  imdb_id: imdbId,
  rank: required(integer),
  title: text,
  year: integer,
  rated: text,
  released: day,
  runtime_minutes: integer,
  genres: repeated(list),
  directors: list,
  writers: list,
  actors: list,
  languages: repeated(list),
  countries: repeated(list),
  plot: text,
  awards: text,
  oscar_wins: integer,
  award_wins: integer,
  award_nominations: integer,
  imdb_rating: decimal,
  imdb_votes: integer,
  metascore: integer,
  rotten_tomatoes: integer,
  box_office_usd: integer,
  type: text,
  poster_url: text,
  enriched: flag,
};
