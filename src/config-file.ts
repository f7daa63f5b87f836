import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentFile } from './config.js';
import { UsageError } from './errors.js';

/** The `.env` file of a directory, if there is one. @throws UsageError when it cannot be read */
export async function readEnvironmentFile(directory = process.cwd()): Promise<EnvironmentFile | undefined> {
  const path = join(directory, '.env');
  try {
    const text = await readFile(path, 'utf8');
    // CommonJS: of such packages, a bundler gives but the default when they are loaded late.
    const { default: dotenv } = await import('dotenv');
    return { path, values: dotenv.parse(text) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UsageError([`${path} cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}

/** The same, or none when it cannot be read: who reads the settings says what is wrong with it. */
export function readableEnvironmentFile(): Promise<EnvironmentFile | undefined> {
  return readEnvironmentFile().catch(() => undefined);
}
