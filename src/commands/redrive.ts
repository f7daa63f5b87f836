import type { Flags } from '../config.js';
import { counted } from '../terminal.js';
import { isQueueUrl } from '../uri.js';
import type { Context } from './context.js';
import { withSession } from './session.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['queue'], async ({ services: { queue }, terminal }) => {
    const redriven = await terminal.step('redrive', () => queue.redrive(), moved);
    const depth = await queue.depth();
    const { ready, hidden, dead } = depth;
    terminal.result([{ queue: queue.uri, redriven, depth }], () =>
      terminal.table(['ready', 'hidden', 'dead', 'where'], [[ready, hidden, dead, queue.uri]]),
    );
    if (redriven > 0 && dead > 0) terminal.info(`${counted(dead, 'dead letter')} still on the way`);
    if (redriven > 0) terminal.info(next(queue.uri));
  });
}

function moved(redriven: number): string {
  return redriven === 0 ? 'no dead letters' : `${counted(redriven, 'dead letter')} moved back to the queue`;
}

function next(uri: string): string {
  return isQueueUrl(uri)
    ? 'the Lambda function of the queue takes them; without one, go on with: movie-etl enrich'
    : 'go on with: movie-etl enrich';
}
