import { parse } from 'csv-parse/sync';
import { textOf } from './inputs/prepared.js';

/**
 * Compares tables of names and counts, so that nobody measures nonsense.
 * @param paths CSV files by whose they are
 * @throws when one of them counts otherwise than the first
 */
export async function mustAgree(paths: Readonly<Record<string, string>>): Promise<void> {
  const counts = await Promise.all(
    Object.entries(paths).map(async ([name, path]) => ({ name, text: await countsOf(path) })),
  );
  for (const { name, text } of counts) {
    const [first] = counts;
    if (first && text !== first.text) {
      throw new Error(
        `${name} does not count as ${first.name} does:\n${text}\nbut ${first.name}:\n${first.text}`,
      );
    }
  }
}

/** The first two columns, in an order of their own. */
async function countsOf(path: string): Promise<string> {
  const [, ...rows] = parse(await textOf(path)) as string[][];
  return rows
    .map(([name, count]) => `${name} ${count}`)
    .sort()
    .join(', ');
}
