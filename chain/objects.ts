import type { AwsClients } from '../src/aws.js';
import { openStore } from '../src/stores/open.js';

/** The text of every object of a layer, by its key in the layer, in the order of the keys. */
export async function objectsUnder(uri: string, aws: AwsClients): Promise<Map<string, string>> {
  const store = await openStore(uri, aws);
  const objects = new Map<string, string>();
  for await (const key of store.list('')) objects.set(key, String((await store.get(key))?.body));
  return objects;
}
