import { DecodeError } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { BronzeRecord, type OmdbAnswer, RECORD_LIMITS } from '../../records/bronze-record.js';
import { decodeJson } from '../../records/decode.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { readSuccess } from '../../records/runs.js';
import type { ObjectReader } from '../../stores/store.js';

/** As long as an answer of OMDb usually is, so that files get about as large as they will be. */
const FACTS = {
  Year: '2000',
  Rated: 'R',
  Released: '01 Jan 2000',
  Runtime: '120 min',
  Genre: 'Drama',
  Plot: 'What OMDb says of this movie is not known yet, and this stands in its place. '.repeat(2),
  Awards: 'N/A',
  Ratings: [{ Source: 'Internet Movie Database', Value: '8.0/10' }],
};

/**
 * An OMDb that nobody asks: it answers for each movie what the date's published run has of it, so that a rehearsal
 * tells what happens while OMDb still says the same; where there is nothing, it knows every movie.
 * @param calls are counted up as OMDb would count them
 * @param dateOf which date is being worked on
 */
export function rehearsalOmdb(
  bronze: ObjectReader,
  calls: { omdb: number },
  dateOf: () => PartitionDate | undefined,
): { lookup(imdbId: string): Promise<OmdbAnswer> } {
  const published = new Map<PartitionDate, Promise<RunId | undefined>>();
  const publishedOf = (date: PartitionDate) => {
    const run = published.get(date) ?? runOf(bronze, date);
    published.set(date, run);
    return run;
  };
  return {
    lookup: async (imdbId) => {
      calls.omdb++;
      const date = dateOf();
      const run = date === undefined ? undefined : await publishedOf(date);
      const known = date && run && (await answerIn(bronze, bronzeKeys.record(date, run, imdbId)));
      return known || { status: 'enriched', omdb: madeUp(imdbId), error: null };
    },
  };
}

function madeUp(imdbID: string): OmdbAnswer['omdb'] {
  return { ...FACTS, Title: `The title of ${imdbID}`, imdbID, Response: 'True' };
}

async function runOf(bronze: ObjectReader, date: PartitionDate): Promise<RunId | undefined> {
  return unlessUnreadable(async () => (await readSuccess(bronze, date))?.success.runId);
}

async function answerIn(bronze: ObjectReader, key: string): Promise<OmdbAnswer | undefined> {
  const found = await bronze.get(key);
  if (!found) return undefined;
  return unlessUnreadable(async () => {
    const { status, omdb, error } = decodeJson(BronzeRecord, found.body, `record ${key}`, RECORD_LIMITS);
    return status === 'failed' || omdb === null ? undefined : { status, omdb, error };
  });
}

async function unlessUnreadable<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
