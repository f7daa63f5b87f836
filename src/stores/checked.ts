import { checkKey, checkPrefix } from '../keys.js';
import type { Store } from './store.js';

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
