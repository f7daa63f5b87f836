import { z } from 'zod';
import { DecodeError } from '../errors.js';

/** The version that every bronze record, marker and message of this release carries. */
export const VERSION = 1;

/** The `version` field: another number is an error that says which one this release reads. */
export const Version = z.literal(VERSION, {
  error: (issue) =>
    `version ${JSON.stringify(issue.input)} is not known: this release reads version ${VERSION}`,
});

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
export function decode<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DecodeError(`${place}: ${explain(result.error)}`);
}

/** The same for JSON text, or its bytes in UTF-8. */
export function decodeJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string | Buffer,
  place: string,
): z.infer<Schema> {
  return decode(schema, parseJson(text, place), place);
}

/** @throws DecodeError when the text is no JSON; it tells an empty and a cut-off text apart */
export function parseJson(text: string | Buffer, place: string): unknown {
  const content = text.toString('utf8').replace(/^\uFEFF/, '');
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
export function explain(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'is not valid';
  const field = issue.path.map(String).join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}

function excerpt(text: string): string {
  return JSON.stringify(text.trim().slice(0, 30));
}
