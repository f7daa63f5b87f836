import type { Flags } from '../config.js';
import { UnfinishedError } from '../errors.js';
import { type DateStatus, statusOf } from '../operations/status.js';
import { datesBetween, daysAfter, type PartitionDate } from '../records/run.js';
import { counted } from '../terminal.js';
import type { Context } from './context.js';
import { withPlaces } from './place-flags.js';
import { withSession } from './session.js';
import { explanation, faultLines, overview } from './status-text.js';

const DAYS = 7;

export async function run(context: Context, flags: Flags): Promise<void> {
  const adapters = ['bronze', 'silver', 'gold', 'queue'] as const;
  await withSession(context, flags, [], adapters, async ({ settings, services, terminal }) => {
    const { dates = lastDays(settings.today) } = settings;
    const isVerbose = flags.verbose === true;
    const options = { explain: isVerbose || flags.json === true, readFiles: isVerbose };
    const look = async () => placed(await statusOf(dates, services, options), flags);
    const statuses = await terminal.step('status', look, told);
    terminal.result(statuses, () => {
      const explained = isVerbose
        ? statuses.map((status) => explanation(status, terminal))
        : faultLines(statuses);
      return [overview(statuses, terminal), ...explained].filter((text) => text !== '').join('\n\n');
    });
    const error = unfinished(statuses, isVerbose);
    if (error) throw error;
  });
}

/** The last seven days, today included. */
function lastDays(today: PartitionDate): PartitionDate[] {
  return datesBetween(daysAfter(today, 1 - DAYS), today);
}

/** Every command is one that works here. */
function placed(statuses: readonly DateStatus[], flags: Flags): DateStatus[] {
  const here = (texts: readonly string[]) => texts.map((text) => withPlaces(text, flags));
  return statuses.map((status) => ({ ...status, reasons: here(status.reasons), mend: here(status.mend) }));
}

const isDone = ({ state }: DateStatus) => state === 'complete';

function told(statuses: readonly DateStatus[]): string {
  return `${statuses.filter(isDone).length} of ${counted(statuses.length, 'date')} complete and fresh`;
}

function unfinished(statuses: readonly DateStatus[], isVerbose: boolean): UnfinishedError | undefined {
  const left = statuses.filter((status) => !isDone(status)).map(({ date }) => date);
  const [first] = left;
  if (first === undefined) return undefined;
  const which = left.length === 1 ? `${first} is` : `${counted(left.length, 'date')} are`;
  const dates = left.length === 1 ? `--date ${first}` : `--from ${first} --to ${left.at(-1)}`;
  return new UnfinishedError('retry', `${which} not complete and fresh`, {
    hint: isVerbose
      ? 'the command that mends each date is shown with it'
      : `why, and what mends it: movie-etl status ${dates} --verbose`,
  });
}
