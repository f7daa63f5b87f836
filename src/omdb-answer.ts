import { duration } from './duration.js';
import { PipelineError } from './errors.js';
import type { HttpAnswer } from './http.js';
import type { OmdbAnswer } from './records/bronze-record.js';
import { cut, decodeJson, RawObject } from './records/decode.js';
import { secondsToNextDay } from './records/run.js';
import type { Redaction } from './redaction.js';

const LONGEST_REASON = 200;

type Answer = Record<string, unknown>;

/** OMDb is not up to it now, and may have said for how long. */
export class BusyError extends PipelineError {
  constructor(
    readonly status: number,
    readonly waitSeconds: number,
  ) {
    super('retry', `OMDb answers ${status}`);
  }
}

/** OMDb refuses a movie by its status. Whether it is the movie or the address, only the next ones tell. */
export class RefusedMovieError extends PipelineError {
  constructor(
    readonly imdbId: string,
    private readonly status: number,
  ) {
    super('retry', `OMDb answers ${status}: is --omdb-url (or OMDB_URL) right?`);
  }

  /** The same of an address that refuses one movie after the other. */
  ofEveryMovie(): PipelineError {
    return new PipelineError('stop', `OMDb answers ${this.status}`, {
      hint: 'check --omdb-url (or OMDB_URL)',
    });
  }
}

/**
 * Gives each answer its verdict (design, section 6). What counts is the status and the JSON: the content type is not
 * looked at, since a mirror that sends plain files has it wrong, and a page in HTML is no JSON object anyway.
 * @throws PipelineError for all but an answer about this movie
 */
export function understand(
  imdbId: string,
  answered: HttpAnswer,
  redact: Redaction,
  now = new Date(),
): OmdbAnswer {
  const { status, body, retryAfterSeconds, redirectOrigin } = answered;
  if (status === 429 || status === 408 || status >= 500) {
    throw new BusyError(status, retryAfterSeconds ?? 0);
  }
  if (status >= 300 && status < 400) {
    const target = redirectOrigin === undefined ? '' : ` to ${redact.shown(redirectOrigin)}`;
    throw new PipelineError('stop', `OMDb answers ${status}, a redirect${target}`, {
      hint: 'redirects are not followed with the key: set --omdb-url (or OMDB_URL) to the address itself',
    });
  }
  if (status === 401) throw unauthorized(body, redact, now);
  if (status >= 400) throw new RefusedMovieError(imdbId, status);
  if (status !== 200) throw new PipelineError('retry', `OMDb answers ${status}`);
  const answer = readAnswer(body, redact);
  if (answer.raw.Response === 'False') return unknownMovie(answer, redact, now);
  if (answer.raw.Response !== 'True') {
    throw new PipelineError('retry', 'OMDb answers without a Response of True or False');
  }
  if (answer.raw.imdbID !== imdbId) throw new PipelineError('retry', 'OMDb answers for another movie');
  return { status: 'enriched', omdb: answer.clean, error: null };
}

/**
 * The answer as it came, to understand it, and without the key, to keep it. Bytes that are no UTF-8 are U+FFFD: asked
 * again, OMDb would send the same ones.
 */
function readAnswer(body: Buffer, redact: Redaction): { raw: Answer; clean: Answer } {
  const raw = objectIn(body);
  if (!raw) throw new PipelineError('retry', 'OMDb answers with no JSON object');
  return { raw, clean: redact.stored(raw) };
}

function objectIn(body: Buffer): Answer | undefined {
  try {
    return decodeJson(RawObject, body, "OMDb's answer");
  } catch (error) {
    if (error instanceof PipelineError) return undefined;
    throw error;
  }
}

/** `Response: "False"`: no such movie, or nothing at all for us. */
function unknownMovie(
  { raw, clean }: { raw: Answer; clean: Answer },
  redact: Redaction,
  now: Date,
): OmdbAnswer {
  const reason = reasonIn(raw);
  const refused = refusal(reason, redact, now);
  if (refused) throw refused;
  const omdb = reason === undefined ? clean : { ...clean, Error: redact.shown(reason) };
  return { status: 'not_found', omdb, error: inOneLine(reason ?? 'no reason given', redact) };
}

function unauthorized(body: Buffer, redact: Redaction, now: Date): PipelineError {
  const reason = reasonIn(objectIn(body));
  if (reason === undefined) return wrongKey('OMDb answers 401');
  return refusal(reason, redact, now) ?? wrongKey(`OMDb refuses the key ("${inOneLine(reason, redact)}")`);
}

function reasonIn(answer: Answer | undefined): string | undefined {
  return typeof answer?.Error === 'string' ? answer.Error : undefined;
}

function refusal(reason: string | undefined, redact: Redaction, now: Date): PipelineError | undefined {
  if (reason === undefined) return undefined;
  const shown = inOneLine(reason, redact);
  if (/limit reached/i.test(reason)) {
    return limitReached(`OMDb's daily limit is reached ("${shown}")`, now);
  }
  return /api key/i.test(reason) ? wrongKey(`OMDb refuses the key ("${shown}")`) : undefined;
}

/** No call succeeds until the next UTC day. */
export function limitReached(message: string, now: Date): PipelineError {
  const hint = `the quota is renewed at midnight UTC, in ${duration(secondsToNextDay(now))}`;
  return new PipelineError('quota', message, { hint });
}

/** For terminals and logs. */
function inOneLine(reason: string, redact: Redaction): string {
  return cut(redact.shown(reason).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), LONGEST_REASON);
}

function wrongKey(message: string): PipelineError {
  return new PipelineError('stop', message, {
    hint: 'set OMDB_API_KEY, or the secret that OMDB_API_KEY_SECRET names, to a valid key; a free one comes from https://www.omdbapi.com/apikey.aspx',
  });
}
