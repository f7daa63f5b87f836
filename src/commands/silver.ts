import type { Flags } from '../config.js';
import { at } from '../keys.js';
import type { PartitionDate } from '../records/run.js';
import { type SilverSummary, silver } from '../stages/silver.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate } from './each-date.js';
import { type StageSession, type Would, withStageSession } from './rehearsal.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  const diff = flags.diff === true ? await import('./diff-view.js') : undefined;
  const head = diff?.DIFF_HEAD ?? ['rows', 'quarantined', 'run'];
  await withStageSession(context, flags, [], ['bronze', 'silver'], (session) =>
    eachDate(session, { name: 'silver', head }, async (date) => {
      const { services, terminal } = session;
      const summary = await silverDate(date, session);
      if (diff) return diff.diffOutcome(date, 'silver', session);
      const { rows, quarantined, runId, key } = summary;
      const line = [rows, at(services.silver, key)];
      return {
        summary,
        row: [rows, quarantined, runId],
        table: () => terminal.table(['rows', 'where'], [line]),
        would: wouldRefine(summary),
      };
    }),
  );
}

/** Makes a date's silver and shows it. */
export async function silverDate(
  date: PartitionDate,
  { services, terminal, rehearsal }: StageSession<'bronze' | 'silver'>,
): Promise<SilverSummary> {
  const told = (summary: SilverSummary) => (rehearsal ? wouldRefine(summary).text : refined(summary));
  const summary = await terminal.step(`silver ${date}`, () => silver(date, services), told);
  if (summary.quarantined > 0) {
    terminal.warn(
      `a record that is missing comes back with: movie-etl enrich --date ${date}, and silver again; one that cannot be read, with a new run: movie-etl run-all --date ${date} --reprocess all`,
    );
  }
  return summary;
}

export function wouldRefine({ runId, rows, quarantined }: SilverSummary): Would {
  const aside = quarantined > 0 ? `, ${quarantined} quarantined` : '';
  return { text: `${counted(rows, 'row')}${aside}`, facts: { runId, rows, quarantined } };
}

function refined({ rows, quarantined, runId }: SilverSummary): string {
  return `${counted(rows, 'row')}${quarantined > 0 ? `, ${quarantined} quarantined` : ''}, from run ${runId}`;
}
