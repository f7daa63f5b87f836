import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError, throwIfInterrupted } from '../errors.js';
import {
  codeOf,
  fileError,
  makeDirectory,
  readdirIfThere,
  removeIfAbandoned,
  sweepTemporaryFiles,
  unlinkIfThere,
  writeTemporary,
} from '../files.js';
import { isAlive, thisHolderToken } from '../holder.js';
import { sweepLock, withLock } from '../lock.js';
import { formatName, type MessageFile, messageId, NOBODY, parseName } from './message-file.js';
import {
  MAX_MESSAGES,
  MAX_RECEIVES,
  oversizeOf,
  type Queue,
  type ReceivedMessage,
  SMALLER_BATCHES,
} from './queue.js';

/** Opens a directory queue and removes what killed writers left in it. */
export async function openDirQueue(root: string, uri: string): Promise<Queue> {
  try {
    await sweepTemporaryFiles(root);
    await sweepLock(root);
  } catch (error) {
    throw fileError(`read the queue ${uri}`, error, HINT);
  }
  return dirQueue(root, uri);
}

const HINT = 'check the path and its rights';

/**
 * A queue in a directory, shared by the processes of one machine: a message is a file, its state is the file's
 * name, and receiving it is a rename that one process wins. What a dead process holds can be received again. Dead
 * letters lie in `dead/`.
 * @param now milliseconds since 1970; decides when a deferred message is due
 */
export function dirQueue(root: string, uri: string = root, now: () => number = Date.now): Queue {
  const dead = join(root, 'dead');
  const held = new Map<string, MessageFile>();
  let candidates: MessageFile[] = [];

  const guarded = async <Result>(verb: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw fileError(`${verb} the queue ${uri}`, error, HINT);
    }
  };
  /** In the order in which they are due. Sweeps what killed writers left, as every listing of a driver does. */
  const files = async (directory: string): Promise<MessageFile[]> => {
    const names = (await readdirIfThere(directory)).sort();
    for (const name of names) await removeIfAbandoned(directory, name);
    return names.flatMap((name) => parseName(name) ?? []);
  };
  /** Received as often as may be: a dead letter, although the next receive only moves it to the others. */
  const isSpent = (file: MessageFile): boolean => file.receives >= MAX_RECEIVES;
  const isReceivable = (file: MessageFile): boolean =>
    file.holder === NOBODY ? file.due <= now() : !isAlive(file.holder, now() - file.due);

  /** False when another process was faster. */
  async function move(from: MessageFile, directory: string, to: MessageFile): Promise<boolean> {
    try {
      await rename(join(root, formatName(from)), join(directory, formatName(to)));
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Names new messages, in this order; undefined for one whose id is under way. Needs the lock. */
  async function placesAtTheEnd(): Promise<(id: string) => MessageFile | undefined> {
    // Listed twice: a message that is renamed during one listing can be missing in it.
    const standing = [...(await files(root)), ...(await files(root))];
    const underWay = new Set(standing.map(({ id }) => id));
    let order = standing.reduce((last, file) => Math.max(last, file.order), 0);
    return (id) => {
      if (underWay.has(id)) return undefined;
      underWay.add(id);
      return { due: now(), order: ++order, id, receives: 0, holder: NOBODY };
    };
  }

  /** Counted anew from here: whoever moves the file back gives the message another ten receives. */
  async function bury(file: MessageFile): Promise<void> {
    await makeDirectory(dead);
    await move(file, dead, { ...file, receives: 0, holder: NOBODY });
  }

  async function claim(file: MessageFile): Promise<ReceivedMessage | undefined> {
    if (isSpent(file)) {
      await bury(file);
      return undefined;
    }
    const mine = { ...file, due: now(), receives: file.receives + 1, holder: thisHolderToken };
    if (!(await move(file, root, mine))) return undefined;
    const receipt = formatName(mine);
    held.set(receipt, mine);
    const body = await readFile(join(root, receipt), 'utf8');
    return { id: file.id, body, attempt: mine.receives, receipt };
  }

  /** In which order a receiver that is opened now gets them; the spent ones are none of its messages. */
  async function receivable(): Promise<{ ready: MessageFile[]; spent: MessageFile[]; hidden: number }> {
    const standing = await files(root);
    const free = standing.filter(isReceivable);
    return {
      ready: free.filter((file) => !isSpent(file)),
      spent: free.filter(isSpent),
      hidden: standing.length - free.length,
    };
  }

  /** Those that nobody took away meanwhile. */
  async function withBodies(directory: string, some: readonly MessageFile[]) {
    const read: (MessageFile & { body: string })[] = [];
    for (const file of some) {
      const body = await readFile(join(directory, formatName(file)), 'utf8').catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      if (body !== undefined) read.push({ ...file, body });
    }
    return read;
  }

  async function release(file: MessageFile, seconds: number, receives = file.receives): Promise<void> {
    held.delete(formatName(file));
    await move(file, root, { ...file, due: now() + Math.round(seconds * 1000), receives, holder: NOBODY });
  }

  return {
    uri,
    send: (messages) =>
      guarded('write to', async () => {
        const oversize = oversizeOf(messages);
        if (oversize)
          throw new PipelineError('stop', `cannot write to the queue ${uri}: ${oversize}`, SMALLER_BATCHES);
        await withLock(root, async () => {
          const place = await placesAtTheEnd();
          for (const { body, deduplicationId } of messages) {
            const file = place(messageId(deduplicationId));
            if (file) await rename(await writeTemporary(root, body), join(root, formatName(file)));
          }
        });
      }),
    receive: (most) =>
      guarded('read', async () => {
        const received: ReceivedMessage[] = [];
        let fresh = false;
        while (received.length < Math.min(most, MAX_MESSAGES)) {
          const next = candidates.shift();
          if (next) {
            const message = await claim(next);
            if (message) received.push(message);
          } else {
            if (fresh || received.length > 0) break;
            candidates = (await files(root)).filter(isReceivable);
            fresh = true;
          }
        }
        return received;
      }),
    acknowledge: (messages) =>
      guarded('write to', async () => {
        for (const { receipt } of messages) {
          held.delete(receipt);
          await unlinkIfThere(join(root, receipt));
        }
      }),
    defer: (message, seconds, { untried = false } = {}) =>
      guarded('write to', async () => {
        const file = held.get(message.receipt) ?? parseName(message.receipt);
        if (file) await release(file, seconds, untried ? file.receives - 1 : file.receives);
      }),
    depth: () =>
      guarded('read', async () => {
        const { ready, spent, hidden } = await receivable();
        return { ready: ready.length, hidden, dead: spent.length + (await files(dead)).length };
      }),
    redrive: ({ signal, onMoved } = {}) =>
      guarded('write to', async () => {
        const { spent } = await receivable();
        if (spent.length + (await files(dead)).length === 0) return 0;
        return withLock(root, async () => {
          for (const file of (await receivable()).spent) await bury(file);
          const place = await placesAtTheEnd();
          const letters = await files(dead);
          for (const [moved, letter] of letters.entries()) {
            throwIfInterrupted(signal);
            onMoved?.(moved, letters.length);
            const file = place(letter.id);
            const path = join(dead, formatName(letter));
            await (file ? rename(path, join(root, formatName(file))) : unlinkIfThere(path));
          }
          return letters.length;
        });
      }),
    deadLetters: (most) =>
      guarded('read', async () => {
        const { spent } = await receivable();
        const letters = [
          ...(await withBodies(dead, (await files(dead)).slice(0, most))),
          ...(await withBodies(root, spent)),
        ];
        return letters.slice(0, most).map(({ id, body }) => ({ id, body, file: `*_${id}_*.json` }));
      }),
    peek: () =>
      guarded('read', async () => {
        const messages = await withBodies(root, (await receivable()).ready);
        return messages.map(({ id, body, receives }) => ({ id, body, attempt: receives + 1 }));
      }),
    close: () =>
      guarded('write to', async () => {
        for (const file of [...held.values()]) await release(file, 0);
      }),
  };
}
