import type { AwsConnections } from '../aws/connections.js';
import { DEFAULT_OMDB_URL } from '../config.js';
import { omdbSource } from '../omdb.js';
import type { Adapters, Opener, Opening } from './adapters.js';

/** Reads the key that a secret holds, given by name or ARN. */
export type ReadSecret = (name: string, aws: AwsConnections) => Promise<string>;

/** OMDb, with the key of the settings, or with that of a secret, which is read only then. */
export function omdbWith(readSecret: ReadSecret): Opener<Adapters['omdb']> {
  return async (opening) => {
    const { settings, signal, log, standIn } = opening;
    const { omdbUrl, offline, concurrency, rate } = settings;
    const url = omdbUrl ?? ((offline && (await standIn?.())?.omdbUrl) || DEFAULT_OMDB_URL);
    const apiKey = offline ? 'offline' : await keyOf(opening, readSecret);
    return omdbSource({ url: new URL(url), apiKey, concurrency, rate, signal, log });
  };
}

async function keyOf({ settings, aws }: Opening, readSecret: ReadSecret): Promise<string> {
  const { omdbApiKey: key, omdbApiKeySecret: secret } = settings;
  return key ?? (secret === undefined ? '' : readSecret(secret, aws));
}
