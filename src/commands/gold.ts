import type { Flags } from '../config.js';
import { at } from '../operations/standing.js';
import type { PartitionDate } from '../records/run.js';
import { type GoldOptions, type GoldSummary, gold } from '../stages/gold.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate, type Session, withSession } from './session.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['silver', 'gold'], (session) =>
    eachDate(session, { name: 'gold', head: ['movies', 'datasets', 'compared with'] }, async (date) => {
      const { services, terminal } = session;
      const summary = await goldDate(date, session, { escapeFormulas: flags.escapeFormulas === true });
      const rows = summary.datasets.map(({ key, rows }) => [rows, at(services.gold, key)]);
      const { movies, datasets, previousDate } = summary;
      return {
        summary,
        row: [movies, datasets.length, previousDate ?? ''],
        table: () => terminal.table(['rows', 'where'], rows),
      };
    }),
  );
}

/** Makes a date's gold and shows it. */
export function goldDate(
  date: PartitionDate,
  { services, terminal }: Session<'silver' | 'gold'>,
  options: GoldOptions = {},
): Promise<GoldSummary> {
  return terminal.step(`gold ${date}`, () => gold(date, services, options), analysed);
}

function analysed({ datasets, movies, previousDate, rebuilt }: GoldSummary): string {
  const compared = previousDate === null ? '' : `, compared with ${previousDate}`;
  const again = rebuilt.length > 0 ? `; ${rebuilt.join(', ')} built again` : '';
  return `${datasets.length} datasets of ${counted(movies, 'movie')}${compared}${again}`;
}
