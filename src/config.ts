import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import type { AwsSettings } from './aws.js';
import { UsageError } from './errors.js';
import {
  datesBetween,
  daysBetween,
  isPartitionDate,
  type PartitionDate,
  partitionDate,
  RunId,
} from './records/run.js';
import { isHttp, isLocal, isQueueUrl, s3Location } from './uri.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags as commander hands them over: `--top-n` is `topN`. Values are texts, switches are booleans. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export interface Settings {
  /** Oldest first. Undefined when no date was asked for. */
  dates: PartitionDate[] | undefined;
  today: PartitionDate;
  run: RunId | undefined;
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
const MAX_COUNT = 1_000_000;
const MAX_DATES = 10_000;
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
  const reader = new Reader(flags, environment);
  const dataDir = reader.directory('dataDir', '--data-dir') ?? DEFAULT_DATA_DIR;
  const today = partitionDate(now);
  const offline = flags.offline === true;
  const settings: Settings = {
    dates: reader.dates(),
    today,
    run: reader.run(),
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
  if (reader.mistakes.length > 0) throw new UsageError(reader.mistakes);
  return settings;
}

/** Looks values up and gathers what is wrong with them. */
class Reader {
  readonly mistakes: string[] = [];

  constructor(
    private readonly flags: Flags,
    private readonly environment: Environment,
  ) {}

  count(flag: string, name: string, variable: string, most: number): number | undefined {
    return this.#number(
      this.#find(flag, name, variable),
      /^\d+$/,
      `a whole number from 1 to ${most}`,
      1,
      most,
    );
  }

  rate(): number | undefined {
    const found = this.#find('rate', '--rate', 'RATE');
    return this.#number(
      found,
      /^\d+(\.\d+)?$/,
      'a number of calls a second, from 0.001 to 1000',
      0.001,
      1_000,
    );
  }

  url(flag: string, name: string, variable?: string): string | undefined {
    const found = this.#find(flag, name, variable);
    if (found && !(isHttp(found.value) && URL.canParse(found.value))) {
      this.mistakes.push(`${found.name} must be a URL that begins with http:// or https://`);
    }
    return found?.value;
  }

  directory(flag: string, name: string): string | undefined {
    return this.#place(this.#find(flag, name), isLocal, 'a directory or a file: URI of one');
  }

  store(flag: string, name: string, variable: string): string | undefined {
    const isStore = (uri: string) => isLocal(uri) || s3Location(uri) !== undefined;
    const expected = 'a directory, a file: URI of one, or s3://BUCKET/PREFIX';
    return this.#place(this.#find(flag, name, variable), isStore, expected);
  }

  queue(flag: string, name: string, variable: string): string | undefined {
    const isQueue = (uri: string) => isLocal(uri) || isQueueUrl(uri);
    const expected = 'a directory, a file: URI of one, or the URL of an SQS queue';
    return this.#place(this.#find(flag, name, variable), isQueue, expected);
  }

  /** The variables are the AWS CLI's (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html). */
  aws(): AwsSettings {
    const value = (flag: string, name: string, variable?: string) => this.#find(flag, name, variable)?.value;
    const endpointUrl = this.url('endpointUrl', '--endpoint-url');
    const { AWS_ENDPOINT_URL: everywhere, AWS_ENDPOINT_URL_S3: ofS3 } = this.environment;
    const profile = value('profile', '--profile');
    const credentials = profile === undefined ? this.#awsKeys() : undefined;
    return {
      region: value('region', '--region', 'AWS_REGION') ?? value('', '', 'AWS_DEFAULT_REGION'),
      profile,
      endpointUrl,
      pathStyle: Boolean(endpointUrl || everywhere || ofS3),
      ...(credentials ? { credentials } : {}),
    };
  }

  /** Keys beside AWS_PROFILE win, as with the AWS CLI; the SDK would do it the other way round. */
  #awsKeys(): AwsSettings['credentials'] {
    const {
      AWS_PROFILE: profile,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = this.environment;
    if (!profile || !accessKeyId || !secretAccessKey) return undefined;
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) });
  }

  /** An HTTP URL, or else a file. */
  source(flag: string, name: string, variable?: string): string | undefined {
    const found = this.#find(flag, name, variable);
    const isSource = found && (isHttp(found.value) ? URL.canParse(found.value) : isLocal(found.value));
    if (isSource === false) {
      this.mistakes.push(`${found?.name} must be a file or a URL that begins with http:// or https://`);
    }
    return found?.value;
  }

  run(): RunId | undefined {
    const found = this.#find('run', '--run');
    if (found && !RunId.safeParse(found.value).success) {
      this.mistakes.push(
        `--run '${found.value}' is no run id such as 20261123T030000Z or 20261123T101512Z-k3f9qz`,
      );
    }
    if (found && this.flags.date === undefined) this.mistakes.push('--run needs the --date of the run');
    return found?.value;
  }

  dates(): PartitionDate[] | undefined {
    const [date, from, to] = [this.#date('date'), this.#date('from'), this.#date('to')];
    if (date.given && (from.given || to.given)) this.mistakes.push('--date cannot go with --from and --to');
    if (from.given !== to.given) this.mistakes.push('--from and --to go together: both dates are included');
    if (date.value !== undefined) return [date.value];
    if (from.value === undefined || to.value === undefined) return undefined;
    if (from.value > to.value) {
      this.mistakes.push(`--from ${from.value} is after --to ${to.value}: swap them`);
      return undefined;
    }
    const count = daysBetween(from.value, to.value) + 1;
    if (count > MAX_DATES) {
      this.mistakes.push(
        `--from ${from.value} --to ${to.value} is ${count} dates: at most ${MAX_DATES} go at once`,
      );
      return undefined;
    }
    return datesBetween(from.value, to.value);
  }

  #place(
    found: { name: string; value: string } | undefined,
    isPlace: (uri: string) => boolean,
    expected: string,
  ): string | undefined {
    if (found && !isPlace(found.value)) {
      this.mistakes.push(`${found.name} must be ${expected}, but is '${found.value}'`);
    }
    return found?.value;
  }

  #date(flag: 'date' | 'from' | 'to'): { given: boolean; value?: PartitionDate } {
    const found = this.#find(flag, `--${flag}`);
    if (!found) return { given: false };
    if (isPartitionDate(found.value)) return { given: true, value: found.value };
    this.mistakes.push(`--${flag} '${found.value}' is no date: give a calendar day as YYYY-MM-DD`);
    return { given: true };
  }

  #number(
    found: { name: string; value: string } | undefined,
    shape: RegExp,
    expected: string,
    least: number,
    most: number,
  ): number | undefined {
    if (!found) return undefined;
    const number = shape.test(found.value) ? Number(found.value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.mistakes.push(`${found.name} must be ${expected}, but is '${found.value}'`);
    return undefined;
  }

  /** The flag, or else a variable that is set and not empty; `name` says which of them. */
  #find(flag: string, name: string, variable?: string): { name: string; value: string } | undefined {
    const given = this.flags[flag];
    if (typeof given === 'string') {
      if (given.trim() !== '') return { name, value: given };
      if (!this.mistakes.includes(`${name} is empty`)) this.mistakes.push(`${name} is empty`);
      return undefined;
    }
    const value = variable === undefined ? undefined : this.environment[variable]?.trim();
    return variable !== undefined && value ? { name: variable, value } : undefined;
  }
}
