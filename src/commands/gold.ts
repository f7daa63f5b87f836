import { availableParallelism } from 'node:os';
import type { Flags } from '../config.js';
import { at } from '../keys.js';
import type { PartitionDate } from '../records/run.js';
import { type GoldOptions, type GoldSummary, gold } from '../stages/gold.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { eachDate } from './each-date.js';
import { type StageSession, type Would, withStageSession } from './rehearsal.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  const diff = flags.diff === true ? await import('./diff-view.js') : undefined;
  const head = diff?.DIFF_HEAD ?? ['movies', 'datasets', 'compared with'];
  await withStageSession(context, flags, [], ['silver', 'gold'], (session) =>
    eachDate(session, { name: 'gold', head }, async (date) => {
      const { services, terminal } = session;
      const summary = await goldDate(date, session, { escapeFormulas: flags.escapeFormulas === true });
      if (diff) return diff.diffOutcome(date, 'gold', session, summary.rebuilt);
      const rows = summary.datasets.map(({ key, rows }) => [rows, at(services.gold, key)]);
      const { movies, datasets, previousDate } = summary;
      return {
        summary,
        row: [movies, datasets.length, previousDate ?? ''],
        table: () => terminal.table(['rows', 'where'], rows),
        would: wouldAnalyse(summary),
      };
    }),
  );
}

/** Makes a date's gold and shows it. */
export function goldDate(
  date: PartitionDate,
  { services, terminal }: StageSession<'silver' | 'gold'>,
  options: GoldOptions = {},
): Promise<GoldSummary> {
  const threads = availableParallelism();
  return terminal.step(`gold ${date}`, () => gold(date, services, { ...options, threads }), analysed);
}

export function wouldAnalyse({ movies, datasets, previousDate, rebuilt }: GoldSummary): Would {
  const also = rebuilt.length === 0 ? '' : `, also of ${rebuilt.join(', ')}`;
  return {
    text: `${datasets.length} datasets of ${counted(movies, 'movie')}${also}`,
    facts: { movies, datasets: datasets.length, previousDate, rebuilt },
  };
}

function analysed({ datasets, movies, previousDate, rebuilt }: GoldSummary): string {
  const compared = previousDate === null ? '' : `, compared with ${previousDate}`;
  const again = rebuilt.length > 0 ? `; ${rebuilt.join(', ')} built again` : '';
  return `${datasets.length} datasets of ${counted(movies, 'movie')}${compared}${again}`;
}
