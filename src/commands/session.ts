import { type Flags, type Needed, processEnvironment, readSettings, type Settings } from '../config.js';
import {
  DatesFailedError,
  InterruptedError,
  messageOf,
  PipelineError,
  throwIfInterrupted,
} from '../errors.js';
import type { PartitionDate } from '../records/run.js';
import type { Terminal } from '../terminal.js';
import { type Adapters, type Wired, wire } from '../wire.js';
import type { Context } from './context.js';

/** What a command works with once its flags are read and its adapters are open. */
export interface Session<Name extends keyof Adapters> {
  context: Context;
  settings: Settings;
  services: Wired<Name> & { now: () => Date; log: Terminal; concurrency: number; signal: AbortSignal };
  terminal: Terminal;
}

/**
 * Reads the settings, opens the adapters, does the work, and closes them whatever happens.
 * @param needed what has to be configured
 */
export async function withSession<Name extends keyof Adapters>(
  context: Context,
  flags: Flags,
  needed: readonly Needed[],
  names: readonly Name[],
  work: (session: Session<Name>) => Promise<void>,
): Promise<void> {
  const { now, signal } = context;
  const settings = readSettings(flags, processEnvironment(flags), now(), needed);
  const terminal = await context.terminal();
  const adapters = await wire(settings, names, signal);
  try {
    const { concurrency } = settings;
    await work({
      context,
      settings,
      terminal,
      services: { ...adapters, now, log: terminal, concurrency, signal },
    });
  } finally {
    await adapters.close();
  }
}

/** What one date came to. */
export interface Outcome {
  /** What `--json` prints. */
  summary: { date: PartitionDate };
  /** What a person sees when it is the only date. */
  table: () => string;
  /** Its cells in the table of several dates. */
  row: readonly (string | number)[];
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

/**
 * Does the work for each date that was asked for, by default today, oldest first. Of several dates, one that
 * fails does not stop the others, and a table at the end has a line for each.
 */
export async function eachDate(
  { settings, services: { signal }, terminal }: Pick<Session<never>, 'settings' | 'services' | 'terminal'>,
  { name, head }: DateCommand,
  work: (date: PartitionDate) => Promise<Outcome>,
): Promise<void> {
  const dates = settings.dates ?? [settings.today];
  const single = dates.length === 1;
  const failures = new Map<PartitionDate, unknown>();
  const rows: (readonly (string | number)[])[] = [];
  for (const date of dates) {
    let error: unknown;
    try {
      throwIfInterrupted(signal);
      const { summary, table, row, error: unfinished } = await work(date);
      error = unfinished;
      rows.push([date, error ? 'not complete' : 'done', ...row]);
      terminal.result([error ? { ...summary, error: describe(error) } : summary], single ? table : NO_TABLE);
    } catch (thrown) {
      if (thrown instanceof InterruptedError) {
        const rest = single ? `--date ${date}` : `--from ${date} --to ${dates.at(-1)}`;
        const run = settings.run === undefined ? '' : ` --run ${settings.run}`;
        const giveUp = settings.giveUp === undefined ? '' : ` --give-up ${settings.giveUp.join(' ')}`;
        throw new InterruptedError({ hint: `go on with: movie-etl ${name} ${rest}${run}${giveUp}` });
      }
      error = thrown;
      rows.push([date, 'failed', ...head.map(() => '')]);
      terminal.result([{ date, error: describe(error) }], NO_TABLE);
    }
    if (error === undefined) continue;
    if (single) throw error;
    terminal.error(error);
    failures.set(date, error);
  }
  if (!single) terminal.result([], () => terminal.table(['date', 'state', ...head], rows));
  if (failures.size > 0) throw new DatesFailedError(failures, dates.length);
}

const NO_TABLE = () => '';

function describe(error: unknown): { verdict: string; message: string; hint?: string } {
  const message = messageOf(error);
  if (!(error instanceof PipelineError)) return { verdict: 'stop', message };
  return { verdict: error.verdict, message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
