import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** One request as it came in. */
export interface Call {
  path: string;
  /** The movie that was asked for; empty where it is not OMDb that is asked. */
  id: string;
  apikey: string;
  /** When it came, in milliseconds of `performance.now()`. */
  at: number;
  /** The how manieth request of the server, and the how manieth for this movie, counted from 1. */
  nth: number;
  nthOfId: number;
}

/** How the server answers one request; what is left out is as OMDb would have it. */
export interface Behaviour {
  status?: number;
  /** Text and bytes as they are; anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  delayMs?: number;
  /** Cuts the connection instead of an answer. */
  reset?: boolean;
  /** Never answers. */
  hang?: boolean;
  /** Answers by hand, as no sound server would. */
  write?: (response: ServerResponse) => void;
}

/** Undefined: as OMDb would answer. */
export type Script = (call: Call) => Behaviour | undefined;

/** The first request gets the first behaviour, and so on; those after the last one are answered as OMDb would. */
export function inTurn(...behaviours: Behaviour[]): Script {
  return ({ nth }) => behaviours[nth - 1];
}

export const limitReached: Behaviour = {
  status: 401,
  body: { Response: 'False', Error: 'Request limit reached!' },
};
export const invalidKey: Behaviour = { status: 401, body: { Response: 'False', Error: 'Invalid API key!' } };
export const unknownId: Behaviour = { body: { Response: 'False', Error: 'Incorrect IMDb ID.' } };

export const movieList = JSON.parse(await fixture('top-250.json')) as { items: ListedMovie[] };
export interface ListedMovie extends Record<string, unknown> {
  id: string;
  rank: string;
}

export const answers: ReadonlyMap<string, Record<string, unknown>> = new Map(
  (JSON.parse(await fixture('omdb.json')) as { imdbID: string }[]).map((answer) => [answer.imdbID, answer]),
);

/** OMDb at `url` and a movie list at `moviesUrl`, on loopback, answering from the shipped fixtures. */
export class OmdbServer {
  /** Every request, in the order in which they came. */
  readonly calls: Call[] = [];
  /** The most requests that were under way at once. */
  mostAtOnce = 0;
  script: Script;
  /** What `moviesUrl` serves. */
  list: unknown = movieList;
  #atOnce = 0;
  readonly #over = new EventEmitter();
  readonly #server = createServer((request, response) => {
    this.#serve(new URL(request.url ?? '/', 'http://localhost'), response);
  });

  constructor(script: Script) {
    this.script = script;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/`;
  }

  get moviesUrl(): string {
    return `${this.origin}/top-250.json`;
  }

  /** The movies that OMDb was asked for, in the order of the calls. */
  get ids(): string[] {
    return this.calls.filter(({ path }) => path === '/').map(({ id }) => id);
  }

  /** Forgets the requests so far. */
  forget(): void {
    this.calls.length = 0;
  }

  /** Resolves as soon as so many requests have come. */
  async received(count: number): Promise<void> {
    while (this.calls.length < count) await once(this.#server, 'request');
  }

  /** Resolves as soon as no request is under way any more: each was answered, or its connection was cut. */
  async idle(): Promise<void> {
    while (this.#atOnce > 0) await once(this.#over, 'over');
  }

  /** Cuts every connection: who waits for an answer gets none. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  close = async (): Promise<void> => {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  };

  async #serve(address: URL, response: ServerResponse): Promise<void> {
    const id = address.searchParams.get('i') ?? '';
    const call: Call = {
      path: address.pathname,
      id,
      apikey: address.searchParams.get('apikey') ?? '',
      at: performance.now(),
      nth: this.calls.length + 1,
      nthOfId: this.calls.filter((earlier) => earlier.id === id).length + 1,
    };
    this.calls.push(call);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    response.once('close', () => {
      this.#atOnce--;
      this.#over.emit('over');
    });
    const {
      status = 200,
      headers,
      delayMs = 0,
      reset,
      hang,
      write,
      body = this.#usual(call),
    } = this.script(call) ?? {};
    if (hang) return;
    if (delayMs > 0) await sleep(delayMs);
    if (write) write(response);
    else if (reset) response.socket?.resetAndDestroy();
    else if (body === undefined) response.writeHead(404, headers).end();
    else {
      const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      response
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        .end(content);
    }
  }

  #usual({ path, id }: Call): unknown {
    if (path === '/') return answers.get(id) ?? unknownId.body;
    return path === '/top-250.json' ? this.list : undefined;
  }
}

/** Starts a server; the caller closes it. */
export function startOmdb(script: Script = () => undefined): Promise<OmdbServer> {
  return new OmdbServer(script).listen();
}

function fixture(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url)), 'utf8');
}
