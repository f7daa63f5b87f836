import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import type { AwsSettings } from './aws.js';
import { type Environment, type Flags, SettingsReader } from './config-reader.js';
import { UsageError } from './errors.js';
import { MAX_COUNT, type PartitionDate, partitionDate, type RunId } from './records/run.js';
import { type Redaction, redaction } from './redaction.js';

export type { Environment, Flags } from './config-reader.js';

export interface Settings {
  /** Oldest first. Undefined when no date was asked for. */
  dates: PartitionDate[] | undefined;
  today: PartitionDate;
  run: RunId | undefined;
  /** IMDb ids of movies to close without an answer. */
  giveUp: readonly string[] | undefined;
  bronze: string;
  silver: string;
  gold: string;
  queue: string;
  offline: boolean;
  /** URL or file. */
  movies: string | undefined;
  omdbUrl: string | undefined;
  omdbApiKey: string | undefined;
  /** The secret that holds the key, where no key is given. */
  omdbApiKeySecret: string | undefined;
  topN: number | undefined;
  batchSize: number | undefined;
  concurrency: number;
  /** OMDb calls a second; undefined is without a limit. */
  rate: number | undefined;
  aws: AwsSettings;
}

/** The settings that a command cannot do without. */
export type Needed = 'movies' | 'omdb';

export const DEFAULT_CONCURRENCY = 8;
export const DEFAULT_OMDB_URL = 'https://www.omdbapi.com/';
const DEFAULT_DATA_DIR = './data';
const MAX_CONCURRENCY = 256;
const OMDB_KEY_HELP =
  'no OMDb API key: set OMDB_API_KEY (a free key comes from https://www.omdbapi.com/apikey.aspx) or OMDB_API_KEY_SECRET, or use --offline';
const MOVIES_HELP = 'no movie list: give --movies URL|FILE, set MOVIES_URL, or use --offline';

/** Where this process's settings come from. Nothing else reads `process.env`. */
export function processEnvironment(flags: Flags = {}): Environment {
  const environment = readEnvironment(process.env, process.cwd());
  prepareAwsSdk(environment);
  // Of a profile that is no variable, the SDK takes the keys and the region, but not the endpoint.
  if (typeof flags.profile === 'string' && flags.profile.trim() !== '')
    process.env.AWS_PROFILE = flags.profile;
  return environment;
}

/**
 * The SDK reads its variables from the process: what a `.env` file says of them is put there. It is told not to warn
 * of this Node on stderr, where a person reads progress.
 */
function prepareAwsSdk(environment: Environment): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('AWS_')) process.env[name] ??= value;
  }
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}

/** NO_COLOR (https://no-color.org): any value that is not empty turns colours off. */
export function wantsColor(argv: readonly string[]): boolean {
  return !argv.includes('--no-color') && !process.env.NO_COLOR;
}

/**
 * The environment that settings come from: the process's, over a `.env` file in the working directory.
 * @throws UsageError when there is a `.env` that cannot be read
 */
export function readEnvironment(processEnvironment: Environment, directory: string): Environment {
  const path = join(directory, '.env');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return processEnvironment;
    throw new UsageError([`${path} cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
  return { ...parseDotenv(text), ...processEnvironment };
}

/** A mistake quotes a value, which may be a secret that stands in the wrong place. */
function secretsOf(environment: Environment): Redaction {
  const { OMDB_API_KEY, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  return redaction(
    [OMDB_API_KEY, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN].map((secret) => secret?.trim() ?? ''),
  );
}

/**
 * The settings of one command: flags win over the environment, which wins over defaults.
 * @throws UsageError with all mistakes at once
 */
export function readSettings(
  flags: Flags,
  environment: Environment,
  now: Date,
  needed: readonly Needed[] = [],
): Settings {
  const reader = new SettingsReader(flags, environment);
  const dataDir = reader.directory('dataDir', '--data-dir') ?? DEFAULT_DATA_DIR;
  const today = partitionDate(now);
  const offline = flags.offline === true;
  const settings: Settings = {
    dates: reader.dates(),
    today,
    run: reader.run(),
    giveUp: reader.giveUp(),
    bronze: reader.store('bronze', '--bronze', 'BRONZE_URI') ?? `${dataDir}/bronze`,
    silver: reader.store('silver', '--silver', 'SILVER_URI') ?? `${dataDir}/silver`,
    gold: reader.store('gold', '--gold', 'GOLD_URI') ?? `${dataDir}/gold`,
    queue: reader.queue('queue', '--queue', 'QUEUE_URL') ?? `${dataDir}/queue`,
    offline,
    movies: reader.source('movies', '--movies', offline ? undefined : 'MOVIES_URL'),
    omdbUrl: reader.url('omdbUrl', '--omdb-url', offline ? undefined : 'OMDB_URL'),
    omdbApiKey: environment.OMDB_API_KEY?.trim() || undefined,
    omdbApiKeySecret: environment.OMDB_API_KEY_SECRET?.trim() || undefined,
    topN: reader.count('topN', '--top-n', 'TOP_N', MAX_COUNT),
    batchSize: reader.count('batchSize', '--batch-size', 'BATCH_SIZE', MAX_COUNT),
    concurrency:
      reader.count('concurrency', '--concurrency', 'CONCURRENCY', MAX_CONCURRENCY) ?? DEFAULT_CONCURRENCY,
    rate: reader.rate(),
    aws: reader.aws(),
  };
  if (needed.includes('movies') && !offline && settings.movies === undefined)
    reader.mistakes.push(MOVIES_HELP);
  if (needed.includes('omdb') && !offline && !settings.omdbApiKey && !settings.omdbApiKeySecret)
    reader.mistakes.push(OMDB_KEY_HELP);
  if (reader.mistakes.length > 0) throw new UsageError(reader.mistakes.map(secretsOf(environment).shown));
  return settings;
}
