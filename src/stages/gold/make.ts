import pMap from 'p-map';
import { datasets } from '../../datasets/index.js';
import { Standings } from '../../datasets/standings.js';
import { PipelineError } from '../../errors.js';
import { goldKeys } from '../../keys.js';
import type { Log } from '../../log.js';
import { sha256 } from '../../records/digest.js';
import type { ObjectReference } from '../../records/markers.js';
import type { PartitionDate } from '../../records/run.js';
import type { Body, ObjectReader, PutOutcome } from '../../stores/store.js';
import type { Crew } from './crew.js';
import { ListingPut, type Output } from './listing-put.js';
import { passOver, type ReadSilver } from './pass.js';
import { listings, type Made, totals } from './work.js';

export interface Makers {
  silver: ObjectReader;
  crew: Crew;
  put(key: string, body: Body): Promise<PutOutcome>;
  log: Log;
}

interface Previous {
  date: PartitionDate;
  reference: ObjectReference;
  standings: Standings;
}

/** What all datasets were made of, and what was put. */
export interface MadeDatasets {
  source: ReadSilver;
  previous: Previous | undefined;
  /** In the order of the datasets. */
  outputs: Output[];
}

/**
 * Makes and puts all datasets of a date: the listings while its silver is read, then the totals.
 * @returns undefined when a put met a conflict, or the previous silver changed between two looks at it
 * @throws PipelineError when the date has no silver, or a file that is not silver's; no listing is put then
 */
export async function makeDatasets(
  date: PartitionDate,
  previousDate: PartitionDate | undefined,
  makers: Makers,
): Promise<MadeDatasets | undefined> {
  const { put, log } = makers;
  let written = 0;
  const putAndTell = async (key: string, body: Body) => {
    const outcome = await put(key, body);
    log.progress({ done: ++written, total: datasets.length, noun: 'datasets' });
    return outcome;
  };
  const previous = previousDate === undefined ? undefined : await previousOf(previousDate, makers);
  const listed = await putListings(date, previous, { ...makers, put: putAndTell });
  if (!listed) return undefined;
  const outputs = [...listed.outputs, ...(await putTotals(date, { ...makers, put: putAndTell }))];
  if (outputs.some(({ outcome }) => outcome === 'conflict')) return undefined;
  const places = new Map(datasets.map(({ name }, index) => [name, index]));
  outputs.sort((left, right) => (places.get(left.name) ?? 0) - (places.get(right.name) ?? 0));
  return { source: listed.source, previous, outputs };
}

async function previousOf(date: PartitionDate, { silver, crew }: Makers): Promise<Previous | undefined> {
  const standings = new Standings();
  const source = await passOver(
    date,
    silver,
    crew,
    (key) => ({ make: 'rank', key }),
    ({ ranks }) => {
      for (let index = 0; index < ranks.length; index += 2)
        standings.set(ranks[index] as number, ranks[index + 1] as number);
    },
  );
  return source && { date, reference: source.reference, standings };
}

/** @returns undefined when the previous silver is another one by now */
async function putListings(
  date: PartitionDate,
  previous: Previous | undefined,
  { silver, crew, put }: Makers,
): Promise<{ source: ReadSilver; outputs: Output[] } | undefined> {
  const puts = listings.map((listing) => new ListingPut(listing, goldKeys.dataset(listing.name, date), put));
  const give = async ({ lists }: Made) => {
    await Promise.all(lists.map(({ bytes, rows }, index) => puts[index]?.give(bytes, rows)));
  };
  try {
    const shared = previous && { date: previous.date, standings: previous.standings.shared };
    const source = await passOver(
      date,
      silver,
      crew,
      (key) => ({ make: 'list', key, previous: shared }),
      give,
    );
    if (!source) {
      const hint = `make it first with: movie-etl silver --date ${date}`;
      throw new PipelineError('stop', `${date} has no silver yet`, { hint });
    }
    if (previous && shared && previous.standings.hasMissing(source.rows)) {
      const job = (key: string) => ({ make: 'drop', key, previous: shared, rows: source.rows }) as const;
      const again = await passOver(previous.date, silver, crew, job, give);
      if (again?.reference.sha256 !== previous.reference.sha256) throw new ChangedError();
    }
    return { source, outputs: await Promise.all(puts.map((each) => each.end())) };
  } catch (error) {
    await Promise.all(puts.map((each) => each.fail(error)));
    if (error instanceof ChangedError) return undefined;
    throw error;
  }
}

async function putTotals(date: PartitionDate, { crew, put }: Makers): Promise<Output[]> {
  const tables = await crew.tables();
  // All at once: they are small, and of those that a directory's lock waits for, it is taken once.
  return pMap(totals, async ({ name }, index) => {
    const { text, rows } = tables[index] ?? { text: '', rows: 0 };
    const key = goldKeys.dataset(name, date);
    return { name, key, rows, sha256: sha256(text), outcome: await put(key, text) };
  });
}

/** The previous silver changed between two looks at it. */
class ChangedError extends Error {}
