import {
  type EnvironmentSources,
  examineSettings,
  type Flags,
  processSources,
  type SettingFact,
} from '../config.js';
import { readEnvironmentFile } from '../config-file.js';
import { UsageError } from '../errors.js';
import { errorOf, type Reach } from '../operations/reach.js';
import type { Terminal } from '../terminal.js';
import type { Context } from './context.js';
import { reachOfAll } from './reach.js';

/** Shows every setting; with `--check`, and where no setting is wrong, also what can be reached. */
export async function run(context: Context, flags: Flags): Promise<void> {
  const terminal = await context.terminal();
  const { sources, unreadable } = await readSources(flags);
  const { settings, facts, mistakes } = examineSettings(flags, sources, context.now());
  const all = [...unreadable, ...mistakes];
  const shown = [fileFact(sources.file, unreadable.length > 0), ...facts];
  const checks =
    flags.check === true && all.length === 0
      ? await terminal.step('config --check', () => reachOfAll(settings, context.signal, terminal), counts)
      : undefined;
  const answer = {
    settings: shown.map(({ name, value, from, wrong }) => ({
      name,
      value,
      from,
      ...(wrong ? { wrong } : {}),
    })),
    ...(all.length > 0 ? { mistakes: all } : {}),
    ...(checks ? { checks } : {}),
  };
  terminal.result([answer], () =>
    [settingsTable(terminal, shown), ...(checks ? [checksTable(terminal, checks)] : [])].join('\n\n'),
  );
  if (all.length > 0) throw new UsageError(all);
  const error = errorOf(checks ?? []);
  if (error) throw error;
}

/** A `.env` file that cannot be read hides no other setting. */
async function readSources(
  flags: Flags,
): Promise<{ sources: EnvironmentSources; unreadable: readonly string[] }> {
  try {
    return { sources: processSources(flags, await readEnvironmentFile()), unreadable: [] };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { sources: processSources(flags), unreadable: error.mistakes };
  }
}

function fileFact(file: string | undefined, wrong: boolean): SettingFact {
  const words = wrong ? 'cannot be read' : 'none';
  return { name: '.env', value: file ?? null, words, from: 'working directory', wrong };
}

function settingsTable(terminal: Terminal, facts: readonly SettingFact[]): string {
  const rows = facts.map(({ name, value, words = '', from, wrong }) => {
    const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value ?? words);
    return [name, text, wrong ? `${from} (wrong)` : from];
  });
  return terminal.table(['setting', 'value', 'from'], rows);
}

/** What to do about a row has a row of its own, so that both fit. */
function checksTable(terminal: Terminal, checks: readonly Reach[]): string {
  const rows = checks.flatMap(({ name, state, message, hint }) => [
    [name, state, message],
    ...(hint === undefined ? [] : [['', '', hint]]),
  ]);
  return terminal.table(['reach', 'state', ''], rows);
}

function counts(checks: readonly Reach[]): string {
  const of = (state: Reach['state']) => checks.filter((check) => check.state === state).length;
  return `${of('ok')} ok, ${of('failed')} failed, ${of('not set')} not set`;
}
