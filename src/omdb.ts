import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import pThrottle from 'p-throttle';
import { InterruptedError, PipelineError } from './errors.js';
import { type HttpAnswer, httpGet } from './http.js';
import type { OmdbAnswer } from './records/bronze-record.js';
import { decodeJson, RawObject } from './records/decode.js';
import { type PartitionDate, partitionDate } from './records/run.js';

const MAX_ANSWER_BYTES = 1024 * 1024;
const RETRIES = 4;
const FIRST_RETRY_MS = 250;
const LONGEST_WAIT_SECONDS = 60;

export interface OmdbOptions {
  url: URL;
  apiKey: string;
  /** Calls under way at once. */
  concurrency: number;
  /** Calls a second at most; undefined is without a limit. */
  rate: number | undefined;
  signal?: AbortSignal | undefined;
  now?: () => Date;
}

/** OMDb asked us to wait. */
class BusyError extends PipelineError {
  constructor(
    message: string,
    readonly waitSeconds: number,
  ) {
    super('retry', message);
  }
}

/**
 * OMDb over HTTP (https://www.omdbapi.com). Calls are limited in number and rate; what may succeed later is retried
 * with growing pauses. Once the quota is used up, no further call is made until the next UTC day. The key stays out of
 * every error.
 */
export function omdbSource(options: OmdbOptions) {
  const { url, apiKey, concurrency, rate, signal, now = () => new Date() } = options;
  const limit = pLimit(concurrency);
  const redact = redacting(apiKey);
  const refusals = refusalMemory(now);

  /** Checked at the last moment: a call that waited for its turn is not made after a refusal. */
  const call = async (imdbId: string) => {
    refusals.throwIfAny();
    const address = addressOf(url, apiKey, imdbId);
    return httpGet(address, 'OMDb', { maxBytes: MAX_ANSWER_BYTES, signal });
  };
  const paced = rate === undefined ? call : pacing(rate, signal)(call);

  const ask = async (imdbId: string): Promise<OmdbAnswer> => {
    if (signal?.aborted) throw new InterruptedError();
    refusals.throwIfAny();
    try {
      return understand(imdbId, await paced(imdbId), redact);
    } catch (error) {
      refusals.note(error);
      throw error;
    }
  };

  const askAgain = (imdbId: string) =>
    pRetry(() => ask(imdbId), {
      retries: RETRIES,
      minTimeout: FIRST_RETRY_MS,
      randomize: true,
      shouldRetry: ({ error }) =>
        error instanceof PipelineError && error.verdict === 'retry' && !signal?.aborted,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (!(error instanceof BusyError) || retriesLeft === 0) return;
        if (error.waitSeconds > LONGEST_WAIT_SECONDS) throw error;
        await sleep(error.waitSeconds * 1000, undefined, signal ? { signal } : {});
      },
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => {
      throw signal?.aborted ? new InterruptedError() : error;
    });

  return {
    /** @throws PipelineError whose verdict says whether asking again can help */
    lookup: (imdbId: string): Promise<OmdbAnswer> => limit(() => askAgain(imdbId)),
  };
}

/** Remembers that OMDb refused: a used-up quota until the next UTC day, anything else for good. */
function refusalMemory(now: () => Date) {
  let refusal: { error: PipelineError; day: PartitionDate } | undefined;
  const standing = (): PipelineError | undefined => {
    const renewed = refusal?.error.verdict === 'quota' && refusal.day !== partitionDate(now());
    return renewed ? undefined : refusal?.error;
  };
  return {
    note: (error: unknown) => {
      if (!(error instanceof PipelineError) || error.verdict === 'retry') return;
      refusal = { error: standing() ?? error, day: partitionDate(now()) };
    },
    throwIfAny: () => {
      const error = standing();
      if (error) throw error;
    },
  };
}

/** Spreads calls evenly: a burst at each full second would exceed the rate around it. */
function pacing(rate: number, signal: AbortSignal | undefined) {
  const options = { limit: 1, interval: Math.ceil(1000 / rate) };
  // A signal that is aborted already is refused here; `ask` looks at it before each call.
  return pThrottle(signal && !signal.aborted ? { ...options, signal } : options);
}

/** Blots the key out of what a server says, should it repeat it. A word that merely contains it stays. */
function redacting(apiKey: string): (text: string) => string {
  const key = new RegExp(`(?<![A-Za-z0-9])${apiKey.replace(/[^A-Za-z0-9]/g, '\\$&')}(?![A-Za-z0-9])`, 'g');
  return (text) => (apiKey === '' ? text : text.replace(key, '***'));
}

function addressOf(url: URL, apiKey: string, imdbId: string): URL {
  const address = new URL(url);
  address.searchParams.set('i', imdbId);
  address.searchParams.set('apikey', apiKey);
  return address;
}

type Redact = (text: string) => string;

/** Gives each answer its verdict (design, section 6). */
function understand(imdbId: string, answered: HttpAnswer, redact: Redact): OmdbAnswer {
  const { status, body, retryAfterSeconds, location } = answered;
  if (status === 429 || status === 408 || status >= 500) {
    throw new BusyError(`OMDb answers ${status}`, retryAfterSeconds ?? 0);
  }
  if (status >= 300 && status < 400) {
    const target = location && URL.canParse(location) ? ` to ${new URL(location).origin}` : '';
    throw new PipelineError('stop', `OMDb answers ${status}, a redirect${redact(target)}`, {
      hint: 'redirects are not followed with the key: set --omdb-url (or OMDB_URL) to the address itself',
    });
  }
  if (status !== 200 && status !== 401) {
    throw new PipelineError('stop', `OMDb answers ${status}`, { hint: 'check --omdb-url (or OMDB_URL)' });
  }
  const answer = readAnswer(body, status);
  if (answer.Response === 'False') return refusal(answer, status, redact);
  if (status === 401) throw wrongKey('OMDb answers 401');
  if (answer.Response !== 'True') throw new PipelineError('retry', 'OMDb answers without a Response field');
  if (answer.imdbID !== imdbId) throw new PipelineError('retry', 'OMDb answers for another movie');
  return { status: 'enriched', omdb: answer, error: null };
}

function readAnswer(body: Buffer, status: number): Record<string, unknown> {
  try {
    return decodeJson(RawObject, body, "OMDb's answer");
  } catch (error) {
    if (status === 401) throw wrongKey('OMDb answers 401');
    if (error instanceof PipelineError) throw new PipelineError('retry', 'OMDb answers with no JSON object');
    throw error;
  }
}

/** `Response: "False"`: no such movie, or nothing at all for us. */
function refusal(answer: Record<string, unknown>, status: number, redact: Redact): OmdbAnswer {
  const reason = redact(String(answer.Error ?? 'no reason given'));
  if (/limit reached/i.test(reason)) {
    throw new PipelineError('quota', `OMDb's daily limit is reached ("${reason}")`);
  }
  if (status === 401 || /api key/i.test(reason)) throw wrongKey(`OMDb refuses the key ("${reason}")`);
  return {
    status: 'not_found',
    omdb: 'Error' in answer ? { ...answer, Error: reason } : answer,
    error: reason,
  };
}

function wrongKey(message: string): PipelineError {
  return new PipelineError('stop', message, {
    hint: 'set OMDB_API_KEY, or the secret that OMDB_API_KEY_SECRET names, to a valid key; a free one comes from https://www.omdbapi.com/apikey.aspx',
  });
}
