import { link, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from './errors.js';
import {
  ageOf,
  codeOf,
  RESERVED_PREFIX,
  readdirIfThere,
  sweepTemporaryFiles,
  unlinkIfThere,
  writeTemporary,
} from './files.js';
import { isAlive, thisHolderToken } from './holder.js';

const PATIENCE_MS = 60_000;
const NAME_WIDTH = 12;
/** Work of one process that is done while it holds a lock once; then others have their turn. */
const WORK_AT_A_TIME = 64;

/**
 * Runs the work while nobody else, in this process or another, runs their own for the same directory.
 *
 * Numbered locks: whoever links the next number holds the lock, once the holder of the highest number has let go
 * or is dead, and goes on only if its number is the highest when it lists again. The highest number is never
 * removed, so a process that slept on an old listing cannot take the lock beside the rightful holder; unlinking a
 * dead holder's file, the usual way, can lose an update.
 * @throws PipelineError when another process holds it for longer than a minute
 */
export async function withLock<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  const mine = await acquire(lockDirectory(root));
  try {
    return await work();
  } finally {
    // An empty file names no holder. It takes no space, so letting go works on a full disk too.
    await truncate(mine);
  }
}

interface Waiting {
  /** Never fails. */
  begin(): Promise<void>;
  /** Hands over what came of it. */
  end(): void;
  fail(error: unknown): void;
}

/** A lock that many pieces of one process's work wait for: those that wait are done, in turn, while it is held once. */
export class SharedLock {
  readonly #waiting: Waiting[] = [];
  #isTaken = false;

  constructor(private readonly root: string) {}

  /** Resolves when the work is done and the lock was let go. @throws what the work throws, and what `withLock` throws */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let outcome: Promise<Result>;
      const begin = async () => {
        outcome = work();
        await outcome.catch(() => {});
      };
      this.#waiting.push({ begin, end: () => resolve(outcome), fail: reject });
      if (!this.#isTaken) this.#takeTurns();
    });
  }

  async #takeTurns(): Promise<void> {
    this.#isTaken = true;
    while (this.#waiting.length > 0) {
      const under: Waiting[] = [];
      try {
        await withLock(this.root, async () => {
          under.push(...this.#waiting.splice(0, WORK_AT_A_TIME));
          for (const each of under) await each.begin();
        });
        for (const each of under) each.end();
      } catch (error) {
        for (const each of under.length > 0 ? under : this.#waiting.splice(0)) each.fail(error);
      }
    }
    this.#isTaken = false;
  }
}

/**
 * Removes what processes that were killed while they took the lock left behind: all but the highest number, which
 * anybody may do at any time.
 */
export async function sweepLock(root: string): Promise<void> {
  const directory = lockDirectory(root);
  await sweepTemporaryFiles(directory);
  const names = await readdirIfThere(directory);
  await removeLower(directory, names, highestOf(names));
}

function lockDirectory(root: string): string {
  return join(root, `${RESERVED_PREFIX}lock`);
}

async function acquire(directory: string): Promise<string> {
  await sweepTemporaryFiles(directory);
  // What a machine that lost its power leaves of it names no holder that lives.
  const claim = await writeTemporary(directory, thisHolderToken, { flush: false });
  try {
    const deadline = Date.now() + PATIENCE_MS;
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
      const mine = await tryAcquire(directory, claim);
      if (mine !== undefined) return mine;
      if (Date.now() > deadline) {
        throw new PipelineError('retry', `another process holds the lock in ${directory}`, {
          hint: 'wait for it to end, then run the command again',
        });
      }
      await sleep(waitMs * (0.5 + Math.random()));
    }
  } finally {
    await unlinkIfThere(claim);
  }
}

async function tryAcquire(directory: string, claim: string): Promise<string | undefined> {
  const highest = highestOf(await readdirIfThere(directory));
  if (highest > 0 && (await isHeld(pathOf(directory, highest)))) return undefined;
  const number = highest + 1;
  const mine = pathOf(directory, number);
  try {
    await link(claim, mine);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    const names = await readdirIfThere(directory);
    if (highestOf(names) === number) {
      await removeLower(directory, names, number);
      return mine;
    }
  } catch (error) {
    await truncate(mine);
    throw error;
  }
  await unlinkIfThere(mine);
  return undefined;
}

async function removeLower(directory: string, names: string[], number: number): Promise<void> {
  for (const name of names) {
    if (numberOf(name) > 0 && numberOf(name) < number) await unlinkIfThere(join(directory, name));
  }
}

async function isHeld(path: string): Promise<boolean> {
  try {
    const token = await readFile(path, 'utf8');
    return isAlive(token, await ageOf(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

function pathOf(directory: string, number: number): string {
  return join(directory, String(number).padStart(NAME_WIDTH, '0'));
}

function numberOf(name: string): number {
  return /^\d+$/.test(name) ? Number(name) : 0;
}

function highestOf(names: string[]): number {
  return Math.max(0, ...names.map(numberOf));
}
