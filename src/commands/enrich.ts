import type { Flags } from '../config.js';
import { InterruptedError, UnfinishedError } from '../errors.js';
import { describeDeadLetter } from '../operations/dead-letters.js';
import {
  type DrainSummary,
  drainQueue,
  type EnrichSummary,
  enrichDate,
  unfinishedOf,
} from '../stages/enrich.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { omdbWhenNeeded } from './omdb-when-needed.js';
import { eachDate, type Session, withSession } from './session.js';

type QueueSession = Session<'bronze' | 'queue' | 'omdb'>;
type DateSession = Session<'bronze' | 'omdb'>;

/** So many dead letters are told one by one. */
const MOST_LETTERS = 10;

export async function run(context: Context, flags: Flags): Promise<void> {
  if (flags.giveUp !== undefined) return giveUp(context, flags);
  await withSession(context, flags, ['omdb'], ['bronze', 'queue', 'omdb'], async (session) => {
    await (session.settings.dates ? finishDates(session) : workThroughQueue(session));
  });
}

/** Needs OMDb, and its key, only when the run has other movies that are to be looked up. */
async function giveUp(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['bronze'], async (session) => {
    const { omdb, close } = omdbWhenNeeded(session, flags);
    try {
      await finishDates({ ...session, services: { ...session.services, omdb } });
    } finally {
      await close();
    }
  });
}

async function finishDates(session: DateSession): Promise<void> {
  const { settings, services, terminal } = session;
  const { run: runId, giveUp } = settings;
  const head = ['enriched', 'not found', 'had record', 'run'];
  await eachDate(session, { name: 'enrich', head }, async (date) => {
    const work = () => enrichDate({ date, runId, giveUp }, services);
    const summary = await terminal.step(`enrich ${date}`, work, enriched);
    const again = `movie-etl enrich --date ${date}${runId === undefined ? '' : ` --run ${runId}`}`;
    const row = [summary.enriched, summary.not_found, summary.standing, summary.runId];
    const error = unfinishedOf(summary, again);
    return { summary, error, row, table: () => enrichTable(session, [summary]) };
  });
}

async function workThroughQueue(session: QueueSession): Promise<void> {
  const { services, terminal } = session;
  const again = 'movie-etl enrich';
  const { runs, unreadable } = await terminal
    .step('enrich', () => drainQueue(services), drained)
    .catch((error: unknown) => {
      throw error instanceof InterruptedError
        ? new InterruptedError({ hint: `go on with: ${again}` })
        : error;
    });
  terminal.result(runs, () => (runs.length === 0 ? '' : enrichTable(session, runs)));
  const { ready, hidden, dead } = await services.queue.depth();
  const errors = runs.flatMap(
    (run) => unfinishedOf(run, `movie-etl enrich --date ${run.date} --run ${run.runId}`) ?? [],
  );
  if (errors.length === 0 && (unreadable.length > 0 || ready + hidden > 0)) {
    const left = `${services.queue.uri} has ${counted(ready + hidden, 'message')} left: put off, or in other hands`;
    errors.push(new UnfinishedError('retry', left, { hint: `go on later with: ${again}` }));
  }
  if (dead > 0) errors.push(await deadLetters(session, dead));
  const last = errors.pop();
  for (const error of errors) terminal.error(error);
  if (last) throw last;
}

/** The error that stands for them. Where they can be looked at, each is told. */
async function deadLetters({ services, terminal }: QueueSession, dead: number): Promise<UnfinishedError> {
  const { queue, bronze } = services;
  const letters = await queue.deadLetters?.(MOST_LETTERS);
  for (const letter of letters ?? []) {
    terminal.warn(`dead letter: ${await describeDeadLetter(letter, bronze)}`);
  }
  const where = letters ? '' : `; _errors/ of their runs in ${bronze.uri} says why they failed`;
  return new UnfinishedError(
    'retry',
    `${counted(dead, 'message')} in the dead-letter queue of ${queue.uri}`,
    {
      hint: `bring them back with: movie-etl redrive, or finish their dates with: movie-etl enrich --date DATE${where}`,
    },
  );
}

/** What an enrich came to, in a line. */
export function enriched(summary: EnrichSummary): string {
  const { enriched, not_found, given_up, standing, failed } = summary;
  const parts = [`${enriched} enriched`, `${not_found} not found`];
  if (given_up > 0) parts.push(`${given_up} given up`);
  if (standing > 0) parts.push(`${standing} had their record`);
  if (failed.length > 0) parts.push(`${counted(failed.length, 'batch')} failed`);
  return parts.join(', ');
}

function drained({ runs, unreadable }: DrainSummary): string {
  const parts = runs.map((run) => `${run.date} ${enriched(run)}`);
  if (unreadable.length > 0) parts.push(`${counted(unreadable.length, 'message')} unreadable`);
  return parts.length === 0 ? 'no message to receive' : parts.join('; ');
}

function enrichTable({ terminal }: DateSession, runs: readonly EnrichSummary[]): string {
  const closes = runs.some(({ given_up }) => given_up > 0);
  const rows = runs.map(({ date, runId, enriched, not_found, given_up, standing, complete }) => {
    const state = complete ? 'complete' : 'not complete';
    return [date, enriched, not_found, ...(closes ? [given_up] : []), standing, state, runId];
  });
  const head = [
    'date',
    'enriched',
    'not found',
    ...(closes ? ['given up'] : []),
    'had record',
    'state',
    'run',
  ];
  return terminal.table(head, rows);
}
