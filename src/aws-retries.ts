import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Log } from './log.js';
import { networkReason } from './network.js';

type AnyStrategy = Exclude<NonNullable<S3ClientConfig['retryStrategy']>, { retry: unknown }>;
type RetryToken = Awaited<ReturnType<AnyStrategy['acquireInitialRetryToken']>>;
type RetryErrorInfo = Parameters<AnyStrategy['refreshRetryTokenForRetry']>[1];

const MOST_ATTEMPTS = 8;
/** A host that is not known or does not listen is seldom there a moment later: most often its name is wrong. */
const MOST_ATTEMPTS_TO_CONNECT = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * How calls to AWS are repeated: what was throttled, reset or failed on AWS's side, with growing pauses at random, for
 * some ten seconds in all. The SDK's own strategy gives up within half a second, and its calls share a budget, which a
 * burst of faults uses up for all of them.
 * @param mostAttempts of one call, the first one included
 * @param log is told of each repetition
 */
export function patientRetries(mostAttempts = MOST_ATTEMPTS, log?: Log): AnyStrategy {
  return {
    acquireInitialRetryToken: async () => tokenOf(0, 0),
    refreshRetryTokenForRetry: async (token: RetryToken, info: RetryErrorInfo) => {
      const retry = token.getRetryCount() + 1;
      const most = isUnreachable(info) ? Math.min(mostAttempts, MOST_ATTEMPTS_TO_CONNECT) : mostAttempts;
      if (info.errorType === 'CLIENT_ERROR' || retry >= most) throw new Error('no retry');
      const longest = Math.min(FIRST_PAUSE_MS * 2 ** (retry - 1), LONGEST_PAUSE_MS);
      const pauseMs = Math.round(longest * (0.5 + Math.random() / 2));
      log?.retry({ who: 'AWS', reason: reasonOf(info), seconds: pauseMs / 1000, asked: false });
      return tokenOf(retry, pauseMs);
    },
    recordSuccess: () => {},
  };
}

/** The SDK waits for as many milliseconds before it repeats the call. */
function tokenOf(count: number, delay: number) {
  return { getRetryCount: () => count, getRetryDelay: () => delay, getRetryCost: () => undefined };
}

function isUnreachable({ error }: RetryErrorInfo): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND';
}

/** "AWS SlowDown", "AWS does not answer: the connection was reset". Never a message, which may be long. */
function reasonOf({ error }: RetryErrorInfo): string {
  const { code, name = '' } = (error ?? {}) as { code?: unknown; name?: string };
  const network = networkReason(code) ?? (name === 'TimeoutError' ? 'it takes too long' : undefined);
  if (network !== undefined) return `AWS does not answer: ${network}`;
  return /^[\w.]{1,60}$/.test(name) ? `AWS ${name}` : 'AWS fails';
}
