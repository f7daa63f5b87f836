import { counted } from '../src/terminal.js';
import type { Chain } from './chain.js';
import type { AwsCall } from './emulator/calls.js';

/** Requests of S3 as its price list sorts them (https://aws.amazon.com/s3/pricing/). */
const KINDS = {
  puts: ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  lists: ['ListObjectsV2'],
  reads: ['GetObject', 'HeadObject'],
};

/** What the functions have asked of AWS, in a line; not what Lambda's polling or anybody else has. */
export function usageOf({ emulator, invocations }: Pick<Chain, 'emulator' | 'invocations'>): string {
  const functions = new Set(invocations.map((invocation) => invocation.function));
  const calls = emulator.calls.filter(({ principal }) => functions.has(principal));
  const of = (service: AwsCall['service']) => calls.filter((call) => call.service === service);
  const s3 = of('s3');
  const requests = (kind: keyof typeof KINDS) =>
    s3.filter(({ operation }) => KINDS[kind].includes(operation)).length;
  return [
    `${counted(requests('puts'), 'put')}, ${counted(requests('lists'), 'list')} and ${counted(requests('reads'), 'read')} of S3`,
    counted(of('sqs').length, 'SQS call'),
    counted(invocations.length, 'invocation'),
  ].join(', ');
}
