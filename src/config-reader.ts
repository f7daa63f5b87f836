import type { AwsSettings } from './aws.js';
import { ImdbId } from './records/movie-list.js';
import { datesBetween, daysBetween, isPartitionDate, type PartitionDate, RunId } from './records/run.js';
import { isHttp, isLocal, isQueueUrl, s3Location, withoutSecrets } from './uri.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags as commander hands them over: `--top-n` is `topN`. Values are texts or lists of them, switches are booleans. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

const MAX_DATES = 10_000;
const MAX_ATTEMPTS = 100;

/** Looks values up, flags before the environment, and gathers what is wrong with them. */
export class SettingsReader {
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
      maxAttempts: this.count('', '', 'AWS_MAX_ATTEMPTS', MAX_ATTEMPTS),
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

  /** Several ids may stand in one text, with commas between them. */
  giveUp(): string[] | undefined {
    const given = this.flags.giveUp;
    if (typeof given !== 'object') return undefined;
    const ids = given.flatMap((text) => text.split(',')).map((text) => text.trim());
    for (const id of ids) {
      if (ImdbId.safeParse(id).success) continue;
      this.mistakes.push(`--give-up '${id}' is no IMDb id such as tt0111161 (several: tt0111161 tt0068646)`);
    }
    if (this.flags.date === undefined) {
      this.mistakes.push('--give-up needs the --date of the run, one date and no range');
    }
    return [...new Set(ids)];
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
      this.mistakes.push(`${found.name} must be ${expected}, but is '${withoutSecrets(found.value)}'`);
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
