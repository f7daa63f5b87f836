import { type Flags, type Needed, processSources, readSettings, type Settings } from '../config.js';
import { readEnvironmentFile } from '../config-file.js';
import type { Terminal } from '../terminal.js';
import { type Adapters, type Wired, wire } from '../wire.js';
import type { Context } from './context.js';

export { type DateCommand, eachDate, type Outcome } from './each-date.js';

/** What a command works with once its flags are read and its adapters are open. */
export interface Session<Name extends keyof Adapters> {
  context: Context;
  flags: Flags;
  settings: Settings;
  services: Wired<Name> & { now: () => Date; log: Terminal; concurrency: number; signal: AbortSignal };
  terminal: Terminal;
}

/**
 * Reads the settings, opens the adapters, does the work, and closes them whatever happens.
 * @param needed what has to be configured
 * @param later what may turn out to be needed: told with the other mistakes when there are some
 */
export async function withSession<Name extends keyof Adapters>(
  context: Context,
  flags: Flags,
  needed: readonly Needed[],
  names: readonly Name[],
  work: (session: Session<Name>) => Promise<void>,
  later: readonly Needed[] = [],
): Promise<void> {
  const { now, signal } = context;
  const settings = await settingsOf(flags, now(), needed, later);
  const terminal = await context.terminal();
  const adapters = await wire(settings, names, signal, terminal);
  try {
    const { concurrency } = settings;
    await work({
      context,
      flags,
      settings,
      terminal,
      services: { ...adapters, now, log: terminal, concurrency, signal },
    });
  } finally {
    await adapters.close();
  }
}

/** @throws UsageError with all mistakes at once */
async function settingsOf(
  flags: Flags,
  now: Date,
  needed: readonly Needed[],
  later: readonly Needed[],
): Promise<Settings> {
  const { environment } = processSources(flags, await readEnvironmentFile());
  try {
    return readSettings(flags, environment, now, needed);
  } catch (error) {
    readSettings(flags, environment, now, [...needed, ...later]);
    throw error;
  }
}
