import { type Flags, processEnvironment, readSettings } from '../config.js';
import { type Adapters, type Wired, wire } from '../wire.js';
import type { Session } from './session.js';

/**
 * OMDb, its key looked for and its adapter opened by the first lookup: where nothing has to be looked up, neither is
 * needed. The caller closes it.
 */
export function omdbWhenNeeded(
  {
    context: { now },
    settings,
    services: { signal },
  }: Pick<Session<never>, 'context' | 'settings' | 'services'>,
  flags: Flags,
): Wired<'omdb'> {
  let opened: Promise<Wired<'omdb'>> | undefined;
  const open = async () => {
    readSettings(flags, processEnvironment(flags), now(), ['omdb']);
    return wire(settings, ['omdb'], signal);
  };
  const lookup: Adapters['omdb']['lookup'] = async (imdbId) => {
    opened ??= open();
    return (await opened).omdb.lookup(imdbId);
  };
  const close = async () => {
    const adapters = await opened?.catch(() => undefined);
    await adapters?.close();
  };
  return { omdb: { lookup }, close };
}
