import { type AwsClients, awsClients } from '../aws.js';
import { checkKey, checkPrefix } from '../keys.js';
import { localPath, s3Location } from '../uri.js';
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

/** Every key is checked here, once, whatever the driver. */
export function withCheckedKeys(store: Store): Store {
  const checked =
    <Rest extends unknown[], Result>(method: (key: string, ...rest: Rest) => Promise<Result>) =>
    async (key: string, ...rest: Rest): Promise<Result> => {
      checkKey(key);
      return method(key, ...rest);
    };
  return {
    uri: store.uri,
    get: checked(store.get),
    read: checked(store.read),
    head: checked(store.head),
    put: checked(store.put),
    list: (prefix, options) => {
      checkPrefix(prefix);
      return store.list(prefix, options);
    },
  };
}
