import { S3Client } from '@aws-sdk/client-s3';
import type { ClientConfig } from './connections.js';

export function s3Client(config: ClientConfig): S3Client {
  return new S3Client(config);
}
