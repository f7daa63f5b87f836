import type { Flags } from '../config.js';
import { at } from '../operations/standing.js';
import type { PartitionDate } from '../records/run.js';
import { type SilverSummary, silver } from '../stages/silver.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate, type Session, withSession } from './session.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['bronze', 'silver'], (session) =>
    eachDate(session, { name: 'silver', head: ['rows', 'quarantined', 'run'] }, async (date) => {
      const { services, terminal } = session;
      const summary = await silverDate(date, session);
      const { rows, quarantined, runId, key } = summary;
      const line = [rows, at(services.silver, key)];
      return {
        summary,
        row: [rows, quarantined, runId],
        table: () => terminal.table(['rows', 'where'], [line]),
      };
    }),
  );
}

/** Makes a date's silver and shows it. */
export async function silverDate(
  date: PartitionDate,
  { services, terminal }: Session<'bronze' | 'silver'>,
): Promise<SilverSummary> {
  const summary = await terminal.step(`silver ${date}`, () => silver(date, services), refined);
  if (summary.quarantined > 0) {
    terminal.warn(
      `a record that is missing comes back with: movie-etl enrich --date ${date}, and silver again; one that cannot be read, with a new run: movie-etl run-all --date ${date} --reprocess all`,
    );
  }
  return summary;
}

function refined({ rows, quarantined, runId }: SilverSummary): string {
  return `${counted(rows, 'row')}${quarantined > 0 ? `, ${quarantined} quarantined` : ''}, from run ${runId}`;
}
