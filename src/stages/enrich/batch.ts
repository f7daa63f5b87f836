import {
  DecodeError,
  InterruptedError,
  messageOf,
  PipelineError,
  throwIfInterrupted,
  type Verdict,
} from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import type { Log } from '../../log.js';
import type { BronzeRecord, OmdbAnswer, Status } from '../../records/bronze-record.js';
import { encodeJson, VERSION } from '../../records/decode.js';
import type { BatchError } from '../../records/markers.js';
import type { Message } from '../../records/message.js';
import type { ListItem } from '../../records/movie-list.js';
import type { RunReference } from '../../records/run.js';
import type { ObjectLister, ObjectReader, ObjectWriter } from '../../stores/store.js';
import { completeBatch } from './completion.js';
import { type Lanes, lanesOf } from './lanes.js';
import { once } from './once.js';

/** What movies are enriched with. */
export interface EnrichServices {
  bronze: ObjectReader & ObjectLister & ObjectWriter;
  omdb: {
    /** @throws PipelineError whose verdict says whether asking again can help */
    lookup(imdbId: string): Promise<OmdbAnswer>;
  };
  now: () => Date;
  log: Log;
  /** How many movies may be looked up at once. */
  concurrency: number;
  signal?: AbortSignal | undefined;
  /**
   * The same object for all who work together: they share the lookups, and what one of them has published, the others
   * need not look at again.
   */
  together?: object | undefined;
  /** Called whenever a movie has its record. */
  onMovie?: (() => void) | undefined;
}

/** What happened to the movies of one batch. */
export interface BatchSummary {
  enriched: number;
  not_found: number;
  /** Their record stood already; they were not fetched again. */
  standing: number;
  /** This batch was the run's last: `_SUCCESS` stands now for the run. */
  published: boolean;
}

/** Movies of a batch that have no record, and why. */
type Failures = readonly [MovieFailure, ...MovieFailure[]];
interface MovieFailure {
  imdbId: string;
  error: PipelineError;
}

/** A batch has movies without a record. Verdict and message are those of the worst failure in it. */
export class BatchFailedError extends PipelineError {
  /** The movie of the worst failure. */
  readonly imdbId: string;
  /** Every movie that failed, the worst first. */
  readonly imdbIds: readonly string[];

  /** @param rest what happened to the other movies of the batch */
  constructor(
    failures: Failures,
    readonly rest: BatchSummary,
  ) {
    const [{ imdbId, error }] = failures;
    super(error.verdict, error.message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
    this.name = 'BatchFailedError';
    this.imdbId = imdbId;
    this.imdbIds = failures.map((failure) => failure.imdbId);
  }
}

/**
 * Enriches one batch: each movie without a record is looked up and recorded, then the batch is marked as done and
 * the run published when it was the last. Everything may be repeated: records and markers are put if absent.
 * @param attempt how often the batch was tried, this time included
 * @throws BatchFailedError after the batch's other movies are recorded; `_errors/` then says why
 * @throws DecodeError when there is no such run; nothing is written then
 */
export async function enrichBatch(
  message: Message,
  services: EnrichServices,
  attempt = 1,
): Promise<BatchSummary> {
  const { run, batch } = message;
  await requireManifest(run, services);
  try {
    const summary = await enrichMovies(message, services);
    return { ...summary, published: await completeBatch(run, batch, services) };
  } catch (error) {
    if (error instanceof PipelineError && !(error instanceof InterruptedError))
      await storeFailure(message, error, attempt, services);
    throw error;
  }
}

const manifestOnce = once<void>();

/** The records of a run that nobody began would make it the newest of its date, one that never can be finished. */
function requireManifest({ id, date }: RunReference, { bronze }: EnrichServices): Promise<void> {
  const key = bronzeKeys.manifest(date, id);
  return manifestOnce(bronze, key, async () => {
    if (await bronze.head(key)) return;
    throw new DecodeError(`message of run ${id} of ${date}: the run has no manifest`, {
      hint: `its bronze is gone or another one: start a new run with: movie-etl extract --date ${date}`,
    });
  });
}

async function enrichMovies({ run, movies }: Message, services: EnrichServices): Promise<BatchSummary> {
  const summary: BatchSummary = { enriched: 0, not_found: 0, standing: 0, published: false };
  const failures: MovieFailure[] = [];
  const lanes = lanesOf(services);
  let ended: { error: unknown } | undefined;
  const enrichOne = async (movie: ListItem) => {
    if (ended) return;
    try {
      summary[await enrichMovie(run, movie, services, lanes)]++;
      services.onMovie?.();
    } catch (error) {
      if (!(error instanceof PipelineError) || error instanceof InterruptedError) ended ??= { error };
      else failures.push({ imdbId: movie.id, error });
    }
  };
  await Promise.all(movies.map((movie) => lanes.movie(() => enrichOne(movie))));
  // Only now: what was in flight has its record, and is counted.
  if (ended) throw ended.error;
  const [worst, ...others] = failures.sort((a, b) => SEVERITY[b.error.verdict] - SEVERITY[a.error.verdict]);
  if (worst) throw new BatchFailedError([worst, ...others], summary);
  return summary;
}

const SEVERITY: Record<Verdict, number> = { answer: 0, retry: 1, quota: 2, stop: 3 };

/** Looks a movie up unless its record stands. The record is put if absent: the first one stays. */
async function enrichMovie(
  run: RunReference,
  movie: ListItem,
  { bronze, omdb, now, signal }: EnrichServices,
  lanes: Lanes,
): Promise<Exclude<Status, 'failed'> | 'standing'> {
  throwIfInterrupted(signal);
  const key = bronzeKeys.record(run.date, run.id, movie.id);
  if (await bronze.head(key)) return 'standing';
  const { omdb: answer, status, error } = await lanes.lookup(() => omdb.lookup(movie.id));
  const record: BronzeRecord = {
    version: VERSION,
    runId: run.id,
    date: run.date,
    movie,
    omdb: answer,
    status,
    error,
    fetchedAt: now().toISOString(),
  };
  await bronze.put(key, encodeJson(record), { ifAbsent: true });
  return status;
}

/** Best effort: what the caller learns is the failure itself, also when this cannot be written. */
async function storeFailure(
  { run, batch }: Message,
  failure: PipelineError,
  attempt: number,
  { bronze, now, log }: EnrichServices,
): Promise<void> {
  const { verdict, message } = failure;
  const imdbId = failure instanceof BatchFailedError ? failure.imdbId : null;
  const entry: BatchError = { version: VERSION, verdict, message, imdbId, attempt, at: now().toISOString() };
  try {
    await bronze.put(bronzeKeys.error(run.date, run.id, batch), encodeJson(entry));
  } catch (unwritten) {
    log.debug(`the error of batch ${batch} could not be stored: ${messageOf(unwritten)}`);
  }
}
