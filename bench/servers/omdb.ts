import { createServer } from 'node:http';
import { idOf, movieOf } from '../inputs/movies.js';
import { serveOnLoopback } from './announce.js';

/** OMDb: `tsx bench/servers/omdb.ts <milliseconds until each answer> <how many movies it knows>` */
const [delay = 100, movies = 250] = process.argv.slice(2).map(Number);
const answers = new Map(
  Array.from({ length: movies }, (_, index) => [idOf(index + 1), JSON.stringify(movieOf(index + 1).answer)]),
);

const server = createServer(({ url = '/' }, response) => {
  const id = new URL(url, 'http://localhost').searchParams.get('i') ?? '';
  const answer = answers.get(id) ?? '{"Response":"False","Error":"Incorrect IMDb ID."}';
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(answer);
  }, delay);
});
await serveOnLoopback(server);
