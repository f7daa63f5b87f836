import { type Needed, processSources, readSettings } from '../config.js';
import { readEnvironmentFile } from '../config-file.js';
import { type Adapters, type Wired, wire } from '../wire.js';
import type { StageSession } from './rehearsal.js';

const NEEDED: readonly Needed[] = ['omdb'];

/** OMDb, and a way to make sure of its key beforehand. */
export interface OmdbWhenNeeded extends Wired<'omdb'> {
  /** Opens the adapter. @throws UsageError when no key is configured */
  demand(): Promise<void>;
  /** The same if something is to be looked up; that is seen after only where no key is configured. */
  demandIf(isNeeded: () => Promise<boolean>): Promise<void>;
}

/**
 * OMDb, its key looked for and its adapter opened by the first lookup: where nothing has to be looked up, neither is
 * needed, and in a rehearsal never. The caller closes it.
 */
export function omdbWhenNeeded(session: StageSession<never>): OmdbWhenNeeded {
  const { context, flags, settings, services, rehearsal } = session;
  const { offline, omdbApiKey, omdbApiKeySecret } = settings;
  let opened: Promise<Wired<'omdb'>> | undefined;
  const open = () => {
    opened ??= (async () => {
      const { environment } = processSources(flags, await readEnvironmentFile());
      readSettings(flags, environment, context.now(), NEEDED);
      return wire(settings, ['omdb'], services.signal, services.log);
    })();
    return opened;
  };
  const lookup: Adapters['omdb']['lookup'] = async (imdbId) => (await open()).omdb.lookup(imdbId);
  rehearsal?.uses.add('omdb');
  const demand = async () => {
    if (!rehearsal) await open();
  };
  return {
    omdb: rehearsal ? rehearsal.omdb : { lookup },
    demand,
    demandIf: async (isNeeded) => {
      const isConfigured = offline || omdbApiKey !== undefined || omdbApiKeySecret !== undefined;
      if (!rehearsal && (isConfigured || (await isNeeded()))) await demand();
    },
    close: async () => {
      const adapters = await opened?.catch(() => undefined);
      await adapters?.close();
    },
  };
}
