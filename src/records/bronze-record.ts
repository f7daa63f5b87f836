import * as z from 'zod/mini';
import { JSON_LIMITS, type JsonLimits, RawObject, Version } from './decode.js';
import { ListItem } from './movie-list.js';
import { PartitionDate, RunId } from './run.js';

/** How a movie's lookup ended. */
export const Status = z.enum(['enriched', 'not_found', 'failed']);
export type Status = z.infer<typeof Status>;

/** A record is an answer of OMDb, which is read within `JSON_LIMITS` and up to 1 MiB, and a little around it. */
export const RECORD_LIMITS: JsonLimits = { bytes: 8 * 1024 * 1024, depth: JSON_LIMITS.depth + 1 };

/** One movie of one run: the list item and OMDb's raw answer. Immutable once written. */
export const BronzeRecord = z
  .object({
    version: Version,
    runId: RunId,
    date: PartitionDate,
    movie: ListItem,
    omdb: z.nullable(RawObject),
    status: Status,
    error: z.nullable(z.string()),
    fetchedAt: z.string(),
  })
  .check(
    z.refine(({ status, omdb }) => status !== 'enriched' || omdb !== null, {
      path: ['omdb'],
      error: 'is missing, though the movie is enriched',
    }),
  );
export type BronzeRecord = z.infer<typeof BronzeRecord>;

/** What OMDb said of a movie: its raw answer, and the error text in it when it knows no such movie. */
export interface OmdbAnswer {
  status: Exclude<Status, 'failed'>;
  omdb: Record<string, unknown>;
  error: string | null;
}
