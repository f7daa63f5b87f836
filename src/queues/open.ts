import { localPath } from '../uri.js';
import type { Queue } from './queue.js';

/** Opens the queue that a URI names: a directory. Only the driver that is asked for is loaded. */
export async function openQueue(uri: string): Promise<Queue> {
  const { openDirQueue } = await import('./dir.js');
  return openDirQueue(localPath(uri), uri);
}
