import { DecodeError } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import type { PeekedMessage } from '../../queues/queue.js';
import { type Manifest, messageOfBatch } from '../../records/manifest.js';
import { deduplicationId } from '../../records/message.js';
import { isPartitionDate, type PartitionDate } from '../../records/run.js';
import { batchesDone, newestRun, readManifest, readSuccess } from '../../records/runs.js';
import type { ObjectLister, ObjectReader } from '../../stores/store.js';

type Bronze = ObjectReader & ObjectLister;

/**
 * What a queue that cannot be looked into is likely to hold: messages of batches that are not done, of the newest run
 * of each date that is not published, newest date first.
 * @param count how many messages the queue says that it has
 * @returns so many, or fewer where bronze knows of no more
 */
export async function likelyMessages(bronze: Bronze, count: number): Promise<PeekedMessage[]> {
  const messages: PeekedMessage[] = [];
  if (count === 0) return messages;
  for (const date of (await datesIn(bronze)).reverse()) {
    const manifest = await unfinished(bronze, date);
    if (!manifest) continue;
    const done = await batchesDone(bronze, bronzeKeys.doneMarkers(date, manifest.runId));
    for (let batch = 0; batch < manifest.batches; batch++) {
      if (done.has(batch)) continue;
      if (messages.length === count) return messages;
      const message = messageOfBatch(manifest, batch);
      messages.push({ id: deduplicationId(message), body: JSON.stringify(message), attempt: 1 });
    }
  }
  return messages;
}

async function datesIn(bronze: Bronze): Promise<PartitionDate[]> {
  const dates: PartitionDate[] = [];
  for await (const entry of bronze.list('', { delimiter: '/' })) {
    const date = /^dt=([^/]+)\/$/.exec(entry)?.[1] ?? '';
    if (isPartitionDate(date)) dates.push(date);
  }
  return dates;
}

/** What cannot be read is no run whose messages anybody could work through. */
async function unfinished(bronze: Bronze, date: PartitionDate): Promise<Manifest | undefined> {
  try {
    const run = await newestRun(bronze, date);
    if (run === undefined || (await readSuccess(bronze, date))?.success.runId === run) return undefined;
    return (await readManifest(bronze, date, run))?.manifest;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
