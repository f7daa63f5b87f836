import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Test } from 'tap';
import { REGION } from '../../chain/emulator/calls.js';
import type { Emulator } from '../../chain/emulator/emulator.js';

/** Clients of an emulator for the test itself, as `openStore` and `openQueue` take them; closed with the test. */
export function awsOf(t: Test, { url }: Pick<Emulator, 'url'>, accessKeyId = 'test') {
  const config = { endpoint: url, region: REGION, credentials: { accessKeyId, secretAccessKey: 'secret' } };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  t.teardown(() => {
    s3.destroy();
    sqs.destroy();
  });
  return { s3: async () => s3, sqs: async () => sqs };
}
