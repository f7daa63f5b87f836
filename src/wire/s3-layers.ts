import { s3Client } from '../aws/s3.js';
import { PipelineError } from '../errors.js';
import { withCheckedKeys } from '../stores/checked.js';
import { s3Store } from '../stores/s3.js';
import type { Store } from '../stores/store.js';
import { s3Location } from '../uri.js';
import type { Opener, Opening } from './adapters.js';

/** The layers of functions: in buckets, for nothing else outlives a function. */
export const bronze: Opener<Store> = (opening) => layer('bronze', opening);
export const silver: Opener<Store> = (opening) => layer('silver', opening);
export const gold: Opener<Store> = (opening) => layer('gold', opening);

function layer(name: 'bronze' | 'silver' | 'gold', { settings, aws }: Opening): Store {
  const uri = settings[name];
  const location = s3Location(uri);
  if (!location) {
    throw new PipelineError('stop', `a function cannot keep ${name} in ${uri}`, {
      hint: `set ${name.toUpperCase()}_URI to s3://bucket/prefix`,
    });
  }
  return withCheckedKeys(s3Store(aws.client(s3Client), location, uri));
}
