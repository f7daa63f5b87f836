import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { ReceivedMessage } from '../queues/queue.js';
import { decode } from '../records/decode.js';
import { enrichMessage, MessageFailedError } from '../stages/enrich.js';
import { omdbWith } from '../wire/omdb.js';
import { bronze } from '../wire/s3-layers.js';
import { readSecret } from '../wire/secret.js';
import { queue } from '../wire/sqs-queue.js';
import { handlerOf, type Services } from './invocation/open.js';
import { TimeLeft } from './invocation/time-left.js';

/** What is needed of an event of SQS; of a message, what it says is looked at later. */
const Messages = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string(), receiptHandle: z.string() })),
});

type EnrichServices = Services<'bronze' | 'queue' | 'omdb'> & { together: object };

/** SQS hands over messages: each batch is enriched; those that failed are named, and come back. */
export const handler = handlerOf(
  'enrich',
  ['omdb'],
  { bronze, queue, omdb: omdbWith(readSecret) },
  (event, services, context): Promise<SQSBatchResponse> => {
    decode(Messages, event, 'SQS event');
    const records = event as SQSEvent;
    const time = new TimeLeft(context);
    const together = { ...services, together: records };
    const work = (record: SQSRecord) => time.spend(() => enrich(received(record), together, time));
    const options = { throwOnFullBatchFailure: false };
    if (!String(records.Records?.[0]?.eventSourceARN).endsWith('.fifo')) {
      return processPartialResponse(records, work, new BatchProcessor(EventType.SQS), options);
    }
    // Each batch is a group of its own: one that fails holds back no other.
    const fifo = { ...options, skipGroupOnError: true };
    return processPartialResponse(records, work, new SqsFifoPartialProcessorAsync(), fifo);
  },
);

async function enrich(message: ReceivedMessage, services: EnrichServices, time: TimeLeft): Promise<void> {
  if (!time.isEnough()) return handBack(message, services);
  try {
    await services.report(() => enrichMessage(message, services));
  } catch (error) {
    const facts = error instanceof MessageFailedError ? error.facts : { messageId: message.id };
    services.failed(error, { ...facts });
    // A key that is refused may have been replaced since it was read. Of a message it says nothing.
    if (error instanceof MessageFailedError && error.stopsAll) services.forget();
    throw error;
  }
}

/** A function that is ended in the middle would fail what it has done, too, and for half an hour. */
async function handBack(message: ReceivedMessage, { queue, log }: EnrichServices): Promise<never> {
  const reason = 'no time is left in this invocation: the message goes back untried';
  log.warn(reason, { messageId: message.id, attempt: message.attempt });
  await queue.defer(message, 0);
  throw new Error(reason);
}

function received({ messageId: id, body, attributes, receiptHandle: receipt }: SQSRecord): ReceivedMessage {
  return { id, body, attempt: Number(attributes?.ApproximateReceiveCount) || 1, receipt };
}
