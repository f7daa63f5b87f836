import type { Flags } from '../config.js';
import { InterruptedError, UnfinishedError } from '../errors.js';
import {
  type DrainSummary,
  drainQueue,
  type EnrichSummary,
  enrichDate,
  unfinishedOf,
} from '../stages/enrich.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate, type Session, withSession } from './session.js';

type EnrichSession = Session<'bronze' | 'queue' | 'omdb'>;

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, ['omdb'], ['bronze', 'queue', 'omdb'], async (session) => {
    await (session.settings.dates ? finishDates(session) : workThroughQueue(session));
  });
}

async function finishDates(session: EnrichSession): Promise<void> {
  const { settings, services, terminal } = session;
  const head = ['enriched', 'not found', 'had record', 'run'];
  await eachDate(session, { name: 'enrich', head }, async (date) => {
    const work = () => enrichDate({ date, runId: settings.run }, services);
    const summary = await terminal.step(`enrich ${date}`, work, enriched);
    const error = unfinishedOf(summary, `movie-etl enrich --date ${date}`);
    const row = [summary.enriched, summary.not_found, summary.standing, summary.runId];
    return { summary, error, row, table: () => enrichTable(session, [summary]) };
  });
}

async function workThroughQueue(session: EnrichSession): Promise<void> {
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
  const errors = runs.flatMap((run) => unfinishedOf(run, `movie-etl enrich --date ${run.date}`) ?? []);
  if (errors.length === 0 && (unreadable.length > 0 || ready + hidden > 0)) {
    const left = `${services.queue.uri} has ${counted(ready + hidden, 'message')} left: put off, or in other hands`;
    errors.push(new UnfinishedError('retry', left, { hint: `go on later with: ${again}` }));
  }
  if (dead > 0) {
    const letters = `${counted(dead, 'message')} in the dead-letter queue of ${services.queue.uri}`;
    errors.push(
      new UnfinishedError('retry', letters, {
        hint: 'bring them back with: movie-etl redrive, or finish their dates with: movie-etl enrich --date DATE',
      }),
    );
  }
  const last = errors.pop();
  for (const error of errors) terminal.error(error);
  if (last) throw last;
}

/** What an enrich came to, in a line. */
export function enriched(summary: EnrichSummary): string {
  const { enriched, not_found, standing, failed } = summary;
  const parts = [`${enriched} enriched`, `${not_found} not found`];
  if (standing > 0) parts.push(`${standing} had their record`);
  if (failed.length > 0) parts.push(`${counted(failed.length, 'batch')} failed`);
  return parts.join(', ');
}

function drained({ runs }: DrainSummary): string {
  if (runs.length === 0) return 'no message to receive';
  return runs.map((run) => `${run.date} ${enriched(run)}`).join('; ');
}

function enrichTable({ terminal }: EnrichSession, runs: readonly EnrichSummary[]): string {
  const rows = runs.map(({ date, runId, enriched, not_found, standing, complete }) => {
    return [date, enriched, not_found, standing, complete ? 'complete' : 'not complete', runId];
  });
  return terminal.table(['date', 'enriched', 'not found', 'had record', 'state', 'run'], rows);
}
