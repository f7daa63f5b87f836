import type { Test } from 'tap';
import { clientsOf } from '../../chain/clients.js';
import type { Emulator } from '../../chain/emulator/emulator.js';
import type { AwsClients } from '../../src/aws.js';
import { baseOf, s3Location } from '../../src/uri.js';

/** Clients of an emulator for the test itself, closed with the test. */
export function awsOf(t: Test, { url }: Pick<Emulator, 'url'>): AwsClients {
  const aws = clientsOf(url, 'the-test');
  t.teardown(aws.close);
  return aws;
}

/** Where S3 has the object of a layer. */
export function placeOf(uri: string, key: string): { Bucket: string; Key: string } {
  const location = s3Location(uri);
  if (!location) throw new Error(`${uri} is not in S3`);
  return { Bucket: location.bucket, Key: baseOf(location) + key };
}
