import * as z from 'zod/mini';
import { Count, Version } from './decode.js';
import { ListItem } from './movie-list.js';
import { RunReference } from './run.js';

/** One batch on its way through the queue. */
export const Message = z
  .object({
    version: Version,
    run: RunReference,
    batch: Count,
    movies: z.array(ListItem).check(z.minLength(1)),
  })
  .check(
    z.refine((message) => message.batch < message.run.batches, {
      path: ['batch'],
      error: 'is beyond its run',
    }),
  );
export type Message = z.infer<typeof Message>;

/** The FIFO group and deduplication id: batches run in parallel, and a repeated send is one message. */
export function deduplicationId(message: Message): string {
  return `${message.run.date}.${message.run.id}.${message.batch}`;
}
