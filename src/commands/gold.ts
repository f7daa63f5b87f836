import type { Flags } from '../config.js';
import { at } from '../operations/written.js';
import type { PartitionDate } from '../records/run.js';
import { type GoldSummary, gold } from '../stages/gold.js';
import type { Context } from './context.js';
import { eachDate, type Session, withSession } from './session.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['silver', 'gold'], (session) =>
    eachDate(session, 'gold', async (date) => {
      const { services, terminal } = session;
      const summary = await goldDate(date, session);
      const rows = summary.datasets.map(({ key, rows }) => ['gold', rows, at(services.gold, key)]);
      return { summary, table: () => terminal.table(['layer', 'rows', 'where'], rows) };
    }),
  );
}

/** Makes a date's gold and shows it. */
export function goldDate(
  date: PartitionDate,
  { services, terminal }: Session<'silver' | 'gold'>,
): Promise<GoldSummary> {
  return terminal.step(`gold ${date}`, () => gold(date, services), analysed);
}

function analysed({ datasets, movies, previousDate, rebuilt }: GoldSummary): string {
  const compared = previousDate === null ? '' : `, compared with ${previousDate}`;
  const again = rebuilt.length > 0 ? `; ${rebuilt.join(', ')} built again` : '';
  return `${datasets.length} datasets of ${movies} movies${compared}${again}`;
}
