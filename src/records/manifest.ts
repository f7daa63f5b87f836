import * as z from 'zod/mini';
import { Positive, VERSION, Version } from './decode.js';
import type { Message } from './message.js';
import { compareMovies, ListItem } from './movie-list.js';
import { PartitionDate, RunId, type RunReference } from './run.js';

const fields = {
  version: Version,
  runId: RunId,
  date: PartitionDate,
  topN: Positive,
  batchSize: Positive,
  batches: Positive,
  /** In rank order, then by id. */
  movies: z.array(ListItem).check(z.minLength(1)),
  /** Where the list came from, without secrets. */
  source: z.string(),
  createdAt: z.string(),
};

/** What a run set out to do: written before its first message, and never changed. */
export const Manifest = z.object(fields).check(
  z.refine(({ movies, batchSize, batches }) => batches === Math.ceil(movies.length / batchSize), {
    path: ['batches'],
    error: 'does not fit the movies and the batch size',
  }),
  z.refine(({ movies }) => movies.every((movie, index) => isNext(movies[index - 1], movie)), {
    path: ['movies'],
    error: 'are not in rank order',
  }),
  z.refine(({ movies }) => new Set(movies.map(({ id }) => id)).size === movies.length, {
    path: ['movies'],
    error: 'have an id twice',
  }),
);
export type Manifest = z.infer<typeof Manifest>;

/** A manifest whose movies were taken out one by one. */
export const ManifestHead = z.object({ ...fields, movies: z.tuple([], { error: 'cannot be read' }) });
export type ManifestHead = z.infer<typeof ManifestHead>;

function isNext(before: ListItem | undefined, movie: ListItem): boolean {
  return before === undefined || compareMovies(before, movie) <= 0;
}

export function runOf(manifest: Manifest): RunReference {
  return { id: manifest.runId, date: manifest.date, batches: manifest.batches };
}

/** The message of one batch of the run, counted from 0. */
export function messageOfBatch(manifest: Manifest, batch: number): Message {
  const first = batch * manifest.batchSize;
  return {
    version: VERSION,
    run: runOf(manifest),
    batch,
    movies: manifest.movies.slice(first, first + manifest.batchSize),
  };
}
