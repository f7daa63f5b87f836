import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const fixture = (name: string) =>
  readFile(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)), 'utf8');

/**
 * Serves the shipped fixtures on loopback the way the two sources do: the movie list at `/top-250.json`, OMDb at
 * `/?i=tt…`. So `--offline` goes through the same code as the network.
 */
export async function startOffline(): Promise<{
  moviesUrl: string;
  omdbUrl: string;
  close(): Promise<void>;
}> {
  const list = await fixture('top-250.json');
  const answers = new Map(
    (JSON.parse(await fixture('omdb.json')) as { imdbID: string }[]).map((answer) => [answer.imdbID, answer]),
  );
  const unknown = { Response: 'False', Error: 'Incorrect IMDb ID.' };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (pathname === '/top-250.json') response.end(list);
    else response.end(JSON.stringify(answers.get(searchParams.get('i') ?? '') ?? unknown));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    moviesUrl: `${base}/top-250.json`,
    omdbUrl: `${base}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
