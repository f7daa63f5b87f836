import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything that the bench generates; git does not see it. */
export const WORK = fileURLToPath(new URL('../.work', import.meta.url));
const INPUTS = join(WORK, 'inputs');
const here = fileURLToPath(new URL('.', import.meta.url));

/** Changes with the generators, so that nothing is reused that they would make otherwise now. */
const version = createHash('sha256')
  .update(
    readdirSync(here)
      .sort()
      .map((file) => readFileSync(join(here, file), 'utf8'))
      .join(''),
  )
  .digest('hex')
  .slice(0, 12);

/**
 * A folder of generated input. It is made once, and stands for later runs.
 * @param make fills the folder
 */
export async function prepared(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(INPUTS, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  await removeVersions(name);
  const unfinished = `${folder}.unfinished`;
  await mkdir(unfinished, { recursive: true });
  await make(unfinished);
  await rename(unfinished, folder);
  return folder;
}

/** What other generators made by this name, or did not finish. */
async function removeVersions(name: string): Promise<void> {
  await mkdir(INPUTS, { recursive: true });
  const others = (await readdir(INPUTS)).filter((entry) => entry.replace(/-[^-]+$/, '') === name);
  for (const entry of others) await rm(join(INPUTS, entry), { recursive: true });
}

/** An empty folder for what a run writes. */
export async function emptied(name: string): Promise<string> {
  const folder = join(WORK, 'outputs', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Removes what the runs have written. */
export function removeOutputs(): Promise<void> {
  return rm(join(WORK, 'outputs'), { recursive: true, force: true });
}

export const textOf = (path: string) => readFile(path, 'utf8');
