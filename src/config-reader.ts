import type { AwsSettings } from './aws.js';
import { readAws } from './config-aws.js';
import type { Found, Otherwise, SettingsLookup } from './config-lookup.js';
import { ImdbId } from './records/movie-list.js';
import { datesBetween, daysBetween, isPartitionDate, type PartitionDate, RunId } from './records/run.js';
import { isHttp, isLocal, isQueueUrl, KEY_IN_PATH, s3Location, withoutSecrets } from './uri.js';

const MAX_DATES = 10_000;
const MAX_ATTEMPTS = 100;
const NOT_SHOWN = '***';

/** Reads settings by their kind, and gathers what is wrong with them. */
export class SettingsReader {
  readonly #lookup: SettingsLookup;
  readonly #mistakes: string[];

  constructor(lookup: SettingsLookup) {
    this.#lookup = lookup;
    this.#mistakes = lookup.mistakes;
  }

  count(setting: string, variable: string, most: number, otherwise: Otherwise<number>): number | undefined {
    const expected = `a whole number from 1 to ${most}`;
    const read = (found: Found) => this.#number(found, /^\d+$/, expected, 1, most);
    return this.#lookup.setting(setting, { variables: [variable], read, otherwise });
  }

  rate(): number | undefined {
    const expected = 'a number of calls a second, from 0.001 to 1000';
    const read = (found: Found) => this.#number(found, /^\d+(\.\d+)?$/, expected, 0.001, 1_000);
    return this.#lookup.setting('rate', { variables: ['RATE'], read, otherwise: { words: 'no limit' } });
  }

  url(setting: string, variables: readonly string[], otherwise: Otherwise<string>): string | undefined {
    const isUrl = (value: string) => isHttp(value) && URL.canParse(value);
    return this.#address(setting, variables, isUrl, 'a URL', otherwise);
  }

  /** An HTTP URL, or else a file. */
  source(setting: string, variables: readonly string[], otherwise: Otherwise<string>): string | undefined {
    const isSource = (value: string) => (isHttp(value) ? URL.canParse(value) : isLocal(value));
    return this.#address(setting, variables, isSource, 'a file or a URL', otherwise);
  }

  /** The directory of what has no place of its own. @returns where a layer is, and who says so */
  dataDirectory(fallback: string): (layer: string) => { value: string; from: string } {
    const expected = 'a directory or a file: URI of one';
    const directory = this.#place('dataDir', [], isLocal, expected, { value: fallback, from: 'default' });
    const from = this.#lookup.facts.at(-1)?.from ?? 'default';
    return (layer) => ({ value: `${directory}/${layer}`, from });
  }

  store(setting: string, variable: string, otherwise: { value: string; from: string }): string {
    const isStore = (uri: string) => isLocal(uri) || s3Location(uri) !== undefined;
    const expected = 'a directory, a file: URI of one, or s3://BUCKET/PREFIX';
    return this.#place(setting, [variable], isStore, expected, otherwise);
  }

  queue(otherwise: { value: string; from: string }): string {
    const isQueue = (uri: string) => isLocal(uri) || isQueueUrl(uri);
    const expected = 'a directory, a file: URI of one, or the URL of an SQS queue';
    return this.#place('queue', ['QUEUE_URL'], isQueue, expected, otherwise);
  }

  /** A flag without a value. */
  switch(setting: string): boolean {
    const on = this.#lookup.flags[setting] === true;
    this.#lookup.note(setting, on, on ? `flag --${setting}` : 'default');
    return on;
  }

  aws(): AwsSettings {
    const settings = readAws(this.#lookup, (setting) => this.url(setting, [], {}));
    const otherwise = { words: 'for some ten seconds' };
    return {
      ...settings,
      maxAttempts: this.count('maxAttempts', 'AWS_MAX_ATTEMPTS', MAX_ATTEMPTS, otherwise),
    };
  }

  run(): RunId | undefined {
    const found = this.#lookup.find('run');
    if (found && !RunId.safeParse(found.value).success) {
      this.#mistakes.push(
        `--run '${found.value}' is no run id such as 20261123T030000Z or 20261123T101512Z-k3f9qz`,
      );
    }
    if (found && this.#lookup.flags.date === undefined)
      this.#mistakes.push('--run needs the --date of the run');
    return found?.value;
  }

  /** Several ids may stand in one text, with commas between them. */
  giveUp(): string[] | undefined {
    const given = this.#lookup.flags.giveUp;
    if (typeof given !== 'object') return undefined;
    const ids = given.flatMap((text) => text.split(',')).map((text) => text.trim());
    for (const id of ids) {
      if (ImdbId.safeParse(id).success) continue;
      this.#mistakes.push(`--give-up '${id}' is no IMDb id such as tt0111161 (several: tt0111161 tt0068646)`);
    }
    if (this.#lookup.flags.date === undefined) {
      this.#mistakes.push('--give-up needs the --date of the run, one date and no range');
    }
    return [...new Set(ids)];
  }

  dates(): PartitionDate[] | undefined {
    const [date, from, to] = [this.#date('date'), this.#date('from'), this.#date('to')];
    if (date.given && (from.given || to.given)) this.#mistakes.push('--date cannot go with --from and --to');
    if (from.given !== to.given) this.#mistakes.push('--from and --to go together: both dates are included');
    if (date.value !== undefined) return [date.value];
    if (from.value === undefined || to.value === undefined) return undefined;
    if (from.value > to.value) {
      this.#mistakes.push(`--from ${from.value} is after --to ${to.value}: swap them`);
      return undefined;
    }
    const count = daysBetween(from.value, to.value) + 1;
    if (count > MAX_DATES) {
      this.#mistakes.push(
        `--from ${from.value} --to ${to.value} is ${count} dates: at most ${MAX_DATES} go at once`,
      );
      return undefined;
    }
    return datesBetween(from.value, to.value);
  }

  #place(
    setting: string,
    variables: readonly string[],
    isPlace: (uri: string) => boolean,
    expected: string,
    otherwise: { value: string; from: string },
  ): string {
    const read = ({ value, name }: Found) => {
      const shown = withoutSecrets(value);
      if (!isPlace(value)) this.#mistakes.push(`${name} must be ${expected}, but is '${shown}'`);
      return value;
    };
    const place = this.#lookup.setting(setting, { variables, read, otherwise, shown: withoutSecrets });
    return place ?? otherwise.value;
  }

  /** What is no address is not quoted: it may be a key. */
  #address(
    setting: string,
    variables: readonly string[],
    isAddress: (value: string) => boolean,
    expected: string,
    otherwise: Otherwise<string>,
  ): string | undefined {
    const read = ({ value, name }: Found) => {
      if (!isAddress(value))
        this.#mistakes.push(`${name} must be ${expected} that begins with http:// or https://`);
      return value;
    };
    const shown = (value: string) => {
      if (!isAddress(value)) return NOT_SHOWN;
      return isHttp(value) ? withoutSecrets(value).replace(KEY_IN_PATH, '/k_***') : value;
    };
    return this.#lookup.setting(setting, { variables, read, otherwise, shown });
  }

  #date(flag: 'date' | 'from' | 'to'): { given: boolean; value?: PartitionDate } {
    const found = this.#lookup.find(flag);
    if (!found) return { given: false };
    if (isPartitionDate(found.value)) return { given: true, value: found.value };
    this.#mistakes.push(`--${flag} '${found.value}' is no date: give a calendar day as YYYY-MM-DD`);
    return { given: true };
  }

  #number(
    { value, name }: Found,
    shape: RegExp,
    expected: string,
    least: number,
    most: number,
  ): number | undefined {
    const number = shape.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.#mistakes.push(`${name} must be ${expected}, but is '${value}'`);
    return undefined;
  }
}
