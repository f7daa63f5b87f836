import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { PipelineError } from '../errors.js';
import { enrichMessage } from '../stages/enrich.js';
import { handlerOf, type Services } from './invocation/open.js';

/** SQS hands over messages: each batch is enriched; those that failed are named, and come back. */
export const handler = handlerOf(
  'enrich',
  ['omdb'],
  ['bronze', 'queue', 'omdb'],
  (event, services, context): Promise<SQSBatchResponse> => {
    const records = event as SQSEvent;
    const work = (record: SQSRecord) => enrich(record, services);
    const options = { context, throwOnFullBatchFailure: false };
    if (!records.Records?.[0]?.eventSourceARN?.endsWith('.fifo')) {
      return processPartialResponse(records, work, new BatchProcessor(EventType.SQS), options);
    }
    // Each batch is a group of its own: one that fails holds back no other.
    const fifo = { ...options, skipGroupOnError: true };
    return processPartialResponse(records, work, new SqsFifoPartialProcessorAsync(), fifo);
  },
);

async function enrich(record: SQSRecord, services: Services<'bronze' | 'queue' | 'omdb'>): Promise<void> {
  const { messageId: id, body, attributes, receiptHandle: receipt } = record;
  const attempt = Number(attributes.ApproximateReceiveCount);
  try {
    await services.report(() => enrichMessage({ id, body, attempt, receipt }, services));
  } catch (error) {
    services.failed(error, { messageId: id, attempt });
    // A key that is refused may have been replaced since it was read.
    if (error instanceof PipelineError && error.verdict === 'stop') services.forget();
    throw error;
  }
}
