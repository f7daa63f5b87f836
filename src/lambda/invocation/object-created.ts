import { decodeObjectsCreated, type ObjectName } from '../../records/object-created.js';
import type { PartitionDate } from '../../records/run.js';
import { baseOf, s3Location } from '../../uri.js';
import type { Services } from './open.js';

/**
 * Does the work for the date of each object that S3 tells of, each date once. An object that is not the layer's is
 * logged and passed over; a date that fails does not stop the others.
 * @param layer URI of the layer that the objects are in
 * @param dateOf the date of a key of the layer, if it is one that counts
 * @throws the first failure, after the others are done
 */
export async function eachDate<Summary extends object>(
  event: unknown,
  layer: string,
  dateOf: (key: string) => PartitionDate | undefined,
  { log, report, failed }: Pick<Services<never>, 'log' | 'report' | 'failed'>,
  work: (date: PartitionDate) => Promise<Summary>,
): Promise<Summary[]> {
  const dates = new Set<PartitionDate>();
  for (const object of decodeObjectsCreated(event)) {
    const key = object && keyIn(layer, object);
    const date = key === undefined ? undefined : dateOf(key);
    if (date !== undefined) dates.add(date);
    else log.warn('a record that is not of a new object of ours is passed over', { ...object, layer });
  }
  const summaries: Summary[] = [];
  const failures: unknown[] = [];
  for (const date of dates) {
    try {
      summaries.push(await report(() => work(date)));
    } catch (error) {
      failed(error, { date });
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return summaries;
}

/** The key relative to the layer, if the object is in it. */
function keyIn(layer: string, { bucket, key }: ObjectName): string | undefined {
  const location = s3Location(layer);
  if (!location || location.bucket !== bucket) return undefined;
  const base = baseOf(location);
  return key.startsWith(base) ? key.slice(base.length) : undefined;
}
