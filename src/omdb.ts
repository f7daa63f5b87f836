import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import pThrottle from 'p-throttle';
import { InterruptedError, PipelineError } from './errors.js';
import { HTTP_LIMITS, type HttpLimits, httpGet } from './http.js';
import type { Log } from './log.js';
import { BusyError, limitReached, RefusedMovieError, understand } from './omdb-answer.js';
import type { OmdbAnswer } from './records/bronze-record.js';
import { type PartitionDate, partitionDate } from './records/run.js';
import { redaction } from './redaction.js';

/** A real answer has one to three kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const RETRIES = 4;
/** So many movies are refused in a row before it is the address, not the movies. */
const REFUSED_MOVIES = 3;

/** How long a lookup may take, in milliseconds. */
export interface OmdbLimits extends HttpLimits {
  /**
   * From its first call on, with every further call and wait, so that a movie that hangs holds up no other for long.
   * What would take longer fails at once; the message comes back.
   */
  lookupMs: number;
  /** The pause before the second call; each further one is twice as long, and all of them up to twice that at random. */
  pauseMs: number;
}

/** What commands and functions wait for at most. */
export const OMDB_LIMITS: OmdbLimits = { ...HTTP_LIMITS, lookupMs: 60_000, pauseMs: 250 };

/** Where OMDb is, and how much of it is asked for at once. */
export interface OmdbOptions {
  url: URL;
  apiKey: string;
  /** Calls under way at once. */
  concurrency: number;
  /** Calls a second at most; undefined is without a limit. */
  rate: number | undefined;
  limits?: OmdbLimits | undefined;
  signal?: AbortSignal | undefined;
  now?: () => Date;
  /** Is told of each call that is made again. */
  log?: Log | undefined;
}

/**
 * OMDb over HTTP (https://www.omdbapi.com). Calls are limited in number and rate; what may succeed later is retried
 * with growing pauses. Once the quota is used up, no further call is made until the next UTC day. The key stays out of
 * every error and every answer.
 */
export function omdbSource(options: OmdbOptions) {
  const { url, apiKey, concurrency, rate, limits = OMDB_LIMITS, signal, log } = options;
  const { now = () => new Date() } = options;
  const limit = pLimit(concurrency);
  const redact = redaction([apiKey]);
  const refusals = refusalMemory(now);

  /** Checked at the last moment: a call that waited for its turn is not made after a refusal, nor too late. */
  const call = async (imdbId: string, patience: Patience) => {
    refusals.throwIfAny();
    const callMs = Math.min(limits.callMs, patience.leftMs());
    if (callMs === 0) throw new PipelineError('retry', `OMDb has not answered in ${limits.lookupMs} ms`);
    const address = addressOf(url, apiKey, imdbId);
    return httpGet(address, 'OMDb', { maxBytes: MAX_ANSWER_BYTES, limits: { ...limits, callMs }, signal });
  };
  const paced = rate === undefined ? call : pacing(rate, signal)(call);

  const ask = async (imdbId: string, patience: Patience): Promise<OmdbAnswer> => {
    if (signal?.aborted) throw new InterruptedError();
    refusals.throwIfAny();
    try {
      const answer = understand(imdbId, await paced(imdbId, patience), redact, now());
      refusals.answered();
      return answer;
    } catch (error) {
      refusals.note(error);
      // The last of several refused movies says what they have in common: no other may be asked for after it.
      if (error instanceof RefusedMovieError) refusals.throwIfAny();
      throw error;
    }
  };

  const askAgain = (imdbId: string, patience = patienceOf(limits.lookupMs)) =>
    pRetry(() => ask(imdbId, patience), {
      retries: RETRIES,
      minTimeout: 0,
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        const mayHelp =
          error instanceof PipelineError &&
          error.verdict === 'retry' &&
          !(error instanceof RefusedMovieError) &&
          !signal?.aborted;
        const { pauseMs, asked } = pauseAfter(error, attemptNumber, limits);
        if (!mayHelp || retriesLeft === 0 || pauseMs >= patience.leftMs()) throw error;
        const reason = error instanceof BusyError ? `OMDb ${error.status}` : error.message;
        log?.retry({ who: 'OMDb', reason, seconds: pauseMs / 1000, asked });
        await sleep(pauseMs, undefined, signal ? { signal } : {});
      },
    }).catch((error: unknown) => {
      throw signal?.aborted ? new InterruptedError() : error;
    });

  return {
    /** @throws PipelineError whose verdict says whether asking again can help */
    lookup: (imdbId: string): Promise<OmdbAnswer> => limit(() => askAgain(imdbId)),
  };
}

type Patience = ReturnType<typeof patienceOf>;

/** Runs from the first time that it is asked for: a first call that waits for its turn loses nothing. */
function patienceOf(lookupMs: number) {
  let end: number | undefined;
  return {
    leftMs: () => {
      end ??= performance.now() + lookupMs;
      return Math.max(0, end - performance.now());
    },
  };
}

/** What OMDb asked for, unless our own pause is longer. */
function pauseAfter(error: unknown, attempt: number, limits: OmdbLimits) {
  const own = limits.pauseMs * 2 ** (attempt - 1) * (1 + Math.random());
  const wanted = error instanceof BusyError ? error.waitSeconds * 1000 : 0;
  return wanted > own ? { pauseMs: wanted, asked: true } : { pauseMs: own, asked: false };
}

/** Remembers that OMDb refused: a used-up quota until the next UTC day, anything else for good. */
function refusalMemory(now: () => Date) {
  let refusal: { error: PipelineError; day: PartitionDate } | undefined;
  const standing = (): PipelineError | undefined => {
    const renewed = refusal?.error.verdict === 'quota' && refusal.day !== partitionDate(now());
    return renewed ? undefined : refusal?.error;
  };
  const refused = new Set<string>();
  return {
    answered: () => refused.clear(),
    note: (error: unknown) => {
      if (error instanceof RefusedMovieError && refused.add(error.imdbId).size >= REFUSED_MOVIES) {
        refusal = { error: error.ofEveryMovie(), day: partitionDate(now()) };
      }
      if (!(error instanceof PipelineError) || error.verdict === 'retry') return;
      refusal = { error: standing() ?? error, day: partitionDate(now()) };
    },
    throwIfAny: () => {
      const error = standing();
      // Made anew: it says how long the quota has still to wait.
      if (error?.verdict === 'quota') throw limitReached(error.message, now());
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

function addressOf(url: URL, apiKey: string, imdbId: string): URL {
  const address = new URL(url);
  address.searchParams.set('i', imdbId);
  address.searchParams.set('apikey', apiKey);
  return address;
}
