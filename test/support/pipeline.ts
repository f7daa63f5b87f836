import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from '../../src/config.js';
import { silentLog } from '../../src/log.js';
import { wire } from '../../src/wire.js';

export const DATE = '2026-01-02';
export const RUN = '20260102T030000Z';
export const NOW = new Date('2026-01-02T03:00:00.000Z');

/** Every adapter, opened the way the commands do it, over a directory and the shipped fixtures. */
export async function offlineServices(dataDir: string) {
  const settings = readSettings({ dataDir, offline: true }, {}, NOW, ['movies', 'omdb']);
  const adapters = await wire(settings, ['bronze', 'silver', 'gold', 'queue', 'movies', 'omdb']);
  return { ...adapters, now: () => NOW, log: silentLog, concurrency: 8 };
}

export const textOf = (...path: string[]) => readFile(join(...path), 'utf8');

/** The keys of a listing. */
export async function keysOf(listing: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of listing) keys.push(key);
  return keys;
}
