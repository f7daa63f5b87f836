import type { Flags, Settings } from '../config.js';
import {
  DatesFailedError,
  InterruptedError,
  messageOf,
  PipelineError,
  throwIfInterrupted,
  UsageError,
  wayOut,
} from '../errors.js';
import type { PartitionDate } from '../records/run.js';
import type { Terminal } from '../terminal.js';
import { againFlags } from './again.js';
import type { Rehearsal, Would } from './rehearsal.js';

/** What one date came to. */
export interface Outcome {
  /** What `--json` prints. */
  summary: { date: PartitionDate };
  /** What a person sees when it is the only date. */
  table: () => string;
  /** Its cells in the table of several dates. */
  row: readonly (string | number)[];
  /** What a person sees of each date, the only one or not. */
  text?: () => string;
  /** Of a dry run, which shows this instead of all others. */
  would?: Would;
  /** The date is not done; the summary is printed all the same. */
  error?: PipelineError | undefined;
}

/** A command that works date by date. */
export interface DateCommand {
  /** As it is typed. */
  name: string;
  /** What the cells of `Outcome.row` are. */
  head: readonly string[];
}

/** How the dates of a command are shown. */
export interface DateView {
  begin(date: PartitionDate): void;
  done(outcome: Outcome, error: DescribedError | undefined): Shown;
  failed(date: PartitionDate, error: DescribedError): Shown;
  /** What a person sees when no further date is worked on. */
  end(): string;
}

interface Shown {
  /** What `--json` prints of the date. */
  json: object;
  /** What a person sees of it at once. */
  text: () => string;
}

export interface DescribedError {
  verdict: string;
  message: string;
  hint: string;
}

interface DateSession {
  flags: Flags;
  settings: Settings;
  services: { signal: AbortSignal };
  terminal: Pick<Terminal, 'result' | 'table' | 'error' | 'info' | 'warn'>;
  rehearsal?: Rehearsal | undefined;
}

/**
 * Does the work for each date that was asked for, by default today, oldest first. Of several dates, one that
 * fails does not stop the others, and a table at the end has a line for each.
 */
export async function eachDate(
  session: DateSession,
  { name, head }: DateCommand,
  work: (date: PartitionDate) => Promise<Outcome>,
): Promise<void> {
  const { flags, settings, services, terminal, rehearsal } = session;
  const dates = settings.dates ?? [settings.today];
  const single = dates.length === 1;
  const view = rehearsal?.shown
    ? (await import('./plan-view.js')).planView(rehearsal, terminal)
    : resultView(head, single, terminal);
  const command = `movie-etl ${name}`;
  const failures = new Map<PartitionDate, unknown>();
  for (const [done, date] of dates.entries()) {
    let error: unknown;
    try {
      throwIfInterrupted(services.signal);
      view.begin(date);
      const outcome = await work(date);
      error = outcome.error;
      const { json, text } = view.done(outcome, outcome.error && describe(outcome.error));
      terminal.result([json], text);
    } catch (thrown) {
      if (thrown instanceof InterruptedError) {
        if (!single && done > 0) terminal.result([], () => view.end());
        const rest = datesLeft(dates.slice(done), failures, dates.length);
        throw new InterruptedError({ hint: `${rest}${command} ${againFlags(dates.slice(done), flags)}` });
      }
      // What is wrong with the command line is wrong for every date.
      if (thrown instanceof UsageError) throw thrown;
      error = thrown;
      const { json, text } = view.failed(date, describe(error));
      terminal.result([json], text);
    }
    if (error === undefined) continue;
    if (single) throw error;
    terminal.error(error);
    failures.set(date, error);
  }
  terminal.result([], () => view.end());
  if (failures.size > 0) {
    const again = `${command} ${againFlags([...failures.keys()], flags)}`;
    throw new DatesFailedError(failures, dates.length, again);
  }
}

/** "3 of 7 dates done, 1 failed (2026-11-22), 3 left; go on with: ", of a single date only the end. */
function datesLeft(left: readonly PartitionDate[], failures: ReadonlyMap<string, unknown>, total: number) {
  if (total === 1) return 'go on with: ';
  const failed = failures.size === 0 ? '' : `, ${failures.size} failed (${[...failures.keys()].join(', ')})`;
  const done = total - left.length - failures.size;
  return `${done} of ${total} dates done${failed}, ${left.length} left; go on with: `;
}

function resultView(head: readonly string[], single: boolean, terminal: Pick<Terminal, 'table'>): DateView {
  const rows: (readonly (string | number)[])[] = [];
  return {
    begin: () => {},
    done: ({ summary, table, row, text }, error) => {
      rows.push([summary.date, error ? 'not complete' : 'done', ...row]);
      const parts = () => [text?.() ?? '', single ? table() : ''].filter((part) => part !== '');
      return { json: error ? { ...summary, error } : summary, text: () => parts().join('\n') };
    },
    failed: (date, error) => {
      rows.push([date, 'failed', ...head.map(() => '')]);
      return { json: { date, error }, text: () => '' };
    },
    end: () => (single ? '' : terminal.table(['date', 'state', ...head], rows)),
  };
}

function describe(error: unknown): DescribedError {
  const verdict = error instanceof PipelineError ? error.verdict : 'stop';
  return { verdict, message: messageOf(error), hint: wayOut(error) };
}
