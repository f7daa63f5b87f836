import { withLock } from '../../src/lock.js';
import { dirStore } from '../../src/stores/dir.js';
import { serve } from './processes.js';
import { incrementTimes } from './store-suite.js';

/** What test/stores/dir.test.ts has other processes do. */
export type StoreJob =
  /** Puts each key if absent. Answers with the keys that it won. */
  | { root: string; claim: string[]; body: string }
  /** Counts a number in an object up, if-match. */
  | { root: string; increment: string; times: number }
  /** Answers in the middle of a put that never ends. */
  | { root: string; stall: string }
  /** Answers while it holds the lock, which it never lets go. */
  | { lock: string };

serve<StoreJob>(async (job) => {
  if ('lock' in job) {
    return new Promise((resolve) => {
      void withLock(job.lock, () => {
        resolve('held');
        return new Promise(() => {});
      });
    });
  }
  const store = dirStore(job.root);
  if ('stall' in job) {
    return new Promise((resolve, reject) => {
      store.put(job.stall, half(resolve)).catch(reject);
    });
  }
  if ('increment' in job) return incrementTimes(store, job.increment, job.times);
  const won: string[] = [];
  for (const key of job.claim) {
    if ((await store.put(key, job.body, { ifAbsent: true })) === 'written') won.push(key);
  }
  return won;
});

/** Half a body; tells when that half was taken, and never comes to its end. */
async function* half(taken: (word: string) => void): AsyncGenerator<Buffer> {
  yield Buffer.alloc(300_000, 'half ');
  taken('stalled');
  await new Promise(() => {});
}
