import { z } from 'zod';
import { RawObject, Version } from './decode.js';
import { ListItem } from './movie-list.js';
import { PartitionDate, RunId } from './run.js';

/** How a movie's lookup ended. */
export const Status = z.enum(['enriched', 'not_found', 'failed']);
export type Status = z.infer<typeof Status>;

/** One movie of one run: the list item and OMDb's raw answer. Immutable once written. */
export const BronzeRecord = z
  .object({
    version: Version,
    runId: RunId,
    date: PartitionDate,
    movie: ListItem,
    omdb: RawObject.nullable(),
    status: Status,
    error: z.string().nullable(),
    fetchedAt: z.string(),
  })
  .refine(({ status, omdb }) => status !== 'enriched' || omdb !== null, {
    path: ['omdb'],
    error: 'is missing, though the movie is enriched',
  });
export type BronzeRecord = z.infer<typeof BronzeRecord>;

/** What OMDb said of a movie: its raw answer, and the error text in it when it knows no such movie. */
export interface OmdbAnswer {
  status: Exclude<Status, 'failed'>;
  omdb: Record<string, unknown>;
  error: string | null;
}
