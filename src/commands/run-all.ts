import type { Flags } from '../config.js';
import { type PipelineError, throwIfInterrupted } from '../errors.js';
import { isLeftToFetch } from '../operations/left-to-fetch.js';
import { type Plan, planFor, type Reprocess } from '../operations/reprocess.js';
import { standingFor } from '../operations/standing.js';
import { runStateOf } from '../operations/state.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { drainQueue, type EnrichSummary, enrichDate, unfinishedOf } from '../stages/enrich.js';
import type { ExtractSummary } from '../stages/extract.js';
import type { GoldSummary } from '../stages/gold.js';
import type { SilverSummary } from '../stages/silver.js';
import type { Context } from './context.js';
import { eachDate, type Outcome } from './each-date.js';
import { enriched, wouldEnrich } from './enrich.js';
import { extractDate, wouldExtract } from './extract.js';
import { goldDate, wouldAnalyse } from './gold.js';
import { type OmdbWhenNeeded, omdbWhenNeeded } from './omdb-when-needed.js';
import { type StageSession, type Would, withStageSession } from './rehearsal.js';
import { silverDate, wouldRefine } from './silver.js';

type RunSession = StageSession<'bronze' | 'silver' | 'gold' | 'queue' | 'movies'> & { omdb: OmdbWhenNeeded };

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

const ADAPTERS = ['bronze', 'silver', 'gold', 'queue', 'movies'] as const;
const HEAD = ['rows', 'quarantined', 'datasets', 'run'];

export async function run(context: Context, flags: Flags): Promise<void> {
  await withStageSession(
    context,
    flags,
    ['movies'],
    ADAPTERS,
    async (opened) => {
      const omdb = omdbWhenNeeded(opened);
      try {
        const session = { ...opened, omdb };
        await eachDate(session, { name: 'run-all', head: HEAD }, (date) => runDate(date, session));
      } finally {
        await omdb.close();
      }
    },
    ['omdb'],
  );
}

async function runDate(date: PartitionDate, session: RunSession): Promise<Outcome> {
  const { flags, services, terminal, rehearsal } = session;
  const state = await runStateOf(date, services.bronze);
  const plan = await planFor(date, state, flags.reprocess as Reprocess, services);
  if (!plan) terminal.info(`${date} is left as it is (--reprocess all starts a new run)`);
  if (rehearsal && plan && plan.bronze !== 'keep' && state.published) rehearsal.notes.add(AS_BEFORE);
  const summary: RunSummary = { date, status: plan ? 'done' : 'skipped' };
  const error = plan && (await carryOut(plan, summary, session));
  if (error) summary.status = 'not complete';
  const standing = await standingFor(date, services);
  return {
    summary,
    error,
    row: [standing.rows, standing.quarantined, standing.datasets, standing.runId ?? ''],
    table: () => (error ? '' : terminal.table(['rows', 'where'], standing.written)),
    would: wouldRun(summary),
  };
}

const AS_BEFORE =
  'a date that has a complete run is counted as if OMDb answered what it did then; where it does not, the gold of the next date is built again as well';

/** Does what the plan says, stage by stage. @returns the error when the run could not be completed */
async function carryOut(
  plan: Plan,
  summary: RunSummary,
  session: RunSession,
): Promise<PipelineError | undefined> {
  const { services, terminal, omdb, rehearsal } = session;
  const { date } = summary;
  if (plan.bronze === 'new') {
    await omdb.demand();
    summary.extract = await extractDate(date, session);
  }
  if (plan.bronze === 'continue') await omdb.demandIf(() => isToBeLookedUp(date, session));
  if (plan.bronze !== 'keep') {
    const told = (done: EnrichSummary) => (rehearsal ? wouldEnrich(done).text : enriched(done));
    summary.enrich = await terminal.step(`enrich ${date}`, () => enrichThroughQueue(date, session), told);
    const error = unfinishedOf(summary.enrich, `movie-etl run-all --date ${date}`);
    if (error) return error;
  }
  throwIfInterrupted(services.signal);
  if (plan.silver) summary.silver = await silverDate(date, session);
  throwIfInterrupted(services.signal);
  summary.gold = await goldDate(date, session);
  return undefined;
}

/** Movies of the date's run, or of whatever messages the queue has. */
async function isToBeLookedUp(date: PartitionDate, { services }: RunSession): Promise<boolean> {
  const { bronze, queue } = services;
  return (await isLeftToFetch(date, bronze)) || (await queue.depth()).ready > 0;
}

/** "new run of 250, silver, gold". */
function wouldRun({ extract, enrich, silver, gold }: RunSummary): Would {
  const parts: string[] = [];
  if (extract) parts.push(`new run of ${extract.movies}`);
  else if (enrich) parts.push(`look up ${enrich.enriched + enrich.not_found} more`);
  if (silver) parts.push('silver');
  if (gold) parts.push(gold.rebuilt.length === 0 ? 'gold' : `gold of ${gold.rebuilt.length + 1} dates`);
  return {
    text: parts.length === 0 ? 'nothing' : parts.join(', '),
    facts: {
      ...(extract && { extract: wouldExtract(extract).facts }),
      ...(enrich && { enrich: { ...wouldEnrich(enrich).facts, ...runOf(extract, enrich.runId) } }),
      ...(silver && { silver: { ...wouldRefine(silver).facts, ...runOf(extract, silver.runId) } }),
      ...(gold && { gold: wouldAnalyse(gold).facts }),
    },
  };
}

/** A run that begins only then has another id. */
function runOf(extract: ExtractSummary | undefined, runId: RunId): { runId: RunId | null } {
  return { runId: extract?.continued === false ? null : runId };
}

/** Through the queue, as the cloud does; then what is left, straight from the manifest. */
async function enrichThroughQueue(
  date: PartitionDate,
  { services: adapters, omdb: { omdb } }: RunSession,
): Promise<EnrichSummary> {
  const services = { ...adapters, omdb };
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
