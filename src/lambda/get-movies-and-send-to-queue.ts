import { randomUUID } from 'node:crypto';
import { decodeTrigger, runOfTrigger } from '../records/trigger.js';
import { extract } from '../stages/extract.js';
import { movies } from '../wire/movies.js';
import { bronze } from '../wire/s3-layers.js';
import { queue } from '../wire/sqs-queue.js';
import { handlerOf } from './invocation/open.js';

/** A schedule, a rule or a person asks for a date: its run is begun and its batches are sent. */
export const handler = handlerOf(
  'extract',
  ['movies'],
  { bronze, queue, movies },
  async (event, services, { awsRequestId = randomUUID() }) => {
    const { bronze, settings, report, now } = services;
    const trigger = decodeTrigger(event, awsRequestId, now());
    const { date, topN = settings.topN, batchSize = settings.batchSize } = trigger;
    const runId = await runOfTrigger(bronze, trigger);
    return report(() => extract({ date, runId, topN, batchSize }, services));
  },
);
