import type { App } from './emulator.js';

/**
 * ReceiveRequestAttemptId, which fauxqs ignores: a repeated receive from a FIFO queue gets the messages of the first
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html).
 */
export function addReceiveAttempts(app: App): void {
  const answers = new Map<string, string>();
  app.addHook('preHandler', async (request, reply) => {
    const answer = answers.get(attemptOf(request));
    if (answer !== undefined) return reply.type('application/x-amz-json-1.0').send(answer);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const attempt = attemptOf(request);
    if (attempt !== '' && reply.statusCode === 200) answers.set(attempt, String(payload));
    done(null, payload);
  });
}

function attemptOf({ headers, body }: { headers: Record<string, unknown>; body: unknown }): string {
  if (headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage') return '';
  return (body as { ReceiveRequestAttemptId?: string }).ReceiveRequestAttemptId ?? '';
}
