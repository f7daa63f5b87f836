import { parentPort, workerData } from 'node:worker_threads';
import { DecodeError } from '../../errors.js';
import type { Answer, Request, ThreadOptions } from './threads.js';
import { type Made, Work } from './work.js';

// What a thread of threads.ts runs: it answers each request in turn, until it is ended.
const work = new Work((workerData as ThreadOptions).escapeFormulas);

parentPort?.on('message', (request: Request) => {
  const answer = answerTo(request);
  parentPort?.postMessage(answer, 'made' in answer ? memoryOf(answer.made) : []);
});

function answerTo(request: Request): Answer {
  try {
    return request === 'states' ? { states: work.states() } : { made: work.make(request.job, request.piece) };
  } catch (error) {
    if (!(error instanceof DecodeError)) return { error };
    const { message, hint } = error;
    return { decodeError: { message, hint } };
  }
}

function memoryOf({ lists, ranks }: Made): ArrayBuffer[] {
  return [ranks.buffer, ...lists.map(({ bytes }) => bytes.buffer)];
}
