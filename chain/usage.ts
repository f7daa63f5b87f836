import { counted } from '../src/terminal.js';
import type { Chain } from './chain.js';
import type { AwsCall } from './emulator/calls.js';

/** Requests of S3 as its price list sorts them (https://aws.amazon.com/s3/pricing/). */
const KINDS = {
  puts: ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  lists: ['ListObjectsV2'],
  reads: ['GetObject', 'HeadObject'],
};

export interface Requests {
  puts: number;
  lists: number;
  /** Of objects, with their content or without. */
  reads: number;
  sqs: number;
  secrets: number;
}

export function requestsOf(calls: readonly AwsCall[]): Requests {
  const of = (service: AwsCall['service']) => calls.filter((call) => call.service === service);
  const s3 = of('s3');
  const kind = (name: keyof typeof KINDS) =>
    s3.filter(({ operation }) => KINDS[name].includes(operation)).length;
  return {
    puts: kind('puts'),
    lists: kind('lists'),
    reads: kind('reads'),
    sqs: of('sqs').length,
    secrets: of('secretsmanager').length,
  };
}

/** What the functions have asked of AWS; not what Lambda's polling or anybody else has. */
export function requestsOfFunctions({
  emulator,
  invocations,
}: Pick<Chain, 'emulator' | 'invocations'>): Requests {
  const functions = new Set(invocations.map((invocation) => invocation.function));
  return requestsOf(emulator.calls.filter(({ principal }) => functions.has(principal)));
}

/** The same in a line. */
export function usageOf(chain: Pick<Chain, 'emulator' | 'invocations'>): string {
  const { puts, lists, reads, sqs } = requestsOfFunctions(chain);
  return [
    `${counted(puts, 'put')}, ${counted(lists, 'list')} and ${counted(reads, 'read')} of S3`,
    counted(sqs, 'SQS call'),
    counted(chain.invocations.length, 'invocation'),
  ].join(', ');
}
