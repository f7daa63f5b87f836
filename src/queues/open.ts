import { type AwsClients, awsClients } from '../aws.js';
import { isQueueUrl, localPath } from '../uri.js';
import type { Queue } from './queue.js';

/** Opens the queue that a URI names: a directory, or an SQS queue by its URL. Only the driver that is asked for is loaded. */
export async function openQueue(uri: string, aws: Pick<AwsClients, 'sqs'> = awsClients()): Promise<Queue> {
  if (isQueueUrl(uri)) {
    const { sqsQueue } = await import('./sqs.js');
    return sqsQueue(await aws.sqs(), uri);
  }
  const { openDirQueue } = await import('./dir.js');
  return openDirQueue(localPath(uri), uri);
}
