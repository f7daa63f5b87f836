import { fork } from 'node:child_process';
import type { Test } from 'tap';

type Answer = { id: number; result: unknown } | { id: number; error: string };

/** Another process that does jobs for a test. It is gone when the test is over. */
export interface Worker<Job> {
  ask(job: Job): Promise<unknown>;
  /** SIGKILL: nothing in the process runs after it. Resolves when the system has buried it. */
  kill(): Promise<void>;
}

/** Forks a script that calls `serve`. It runs with the flags of this process, so it may be TypeScript. */
export function startWorker<Job>(t: Test, script: URL): Worker<Job> {
  const child = fork(script);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let jobs = 0;
  child.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asker?.reject(new Error(answer.error));
    else asker?.resolve(answer.result);
  });
  child.once('exit', (code, signal) => {
    for (const asker of waiting.values()) asker.reject(new Error(`the worker ended: ${signal ?? code}`));
  });
  t.teardown(async () => {
    if (child.connected) child.disconnect();
    await exited;
  });
  return {
    ask: (job) =>
      new Promise((resolve, reject) => {
        const id = ++jobs;
        waiting.set(id, { resolve, reject });
        child.send({ id, job });
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** One that will be killed, out of those that go on. */
export function takeFrom<Job>(workers: Worker<Job>[]): Worker<Job> {
  const taken = workers.pop();
  if (!taken) throw new Error('no worker is left');
  return taken;
}

/** In the worker: does every job that the test sends, and ends with the test. */
export function serve<Job>(work: (job: Job) => Promise<unknown>): void {
  process.on('message', async ({ id, job }: { id: number; job: Job }) => {
    const answer: Answer = await work(job).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, error: error instanceof Error ? `${error.stack}` : String(error) }),
    );
    process.send?.(answer);
  });
  process.on('disconnect', () => process.exit());
}
