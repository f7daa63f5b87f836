import { setTimeout as sleep } from 'node:timers/promises';
import { dirQueue } from '../../src/queues/dir.js';
import { serve } from './processes.js';

/** What test/queues/dir.test.ts has other processes do. */
export type QueueJob =
  /** Receives once. Answers with the bodies, which it neither acknowledges nor lets go. */
  | { root: string; hold: number }
  /** Receives up to so many at a time and acknowledges them until the queue is empty. Answers with the bodies that it saw. */
  | { root: string; drain: number };

serve<QueueJob>(async (job) => {
  const queue = dirQueue(job.root);
  if ('hold' in job) return (await queue.receive(job.hold)).map(({ body }) => body);
  const seen: string[] = [];
  for (;;) {
    const received = await queue.receive(job.drain);
    if (received.length > 0) {
      seen.push(...received.map(({ body }) => body));
      await queue.acknowledge(received);
    } else {
      const { ready, hidden } = await queue.depth();
      if (ready + hidden === 0) return seen;
      await sleep(5);
    }
  }
});
