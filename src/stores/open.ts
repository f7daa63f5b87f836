import { type AwsClients, awsClients } from '../aws.js';
import { localPath, s3Location } from '../uri.js';
import { withCheckedKeys } from './checked.js';
import type { Store } from './store.js';

/**
 * Opens the layer that a URI names: `./data/bronze`, `file:///…` or `s3://bucket/prefix`. Only the driver that is asked
 * for is loaded.
 */
export async function openStore(uri: string, aws: Pick<AwsClients, 's3'> = awsClients()): Promise<Store> {
  const location = s3Location(uri);
  if (location) {
    const { s3Store } = await import('./s3.js');
    return withCheckedKeys(s3Store(await aws.s3(), location, uri));
  }
  const { dirStore } = await import('./dir.js');
  return withCheckedKeys(dirStore(localPath(uri), uri));
}
