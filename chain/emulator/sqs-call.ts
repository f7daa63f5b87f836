import { type App, INTERNAL } from './emulator.js';

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
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    },
    payload: JSON.stringify(parameters),
  });
  if (response.statusCode !== 200) throw new Error(`${operation}: ${response.body}`);
  return response.json<Answer>();
}
