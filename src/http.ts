import got, { type Got, RequestError } from 'got';
import { InterruptedError, PipelineError } from './errors.js';
import { networkReason } from './network.js';

/** How long one call may take, in milliseconds. */
export interface HttpLimits {
  /** Each step of the connection: looking up the host, TCP, TLS. */
  connectMs: number;
  /** From the request to the head of the answer. */
  answerMs: number;
  /** The whole call, to the last byte of the answer. */
  callMs: number;
}

export const HTTP_LIMITS: HttpLimits = { connectMs: 5_000, answerMs: 15_000, callMs: 30_000 };

export interface HttpOptions {
  /** Of the body, after decompression. */
  maxBytes: number;
  limits?: HttpLimits | undefined;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  body: Buffer;
  /** Seconds that the server asks to wait (`Retry-After`), if it does. */
  retryAfterSeconds: number | undefined;
  /** The origin that a redirect leads to; the rest of its address may repeat ours. */
  redirectOrigin: string | undefined;
}

/**
 * One GET without retries and without following redirects; every status is an answer.
 * @param what names the other side in errors; addresses do not get into them, since they can carry keys
 * @throws PipelineError to retry when there is no whole answer in time, or a longer one (the connection is cut then);
 *   InterruptedError when a person asked to stop
 */
export async function httpGet(
  url: URL,
  what: string,
  { maxBytes, limits = HTTP_LIMITS, signal }: HttpOptions,
): Promise<HttpAnswer> {
  const request = client(url, { timeout: timeoutsOf(limits), ...(signal ? { signal } : {}) });
  let fault: string | undefined;
  const cut = (reason: string) => {
    fault = `${what} ${reason}`;
    request.cancel();
  };
  request.on('downloadProgress', ({ transferred }) => {
    if (transferred > maxBytes) cut(`answers with more than ${maxBytes} bytes`);
  });
  // Node hands the connection over then, and nobody would close it.
  request.on('request', (sent) =>
    sent.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      cut(`answers ${statusCode}`);
    }),
  );
  try {
    const { statusCode, rawBody, headers } = await request;
    return {
      status: statusCode,
      body: Buffer.from(rawBody),
      retryAfterSeconds: retryAfter(headers['retry-after']),
      redirectOrigin: originOf(headers.location, url),
    };
  } catch (error) {
    if (signal?.aborted) throw new InterruptedError();
    // Never with its cause: got's errors hold the address.
    throw new PipelineError('retry', fault ?? `${what} does not answer: ${reasonOf(error)}`, {
      hint: 'check the network and the address, then run the command again',
    });
  }
}

const client: Got = got.extend({
  retry: { limit: 0 },
  followRedirect: false,
  throwHttpErrors: false,
  headers: { 'user-agent': 'movie-etl', accept: 'application/json' },
});

function timeoutsOf({ connectMs, answerMs, callMs }: HttpLimits) {
  const connect = { lookup: connectMs, connect: connectMs, secureConnect: connectMs };
  return { ...connect, response: answerMs, request: callMs };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof RequestError)) return 'the call failed';
  if (/^(HPE|Z|ERR_)_/.test(error.code)) return `its answer cannot be read (${error.code})`;
  return networkReason(error.code) ?? error.code;
}

/**
 * `Retry-After` in seconds (RFC 9110, section 10.2.3): a number of them, or a date in one of the three formats of
 * section 5.6.7, all of them UTC. What is neither says nothing.
 */
export function retryAfter(header: string | undefined, now: Date = new Date()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now.getTime()) / 1000);
}

function originOf(location: string | undefined, base: URL): string | undefined {
  return location !== undefined && URL.canParse(location, base.href)
    ? new URL(location, base).origin
    : undefined;
}
