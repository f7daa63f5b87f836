import type * as z from 'zod/mini';
import { DecodeError } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { ObjectReader } from '../stores/store.js';
import { decodeJson } from './decode.js';
import { GoldLineage, type ObjectReference, SilverLineage } from './markers.js';
import type { PartitionDate } from './run.js';

/**
 * What silver's CSV of a date was made of. Undefined when there is none; one that cannot be read, or that names
 * objects of another date, vouches for nothing.
 */
export function readSilverLineage(
  silver: ObjectReader,
  date: PartitionDate,
): Promise<SilverLineage | undefined> {
  const isOfDate = ({ silver }: SilverLineage) => silver.key === silverKeys.movies(date);
  return readLineage(silver, silverKeys.lineage(date), SilverLineage, isOfDate);
}

/** The same for gold's datasets. */
export function readGoldLineage(gold: ObjectReader, date: PartitionDate): Promise<GoldLineage | undefined> {
  const isOfDate = ({ datasets }: GoldLineage) =>
    Object.entries<ObjectReference>(datasets).every(
      ([name, { key }]) => key === goldKeys.dataset(name, date),
    );
  return readLineage(gold, goldKeys.lineage(date), GoldLineage, isOfDate);
}

async function readLineage<Lineage>(
  store: ObjectReader,
  key: string,
  schema: z.ZodMiniType<Lineage>,
  isOfDate: (lineage: Lineage) => boolean,
): Promise<Lineage | undefined> {
  const found = await store.get(key);
  if (!found) return undefined;
  try {
    const lineage = decodeJson(schema, found.body, `lineage ${key}`);
    return isOfDate(lineage) ? lineage : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
