import type { AddressInfo } from 'node:net';
import { type App, INTERNAL } from './emulator.js';

/** Host and port of an emulator that listens. */
export function hostOf(app: App): string {
  return `127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** Calls the emulator's own SQS; nobody records or disturbs it. @throws Error when it is refused */
export async function callSqs<Answer>(
  app: App,
  operation: string,
  parameters: Record<string, unknown>,
): Promise<Answer> {
  const response = await app.inject({
    method: 'POST',
    url: '/',
    headers: {
      [INTERNAL]: '1',
      // Queues are called after it.
      host: hostOf(app),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    },
    payload: JSON.stringify(parameters),
  });
  if (response.statusCode !== 200) throw new Error(`${operation}: ${response.body}`);
  return response.json<Answer>();
}
