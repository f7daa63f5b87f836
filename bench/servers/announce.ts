import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Prints the URL of a server on a line of stdout; the process ends when the bench that forked it is gone. */
export function announce(url: string): void {
  process.stdout.write(`${url}\n`);
  process.once('disconnect', () => process.exit());
}

/** The same of a server that listens nowhere yet. */
export async function serveOnLoopback(server: Server): Promise<void> {
  // A client that pauses to work keeps its connections.
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
