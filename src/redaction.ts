const HIDDEN = '***';
// Every repetition is bounded: a long run of signs must not take a long time.
const PERCENT = '%(?:25){0,2}';
const BACKSLASHES = '\\\\{1,4}';
/** Names under which a secret is given: `apikey=…`, `"api_key": "…"`, `API key …`. */
const GIVEN_AS = `key(?:${PERCENT}[0-9a-f]{2}|[^a-z0-9]){1,6}`;

/** Keeps secrets out of what a server says that repeats its request. */
export interface Redaction {
  /** For what is shown: no secret stands in the text. */
  shown(text: string): string;
  /**
   * For what is stored: the same value, and the very same object when there is no secret in it. Names and values are
   * looked at on every level. A secret that may as well be a word of a title or a number (one of fewer than eight
   * characters, or than five of letters and digits) goes only where it is given as a key. OMDb's own are of eight.
   */
  stored<Value>(value: Value): Value;
}

/**
 * A secret is found in small and capital letters, in a URL's encoding (also encoded twice), as JSON and HTML escape
 * it. A longer word that merely contains it stays: of digits, it could be part of an IMDb id.
 */
export function redaction(secrets: readonly string[]): Redaction {
  const given = secrets.filter((secret) => secret !== '');
  const everywhere = given.map(wordPattern);
  const inFacts = given.map((secret) => (isDistinctive(secret) ? wordPattern(secret) : keyPattern(secret)));
  const replacing = (patterns: readonly RegExp[]) => (text: string) =>
    patterns.reduce((redacted, pattern) => redacted.replace(pattern, HIDDEN), text);
  const shown = replacing(everywhere);
  return { shown, stored: (value) => storing(replacing(inFacts), shown)(value) as typeof value };
}

function isDistinctive(secret: string): boolean {
  return secret.length >= 8 || (secret.length >= 5 && /\d/.test(secret) && /[a-z]/i.test(secret));
}

/** Recursive: what is read of JSON is not deep (`JSON_LIMITS`). */
function storing(inFacts: (text: string) => string, shown: (text: string) => string) {
  const redacted = (value: unknown, name = ''): unknown => {
    const inText = /key$/i.test(name) ? shown : inFacts;
    if (typeof value === 'string') return inText(value);
    if (typeof value === 'number') return inText(String(value)) === String(value) ? value : HIDDEN;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((item) => redacted(item, name));
      return items.every((item, index) => item === value[index]) ? value : items;
    }
    const before = Object.entries(value);
    const after = before.map(([key, item]) => [inFacts(key), redacted(item, key)] as const);
    const same = after.every(
      ([key, item], index) => key === before[index]?.[0] && item === before[index]?.[1],
    );
    // As own properties, whatever they are called: `__proto__` too.
    return same ? value : Object.fromEntries(after);
  };
  return redacted;
}

/** The secret as a word of its own. What escapes another character may stand right before it. */
function wordPattern(secret: string): RegExp {
  const before = /^[a-z0-9]/i.test(secret)
    ? `(?:(?<![a-z0-9])|(?<=${PERCENT}[0-9a-f]{2})|(?<=${BACKSLASHES}(?:u[0-9a-f]{4}|[bfnrt])))`
    : '';
  return new RegExp(before + writingsOf(secret) + endOf(secret), 'gi');
}

/** The secret where it is given as a key. */
function keyPattern(secret: string): RegExp {
  return new RegExp(`(?<=${GIVEN_AS})${writingsOf(secret)}${endOf(secret)}`, 'gi');
}

const endOf = (secret: string) => (/[a-z0-9]$/i.test(secret) ? '(?![a-z0-9])' : '');

const ENTITIES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** Each character as it is or in an escape: a server may mix them. */
function writingsOf(secret: string): string {
  return [...secret]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const hex = code.toString(16);
      const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, '0'));
      const writings = [
        bytes.map((byte) => PERCENT + byte).join(''),
        `${BACKSLASHES}u${hex.padStart(4, '0')}`,
        `&#(?:0{0,4}${code}|x0{0,4}${hex});`,
      ];
      if (character === ' ') writings.push('\\+');
      if (/["'/\\]/.test(character)) writings.push(`${BACKSLASHES}\\${character}`);
      if (ENTITIES[character]) writings.push(`&${ENTITIES[character]};`);
      // The shortest last: a backslash may be one that is doubled.
      writings.push(character.replace(/[^a-z0-9]/iu, '\\$&'));
      return `(?:${writings.join('|')})`;
    })
    .join('');
}
