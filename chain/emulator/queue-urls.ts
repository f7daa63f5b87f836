import type { AddressInfo } from 'node:net';
import { REGION } from './calls.js';
import type { App } from './emulator.js';

/** SQS goes by the path of a queue's URL; fauxqs by all of it. So the URL that AWS would give works here too. */
export function addQueueUrls(app: App): void {
  app.addHook('preHandler', async ({ body }) => {
    const { QueueUrl } = (body ?? {}) as { QueueUrl?: unknown };
    if (typeof QueueUrl !== 'string' || !URL.canParse(QueueUrl)) return;
    const { hostname, pathname } = new URL(QueueUrl);
    if (!hostname.endsWith('.amazonaws.com')) return;
    const { port } = app.server.address() as AddressInfo;
    Object.assign(body as object, { QueueUrl: `http://sqs.${REGION}.localhost:${port}${pathname}` });
  });
}
