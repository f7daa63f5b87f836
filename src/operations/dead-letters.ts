import { DecodeError } from '../errors.js';
import { bronzeKeys } from '../keys.js';
import type { DeadLetter } from '../queues/queue.js';
import { decodeJson } from '../records/decode.js';
import { BatchError } from '../records/markers.js';
import { Message } from '../records/message.js';
import type { ObjectReader } from '../stores/store.js';

/** Says of a dead letter which batch it is and why it failed last, as far as bronze knows. */
export async function describeDeadLetter({ id, body }: DeadLetter, bronze: ObjectReader): Promise<string> {
  try {
    const { run, batch } = decodeJson(Message, body, `message ${id}`);
    const which = `batch ${batch} of run ${run.id} of ${run.date}`;
    if (!(await bronze.head(bronzeKeys.manifest(run.date, run.id))))
      return `${which}: the run has no manifest`;
    if (await bronze.head(bronzeKeys.done(run.date, run.id, batch))) return `${which}: done meanwhile`;
    return `${which}: ${await lastErrorOf(bronzeKeys.error(run.date, run.id, batch), bronze)}`;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

async function lastErrorOf(key: string, bronze: ObjectReader): Promise<string> {
  const found = await bronze.get(key);
  if (!found) return 'received ten times, and never worked through';
  const { imdbId, message } = decodeJson(BatchError, found.body, `error ${key}`);
  return imdbId === null ? message : `${imdbId}: ${message}`;
}
