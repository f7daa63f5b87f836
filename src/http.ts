import got, { type Got, HTTPError, RequestError } from 'got';
import { InterruptedError, PipelineError } from './errors.js';
import { networkReason } from './network.js';

/** Time limits of one call, in milliseconds: to connect, to the first byte of the answer, and as a whole. */
const TIMEOUT = { lookup: 5_000, connect: 5_000, secureConnect: 5_000, response: 15_000, request: 30_000 };

export interface HttpAnswer {
  status: number;
  body: Buffer;
  /** Seconds that the server asks to wait (`Retry-After`, RFC 9110 section 10.2.3), if it does. */
  retryAfterSeconds: number | undefined;
  location: string | undefined;
}

/**
 * One GET without retries and without following redirects; every status is an answer.
 * @param maxBytes a longer answer is cut off and is an error
 * @param what names the other side in errors; addresses do not get into them, since they can carry keys
 * @throws PipelineError to retry when there is no answer in time; InterruptedError when a person asked to stop
 */
export async function httpGet(
  url: URL,
  what: string,
  { maxBytes, signal }: { maxBytes: number; signal?: AbortSignal | undefined },
): Promise<HttpAnswer> {
  const request = client(url, { ...(signal ? { signal } : {}) });
  let tooLong = false;
  request.on('downloadProgress', ({ transferred }) => {
    if (transferred <= maxBytes) return;
    tooLong = true;
    request.cancel();
  });
  try {
    const { statusCode, rawBody, headers } = await request;
    return {
      status: statusCode,
      body: Buffer.from(rawBody),
      retryAfterSeconds: retryAfter(headers['retry-after']),
      location: headers.location,
    };
  } catch (error) {
    if (signal?.aborted) throw new InterruptedError();
    if (tooLong) throw new PipelineError('retry', `${what} answers with more than ${maxBytes} bytes`);
    throw new PipelineError('retry', `${what} does not answer: ${reasonOf(error)}`, {
      hint: 'check the network and the address, then run the command again',
    });
  }
}

const client: Got = got.extend({
  retry: { limit: 0 },
  followRedirect: false,
  throwHttpErrors: false,
  timeout: TIMEOUT,
  headers: { 'user-agent': 'movie-etl', accept: 'application/json' },
});

function reasonOf(error: unknown): string {
  if (!(error instanceof RequestError) || error instanceof HTTPError) return 'the call failed';
  return networkReason(error.code) ?? error.code;
}

/** Seconds, or a date: both forms of RFC 9110. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
