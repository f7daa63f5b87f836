import type { Flags } from '../config.js';
import { shellWord } from '../operations/shell-word.js';
import { KEY_IN_PATH, withoutSecrets } from '../uri.js';

const AWS = ['region', 'profile', 'endpointUrl'];
const PLACES = ['dataDir', 'bronze', 'silver', 'gold', 'queue', ...AWS];

/** The flags of each command that say where things are, as commander calls them. */
const flagsOf: Readonly<Record<string, readonly string[]>> = {
  'movie-etl extract': [...PLACES, 'movies', 'offline'],
  'movie-etl enrich': [...PLACES, 'omdbUrl', 'offline'],
  'movie-etl silver': PLACES,
  'movie-etl gold': PLACES,
  'movie-etl run-all': [...PLACES, 'movies', 'omdbUrl', 'offline'],
  'movie-etl redrive': ['dataDir', 'queue', ...AWS],
  'movie-etl status': PLACES,
  'movie-etl report': PLACES,
  'aws s3 rm': AWS,
};

const COMMANDS = new RegExp(`\\b(?:${Object.keys(flagsOf).join('|')})(?![\\w-])`, 'g');

/** Where a command ends, at the latest: what comes then is another one. */
const END = /&&|[;|\n]|\bmovie-etl /;

/**
 * A text whose commands work where the command that says it does: behind each come the flags that it was given and that
 * say where things are, unless they stand there already. An address that may carry a secret is left out. What comes from
 * the environment needs no flag.
 */
export function withPlaces(text: string, flags: Flags): string {
  return text.replace(COMMANDS, (command, at: number) => {
    const [rest = ''] = text.slice(at + command.length).split(END, 1);
    const words = rest.split(/[ ,]/);
    const missing = (flagsOf[command] ?? []).filter((name) => !words.includes(flagOf(name)));
    return command + missing.map((name) => flagText(name, flags[name])).join('');
  });
}

/** A flag as it is typed, with a space before it; empty when it was not given, or may hold a secret. */
export function flagText(name: string, value: Flags[string]): string {
  if (value === true) return ` ${flagOf(name)}`;
  if (typeof value !== 'string' || value.trim() === '' || mayBeSecret(value)) return '';
  return ` ${flagOf(name)} ${shellWord(value)}`;
}

/** `--top-n` of `topN`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** With a user, a query, or what looks like a key in its path. */
function mayBeSecret(value: string): boolean {
  return withoutSecrets(value) !== value || value.search(KEY_IN_PATH) >= 0;
}
