import type { z } from 'zod';
import { DecodeError } from '../errors.js';
import { goldKeys, silverKeys } from '../keys.js';
import type { ObjectReader } from '../stores/store.js';
import { decodeJson } from './decode.js';
import { GoldLineage, SilverLineage } from './markers.js';
import type { PartitionDate } from './run.js';

/** What silver's CSV of a date was made of. Undefined when there is none; one that cannot be read vouches for nothing. */
export function readSilverLineage(
  silver: ObjectReader,
  date: PartitionDate,
): Promise<SilverLineage | undefined> {
  return readLineage(silver, silverKeys.lineage(date), SilverLineage);
}

/** The same for gold's datasets. */
export function readGoldLineage(gold: ObjectReader, date: PartitionDate): Promise<GoldLineage | undefined> {
  return readLineage(gold, goldKeys.lineage(date), GoldLineage);
}

async function readLineage<Schema extends z.ZodType>(
  store: ObjectReader,
  key: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const found = await store.get(key);
  if (!found) return undefined;
  try {
    return decodeJson(schema, found.body, `lineage ${key}`);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
