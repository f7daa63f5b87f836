import type { Flags } from '../config.js';
import { InterruptedError, UnfinishedError } from '../errors.js';
import { describeDeadLetter } from '../operations/dead-letters.js';
import { isLeftToFetch } from '../operations/left-to-fetch.js';
import type { PartitionDate } from '../records/run.js';
import {
  type DrainSummary,
  drainQueue,
  type EnrichSummary,
  enrichDate,
  unfinishedOf,
} from '../stages/enrich.js';
import { counted } from '../terminal.js';
import { whatFlags } from './again.js';
import type { Context } from './context.js';
import { eachDate } from './each-date.js';
import { omdbWhenNeeded } from './omdb-when-needed.js';
import { planJson, planText } from './plan-view.js';
import { type Rehearsal, type StageSession, type Would, withStageSession } from './rehearsal.js';

type QueueSession = StageSession<'bronze' | 'queue' | 'omdb'>;
type DateSession = StageSession<'bronze'>;

/** So many dead letters are told one by one. */
const MOST_LETTERS = 10;

export async function run(context: Context, flags: Flags): Promise<void> {
  const isOfDates = [flags.date, flags.from, flags.to].some((date) => date !== undefined);
  if (isOfDates) await withStageSession(context, flags, [], ['bronze'], finishDates, ['omdb']);
  else await withStageSession(context, flags, ['omdb'], ['bronze', 'queue', 'omdb'], workThroughQueue);
}

async function finishDates(session: DateSession): Promise<void> {
  const { settings, services, terminal, rehearsal } = session;
  const { run: runId, giveUp } = settings;
  const { omdb, demandIf, close } = omdbWhenNeeded(session);
  const head = ['enriched', 'not found', 'had record', 'run'];
  const told = (summary: EnrichSummary) => (rehearsal ? wouldEnrich(summary).text : enriched(summary));
  const finish = async (date: PartitionDate) => {
    await demandIf(() => isLeftToFetch(date, services.bronze, runId, giveUp));
    const work = () => enrichDate({ date, runId, giveUp }, { ...services, omdb });
    const summary = await terminal.step(`enrich ${date}`, work, told);
    const again = `movie-etl enrich --date ${date}${runId === undefined ? '' : ` --run ${runId}`}`;
    const row = [summary.enriched, summary.not_found, summary.standing, summary.runId];
    const error = unfinishedOf(summary, again);
    const table = () => enrichTable(session, [summary]);
    return { summary, error, row, table, would: wouldEnrich(summary) };
  };
  try {
    await eachDate(session, { name: 'enrich', head }, finish);
  } finally {
    await close();
  }
}

async function workThroughQueue(session: QueueSession): Promise<void> {
  const { flags, services, terminal, rehearsal } = session;
  const again = ['movie-etl enrich', ...whatFlags(flags)].join(' ');
  const told = (summary: DrainSummary) => drained(summary, rehearsal ? wouldBeEnriched : enriched);
  const { runs, unreadable, smooth } = await terminal
    .step('enrich', () => drainQueue(services), told)
    .catch((error: unknown) => {
      throw error instanceof InterruptedError
        ? new InterruptedError({ hint: `go on with: ${again}` })
        : error;
    });
  const { ready, hidden, dead } = await services.queue.depth({ withoutDead: smooth });
  if (rehearsal) showPlan(session, rehearsal, runs);
  else terminal.result(runs, () => (runs.length === 0 ? '' : enrichTable(session, runs)));
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

/** The calls of a drain belong to all its runs together: one receive brings messages of several. */
function showPlan(
  { services, terminal }: QueueSession,
  rehearsal: Rehearsal,
  runs: readonly EnrichSummary[],
): void {
  const { calls, places } = rehearsal;
  const would = runs.map((run) => ({ date: run.date, ...wouldEnrich(run).facts }));
  const texts = runs.map((run) => `${run.date}: ${wouldBeEnriched(run)}`);
  const text = texts.length === 0 ? 'no message to receive' : texts.join('; ');
  const what = services.queue.uri;
  terminal.result([planJson({ queue: what, would: { runs: would } }, calls, places)], () =>
    planText('from', [{ what: 'queue', text, calls }], rehearsal, terminal),
  );
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
  if (failed.some(({ verdict }) => verdict === 'quota')) parts.push("stopped at OMDb's daily limit");
  else if (failed.length > 0) parts.push(`${counted(failed.length, 'batch')} failed`);
  return parts.join(', ');
}

/** What an enrich would come to: what OMDb will answer is not known. */
export function wouldEnrich(summary: EnrichSummary): Would {
  const { runId, batches, enriched, not_found, given_up, standing } = summary;
  const lookups = enriched + not_found;
  return {
    text: wouldBeEnriched(summary),
    facts: { runId, batches, lookups, given_up, standing },
  };
}

function wouldBeEnriched({ enriched, not_found, given_up, standing }: EnrichSummary): string {
  const parts = [`look up ${counted(enriched + not_found, 'movie')}`];
  if (given_up > 0) parts.push(`give ${given_up} up`);
  if (standing > 0) parts.push(`${standing} have their record`);
  return parts.join(', ');
}

function drained({ runs, unreadable }: DrainSummary, told: (run: EnrichSummary) => string): string {
  const parts = runs.map((run) => `${run.date} ${told(run)}`);
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
