import type { Flags } from '../config.js';
import { type PipelineError, throwIfInterrupted } from '../errors.js';
import { type Plan, planOf, type Reprocess } from '../operations/reprocess.js';
import { standingFor } from '../operations/standing.js';
import { stateOf } from '../operations/state.js';
import type { PartitionDate } from '../records/run.js';
import { drainQueue, type EnrichSummary, enrichDate, unfinishedOf } from '../stages/enrich.js';
import type { ExtractSummary } from '../stages/extract.js';
import type { GoldSummary } from '../stages/gold.js';
import type { SilverSummary } from '../stages/silver.js';
import type { Context } from './context.js';
import { enriched } from './enrich.js';
import { extractDate } from './extract.js';
import { goldDate } from './gold.js';
import { eachDate, type Session, withSession } from './session.js';
import { silverDate } from './silver.js';

type RunSession = Session<'bronze' | 'silver' | 'gold' | 'queue' | 'movies' | 'omdb'>;

/** What `--json` prints for a date. A stage that was not needed is left out. */
interface RunSummary {
  date: PartitionDate;
  /** `skipped`: nothing had to be done. */
  status: 'done' | 'skipped' | 'not complete';
  extract?: ExtractSummary;
  enrich?: EnrichSummary;
  silver?: SilverSummary;
  gold?: GoldSummary;
}

export async function run(context: Context, flags: Flags): Promise<void> {
  const adapters = ['bronze', 'silver', 'gold', 'queue', 'movies', 'omdb'] as const;
  await withSession(context, flags, ['movies', 'omdb'], adapters, (session) =>
    eachDate(session, { name: 'run-all', head: ['rows', 'quarantined', 'datasets', 'run'] }, async (date) => {
      const { services, terminal } = session;
      const plan = planOf(await stateOf(date, services), flags.reprocess as Reprocess);
      if (!plan) terminal.info(`${date} is left as it is (--reprocess all starts a new run)`);
      const summary: RunSummary = { date, status: plan ? 'done' : 'skipped' };
      const error = plan && (await carryOut(plan, summary, session));
      if (error) summary.status = 'not complete';
      const standing = await standingFor(date, services);
      return {
        summary,
        error,
        row: [standing.rows, standing.quarantined, standing.datasets, standing.runId ?? ''],
        table: () => (error ? '' : terminal.table(['rows', 'where'], standing.written)),
      };
    }),
  );
}

/** Does what the plan says, stage by stage. @returns the error when the run could not be completed */
async function carryOut(
  plan: Plan,
  summary: RunSummary,
  session: RunSession,
): Promise<PipelineError | undefined> {
  const { services, terminal } = session;
  const { date } = summary;
  if (plan.bronze === 'new') summary.extract = await extractDate(date, session);
  if (plan.bronze !== 'keep') {
    summary.enrich = await terminal.step(`enrich ${date}`, () => enrichThroughQueue(date, session), enriched);
    const error = unfinishedOf(summary.enrich, `movie-etl run-all --date ${date}`);
    if (error) return error;
  }
  throwIfInterrupted(services.signal);
  if (plan.silver) summary.silver = await silverDate(date, session);
  throwIfInterrupted(services.signal);
  summary.gold = await goldDate(date, session);
  return undefined;
}

/** Through the queue, as the cloud does; then what is left, straight from the manifest. */
async function enrichThroughQueue(date: PartitionDate, { services }: RunSession): Promise<EnrichSummary> {
  const { runs } = await drainQueue(services);
  const rest = await enrichDate({ date }, services);
  const drained = runs.find(({ runId }) => runId === rest.runId);
  if (!drained) return rest;
  return {
    ...rest,
    enriched: rest.enriched + drained.enriched,
    not_found: rest.not_found + drained.not_found,
    standing: Math.max(0, rest.standing - drained.enriched - drained.not_found),
  };
}
