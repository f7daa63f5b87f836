import { sqsClient } from '../aws/sqs.js';
import { PipelineError } from '../errors.js';
import type { Queue } from '../queues/queue.js';
import { sqsQueue } from '../queues/sqs.js';
import { isQueueUrl } from '../uri.js';
import type { Opener } from './adapters.js';

/** The queue of functions: in SQS. */
export const queue: Opener<Queue> = ({ settings, aws }) => {
  if (!isQueueUrl(settings.queue)) {
    throw new PipelineError('stop', `a function cannot have its queue in ${settings.queue}`, {
      hint: 'set QUEUE_URL to the URL of a queue in SQS',
    });
  }
  return sqsQueue(aws.client(sqsClient), settings.queue);
};
