import * as z from 'zod/mini';
import { DecodeError } from '../../errors.js';
import { silverKeys } from '../../keys.js';
import { decodeJson } from '../../records/decode.js';
import { ImdbId } from '../../records/movie-list.js';
import type { PartitionDate } from '../../records/run.js';
import type { ObjectReader } from '../../stores/store.js';

/** A movie of the run that has no row in silver, and why. */
export const QuarantinedMovie = z.object({ imdbId: ImdbId, reason: z.string() });
export type QuarantinedMovie = z.infer<typeof QuarantinedMovie>;

/** Every movie in a date's quarantine; a line that cannot be read is left out. */
export async function quarantineOf(silver: ObjectReader, date: PartitionDate): Promise<QuarantinedMovie[]> {
  const key = silverKeys.quarantine(date);
  const found = await silver.get(key);
  const lines = found?.body.toString('utf8').split('\n') ?? [];
  return lines.filter((line) => line !== '').flatMap((line) => movieOf(line, key));
}

function movieOf(line: string, key: string): QuarantinedMovie[] {
  try {
    return [decodeJson(QuarantinedMovie, line, key)];
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
