import type { Flags } from '../config.js';
import { at, bronzeKeys } from '../keys.js';
import { newRunId, type PartitionDate } from '../records/run.js';
import { type ExtractSummary, extract } from '../stages/extract.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate } from './each-date.js';
import { type StageSession, type Would, withStageSession } from './rehearsal.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withStageSession(context, flags, ['movies'], ['bronze', 'queue', 'movies'], (session) =>
    eachDate(session, { name: 'extract', head: ['movies', 'batches', 'run'] }, async (date) => {
      const { services, terminal } = session;
      const summary = await extractDate(date, session);
      const { runId, movies, batches } = summary;
      const rows = [
        [movies, at(services.bronze, bronzeKeys.manifest(date, runId))],
        [movies, services.queue.uri],
      ];
      return {
        summary,
        row: [movies, batches, runId],
        table: () => terminal.table(['movies', 'where'], rows),
        would: wouldExtract(summary),
      };
    }),
  );
}

/** Extracts a date into a new run, or into the one that `--run` names, and shows it. */
export async function extractDate(
  date: PartitionDate,
  { context, settings, services, terminal, rehearsal }: StageSession<'bronze' | 'queue' | 'movies'>,
): Promise<ExtractSummary> {
  const { topN, batchSize } = settings;
  const runId = settings.run ?? newRunId(context.now(), context.random());
  const work = () => extract({ date, runId, topN, batchSize }, services);
  const told = (summary: ExtractSummary) => (rehearsal ? wouldExtract(summary).text : extracted(summary));
  const summary = await terminal.step(`extract ${date}`, work, told);
  if (date < settings.today && !summary.continued) {
    terminal.warn(`${date} is in the past: it ${rehearsal ? 'would get' : 'got'} the list of today`);
  }
  return summary;
}

/** The id of a new run is not known before it begins. */
export function wouldExtract({
  runId,
  movies,
  batches,
  topN,
  batchSize,
  rejected,
  continued,
}: ExtractSummary): Would {
  const which = continued ? `run ${runId} again` : 'new run';
  return {
    text: `${which}: ${counted(movies, 'movie')} in ${counted(batches, 'batch')}`,
    facts: { ...(continued ? { runId } : {}), continued, movies, batches, topN, batchSize, rejected },
  };
}

function extracted({ runId, movies, batches, rejected }: ExtractSummary): string {
  const left = rejected.length > 0 ? `, ${rejected.length} left out` : '';
  return `${counted(movies, 'movie')}, ${counted(batches, 'batch')}${left}, run ${runId}`;
}
