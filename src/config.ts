import type { AwsSettings } from './aws.js';
import { type Environment, type Flags, type SettingFact, SettingsLookup } from './config-lookup.js';
import { SettingsReader } from './config-reader.js';
import { UsageError } from './errors.js';
import { MAX_COUNT, type PartitionDate, partitionDate, type RunId } from './records/run.js';
import { type Redaction, redaction } from './redaction.js';

export type { Environment, Flags, SettingFact } from './config-lookup.js';

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
export const OMDB_KEY_HELP =
  'no OMDb API key: set OMDB_API_KEY (a free key comes from https://www.omdbapi.com/apikey.aspx) or OMDB_API_KEY_SECRET, or use --offline';
export const MOVIES_HELP = 'no movie list: give --movies URL|FILE, set MOVIES_URL, or use --offline';

/** A `.env` file, as `readEnvironmentFile` reads it. */
export interface EnvironmentFile {
  path: string;
  values: Environment;
}

/** Variables, and which of them a `.env` file gave. */
export interface EnvironmentSources {
  environment: Environment;
  /** The path of the file that was read, if there is one. */
  file: string | undefined;
  fromFile: ReadonlySet<string>;
}

/**
 * Where the settings of this process come from: its environment, over the `.env` file of a command. A function has no
 * such file. Nothing else reads `process.env`.
 */
export function processSources(flags: Flags = {}, file?: EnvironmentFile): EnvironmentSources {
  const sources = sourcesOf(process.env, file);
  prepareAwsSdk(sources.environment);
  // Of a profile that is no variable, the SDK takes the keys and the region, but not the endpoint.
  if (typeof flags.profile === 'string' && flags.profile.trim() !== '')
    process.env.AWS_PROFILE = flags.profile;
  return sources;
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
export function wantsColor(argv: readonly string[], file?: EnvironmentFile): boolean {
  return !argv.includes('--no-color') && !sourcesOf(process.env, file).environment.NO_COLOR;
}

/** Variables of an environment stand over those of a file. */
export function sourcesOf(environment: Environment, file: EnvironmentFile | undefined): EnvironmentSources {
  if (!file) return { environment, file: undefined, fromFile: new Set() };
  const { path, values } = file;
  const fromFile = Object.keys(values).filter((name) => environment[name] === undefined);
  return { environment: { ...values, ...environment }, file: path, fromFile: new Set(fromFile) };
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
  const { settings, mistakes } = examineSettings(flags, { environment }, now, needed);
  if (mistakes.length > 0) throw new UsageError(mistakes);
  return settings;
}

/** As `wantsColor` decides it. */
function noteColor(lookup: SettingsLookup): void {
  const variable = lookup.environment.NO_COLOR ? lookup.originOf('NO_COLOR') : undefined;
  const against = lookup.flags.color === false ? 'flag --no-color' : variable;
  lookup.note('color', against === undefined, against ?? 'default');
}

/** Settings to look at: with mistakes among them, they are not to be worked with. */
export interface ExaminedSettings {
  settings: Settings;
  /** Every setting with its value and where it comes from, in the order of reading. No secret is in them. */
  facts: readonly SettingFact[];
  mistakes: readonly string[];
}

/** Reads the settings of one command whatever is wrong with them. */
export function examineSettings(
  flags: Flags,
  { environment, fromFile }: { environment: Environment; fromFile?: ReadonlySet<string> },
  now: Date,
  needed: readonly Needed[] = [],
): ExaminedSettings {
  const lookup = new SettingsLookup(flags, environment, fromFile);
  const reader = new SettingsReader(lookup);
  const below = reader.dataDirectory(DEFAULT_DATA_DIR);
  const today = partitionDate(now);
  const offline = flags.offline === true;
  const online = (variable: string) => (offline ? [] : [variable]);
  const fixtures = { words: 'the shipped fixtures', from: 'flag --offline' };
  const settings: Settings = {
    dates: reader.dates(),
    today,
    run: reader.run(),
    giveUp: reader.giveUp(),
    bronze: reader.store('bronze', 'BRONZE_URI', below('bronze')),
    silver: reader.store('silver', 'SILVER_URI', below('silver')),
    gold: reader.store('gold', 'GOLD_URI', below('gold')),
    queue: reader.queue(below('queue')),
    offline: reader.switch('offline'),
    movies: reader.source('movies', online('MOVIES_URL'), offline ? fixtures : {}),
    omdbUrl: reader.url('omdbUrl', online('OMDB_URL'), offline ? fixtures : { inEffect: DEFAULT_OMDB_URL }),
    omdbApiKey: lookup.variable('omdbApiKey', 'OMDB_API_KEY', { masked: true }),
    omdbApiKeySecret: lookup.variable('omdbApiKeySecret', 'OMDB_API_KEY_SECRET', { masked: false }),
    topN: reader.count('topN', 'TOP_N', MAX_COUNT, { words: 'as the last run of the date, or 10' }),
    batchSize: reader.count('batchSize', 'BATCH_SIZE', MAX_COUNT, {
      words: 'as the last run of the date, or 1',
    }),
    concurrency:
      reader.count('concurrency', 'CONCURRENCY', MAX_CONCURRENCY, { value: DEFAULT_CONCURRENCY }) ??
      DEFAULT_CONCURRENCY,
    rate: reader.rate(),
    aws: reader.aws(),
  };
  noteColor(lookup);
  if (needed.includes('movies') && !offline && settings.movies === undefined)
    lookup.mistakes.push(MOVIES_HELP);
  if (needed.includes('omdb') && !offline && !settings.omdbApiKey && !settings.omdbApiKeySecret)
    lookup.mistakes.push(OMDB_KEY_HELP);
  const { shown } = secretsOf(environment);
  const facts = lookup.facts.map((fact) =>
    typeof fact.value === 'string' ? { ...fact, value: shown(fact.value) } : fact,
  );
  return { settings, facts, mistakes: lookup.mistakes.map(shown) };
}
