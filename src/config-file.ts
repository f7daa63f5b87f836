import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import type { EnvironmentFile } from './config.js';
import { UsageError } from './errors.js';

/** The `.env` file of a directory, if there is one. @throws UsageError when it cannot be read */
export function readEnvironmentFile(directory = process.cwd()): EnvironmentFile | undefined {
  const path = join(directory, '.env');
  try {
    return { path, values: parse(readFileSync(path, 'utf8')) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UsageError([`${path} cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}

/** The same, or none when it cannot be read: who reads the settings says what is wrong with it. */
export function readableEnvironmentFile(): EnvironmentFile | undefined {
  try {
    return readEnvironmentFile();
  } catch {
    return undefined;
  }
}
