import { type App, INTERNAL } from './emulator.js';

interface Inspection {
  messages: { inflight: { visibilityDeadline: number }[] };
}

/**
 * A message whose visibility timeout is over counts as one that can be received. fauxqs counts it as hidden until
 * somebody receives.
 */
export function addQueueDepth(app: App): void {
  // A callback: an asynchronous hook lets fauxqs's routes answer twice.
  app.addHook('onSend', (request, reply, payload, done) => {
    const isAsked = request.headers['x-amz-target'] === 'AmazonSQS.GetQueueAttributes';
    if (!isAsked || reply.statusCode !== 200) return done(null, payload);
    const { QueueUrl: url = '' } = request.body as { QueueUrl?: string };
    corrected(app, url, String(payload)).then(
      (text) => done(null, text),
      (error: Error) => done(error),
    );
  });
}

async function corrected(app: App, url: string, payload: string): Promise<string> {
  const name = url.split('/').at(-1);
  const inspected = await app.inject({ url: `/_fauxqs/queues/${name}`, headers: { [INTERNAL]: '1' } });
  const { messages } = inspected.json<Inspection>();
  const back = messages.inflight.filter(({ visibilityDeadline }) => visibilityDeadline <= Date.now()).length;
  const answer = JSON.parse(payload) as { Attributes: Record<string, string> };
  const add = (attribute: string, count: number) => {
    const counted = answer.Attributes[attribute];
    if (counted !== undefined) answer.Attributes[attribute] = String(Number(counted) + count);
  };
  add('ApproximateNumberOfMessages', back);
  add('ApproximateNumberOfMessagesNotVisible', -back);
  return JSON.stringify(answer);
}
