import { SQSClient } from '@aws-sdk/client-sqs';
import type { ClientConfig } from './connections.js';

/** As the AWS CLI does: region and endpoint say where to go, the queue's URL only which queue. */
export function sqsClient({ forcePathStyle: _ofS3, ...config }: ClientConfig): SQSClient {
  return new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
}
