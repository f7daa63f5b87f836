import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const LISTEN_AND_BLOCK = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
/** More than the system lets wait to be accepted. */
const CALLERS = 4;

/** A port on loopback at which nobody accepts connections any more: who connects gets neither a yes nor a no. */
export async function startDeaf(): Promise<{ port: number; close(): Promise<void> }> {
  const worker = new Worker(LISTEN_AND_BLOCK, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const callers: Socket[] = Array.from({ length: CALLERS }, () =>
    connect(port, '127.0.0.1').on('error', () => {}),
  );
  return {
    port,
    close: async () => {
      for (const caller of callers) caller.destroy();
      await worker.terminate();
    },
  };
}
