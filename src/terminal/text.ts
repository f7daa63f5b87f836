/** "1 movie", "250 movies", "2 batches", "2 retries". */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  if (noun.endsWith('ry')) return `${count} ${noun.slice(0, -1)}ies`;
  return `${count} ${noun}${noun.endsWith('ch') ? 'es' : 's'}`;
}

/**
 * A text of whatever origin as a terminal may see it: control characters (also ESC and C1, which steer it), line
 * breaks, and what changes the direction of writing are shown as escapes such as `\u001b`.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
