import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { DecodeError } from '../errors.js';

// What errors say where a schema has no words of its own: zod/mini has none, and a caller may have chosen others.
if (!z.config().localeError) z.config(en());

/** How long a JSON text may be, and how deep its arrays and objects may be nested. */
export interface JsonLimits {
  bytes: number;
  depth: number;
}

/** Far beyond what we write or read. A longer text could not be held as one string, a deeper one not be written again. */
export const JSON_LIMITS: JsonLimits = { bytes: 256 * 1024 * 1024, depth: 64 };

/** The version that every bronze record, marker and message of this release carries. */
export const VERSION = 1;

/** The `version` field: another number is an error that says which one this release reads. */
export const Version = z.literal(VERSION, {
  error: (issue) => `version ${shown(issue.input)} is not known: this release reads version ${VERSION}`,
});

const OTHER_RELEASE = 'another release of movie-etl wrote it: use that one, or update this one';

const BYTE_ORDER_MARK = 0xfeff;

/** What JSON is followed by, in UTF-16 and in UTF-8. */
export const JSON_MARKS = {
  QUOTE: 0x22,
  BACKSLASH: 0x5c,
  SQUARE_OPEN: 0x5b,
  SQUARE_CLOSE: 0x5d,
  CURLY_OPEN: 0x7b,
  CURLY_CLOSE: 0x7d,
} as const;
const { QUOTE, BACKSLASH, SQUARE_OPEN, SQUARE_CLOSE, CURLY_OPEN, CURLY_CLOSE } = JSON_MARKS;

/** Whole numbers that count something: from 0, and from 1. */
export const Count = z.int().check(z.minimum(0));
export const Positive = z.int().check(z.minimum(1));

/** A JSON object that is kept as it came, by reference. */
export const RawObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be an object' },
);

/**
 * Checks a value against a schema.
 * @param place what is being read, for the error: "message 7f3a", "bronze dt=…/_SUCCESS"
 * @throws DecodeError that names the place, the field and the reason
 */
export function decode<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.infer<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const isForeign = result.error.issues.some(({ path }) => path.length === 1 && path[0] === 'version');
  throw new DecodeError(`${place}: ${explain(result.error)}`, isForeign ? { hint: OTHER_RELEASE } : {});
}

/** The same for JSON text, or its bytes in UTF-8. */
export function decodeJson<Schema extends z.core.$ZodType>(
  schema: Schema,
  text: string | Buffer,
  place: string,
  limits = JSON_LIMITS,
): z.infer<Schema> {
  return decode(schema, parseJson(text, place, limits), place);
}

/** @throws DecodeError when the text is beyond the limits or no JSON; it tells an empty and a cut-off text apart */
export function parseJson(text: string | Buffer, place: string, { bytes, depth } = JSON_LIMITS): unknown {
  if (text.length > bytes) throw new DecodeError(`${place} is longer than ${bytes} bytes`);
  const all = text.toString('utf8');
  const content = all.charCodeAt(0) === BYTE_ORDER_MARK ? all.slice(1) : all;
  if (isDeeperThan(depth, content)) throw new DecodeError(`${place} is nested deeper than ${depth} levels`);
  try {
    return JSON.parse(content);
  } catch {
    const what = content.trim() === '' ? 'is empty' : `is not JSON (it begins with ${excerpt(content)})`;
    throw new DecodeError(`${place} ${what}`);
  }
}

/** One line of JSON, the way every record is stored. */
export function encodeJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** The first failure of a schema as "field: reason". */
export function explain(error: z.core.$ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'is not valid';
  const field = cut(issue.path.map(String).join('.'), 100);
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}

/** A value as an error shows it: short, however long it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value, 40));
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** A text for an error, which has to be read: no longer than so many characters. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function excerpt(text: string): string {
  return JSON.stringify(text.trim().slice(0, 30));
}

/** Counts brackets outside of strings, before anything is made of the text. */
function isDeeperThan(most: number, json: string): boolean {
  if (hasAtMost(most, json)) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const unit = json.charCodeAt(index);
    if (inString) {
      if (unit === BACKSLASH) index++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === SQUARE_OPEN || unit === CURLY_OPEN) {
      if (++depth > most) return true;
    } else if (unit === SQUARE_CLOSE || unit === CURLY_CLOSE) depth--;
  }
  return false;
}

/** Whether the text has no more opening brackets than so many, wherever: as nearly every record has. */
function hasAtMost(most: number, json: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at !== -1; at = json.indexOf(bracket, at + 1)) {
      if (++count > most) return false;
    }
  }
  return true;
}
