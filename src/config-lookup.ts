export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags as commander hands them over: `--top-n` is `topN`. Values are texts or lists of them, switches are booleans. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** One setting for a person to look at: no secret is in it. */
export interface SettingFact {
  /** As its flag is typed, without the dashes: `omdb-url`. */
  name: string;
  /** Null where nothing is set. */
  value: string | number | boolean | null;
  /** What it means that nothing is set: `no limit`. */
  words?: string;
  /** `flag --top-n`, `environment TOP_N`, `.env file TOP_N`, `default`. */
  from: string;
  /** The value cannot be used: it is one of the mistakes. */
  wrong: boolean;
}

/** A value that was given. */
export interface Found {
  value: string;
  /** What gave it, for a message: `--top-n` or `TOP_N`. */
  name: string;
  /** The same as a person is told of it. */
  from: string;
  byFlag: boolean;
}

/** What holds where nothing is given. */
export interface Otherwise<Value> {
  value?: Value;
  /** What the setting comes to where it is used, while it stays unset here. */
  inEffect?: string;
  words?: string;
  from?: string;
}

/** How one setting is read. */
export interface Reading<Value> {
  /** Looked at in this order, after the flag. */
  variables?: readonly string[];
  /** Checks the value, and adds to the mistakes what is wrong with it. */
  read: (found: Found) => Value | undefined;
  otherwise?: Otherwise<Value>;
  /** What a person sees of the value; by default all of it. */
  shown?: (value: string) => string;
}

const NOT_SET = 'not set';
const MASKED = '****';

/**
 * Looks settings up, flags before the environment, and keeps what was found out about each. A setting's flag is called
 * as the setting is: `topN` is `--top-n`.
 */
export class SettingsLookup {
  readonly mistakes: string[] = [];
  /** Of every setting that was looked up, in that order. */
  readonly facts: SettingFact[] = [];

  /** @param fromFile the variables that a `.env` file gave */
  constructor(
    readonly flags: Flags,
    readonly environment: Environment,
    private readonly fromFile: ReadonlySet<string> = new Set(),
  ) {}

  setting<Value>(setting: string, reading: Reading<Value>): Value | undefined {
    const { variables, read, otherwise = {}, shown = (value) => value } = reading;
    const before = this.mistakes.length;
    const found = this.find(setting, variables);
    const value = found && read(found);
    const wrong = this.mistakes.length > before;
    if (!found && !wrong) {
      const { value: fallback, inEffect, words = NOT_SET, from = 'default' } = otherwise;
      const plain = typeof fallback === 'string' || typeof fallback === 'number' ? fallback : inEffect;
      if (plain !== undefined) this.note(setting, plain, from);
      else this.note(setting, null, from, { words });
      return fallback;
    }
    const given = found ? shown(found.value) : '';
    const from = found?.from ?? `flag ${flagOf(setting)}`;
    this.note(setting, typeof value === 'number' ? value : given, from, { wrong });
    return value;
  }

  /** What only a variable gives: in a command line, everybody on the machine could read it. */
  variable(setting: string, variable: string, { masked }: { masked: boolean }): string | undefined {
    const value = this.environment[variable]?.trim() || undefined;
    if (value === undefined) this.note(setting, null, 'default', { words: NOT_SET });
    else this.note(setting, masked ? MASKED : value, this.originOf(variable));
    return value;
  }

  /** The flag, or else the first variable that is set and not empty. */
  find(setting: string, variables: readonly string[] = []): Found | undefined {
    const given = this.flags[setting];
    const flag = flagOf(setting);
    if (typeof given === 'string') {
      if (given.trim() !== '') return { name: flag, value: given, from: `flag ${flag}`, byFlag: true };
      this.mistakes.push(`${flag} is empty`);
      return undefined;
    }
    for (const variable of variables) {
      const value = this.environment[variable]?.trim();
      if (value) return { name: variable, value, from: this.originOf(variable), byFlag: false };
    }
    return undefined;
  }

  note(
    setting: string,
    value: SettingFact['value'],
    from: string,
    { words, wrong = false }: Partial<Pick<SettingFact, 'words' | 'wrong'>> = {},
  ): void {
    this.facts.push({ name: kebab(setting), value, ...(words === undefined ? {} : { words }), from, wrong });
  }

  /** That something secret is set, and where. */
  noteMasked(setting: string, variable: string): void {
    this.note(setting, MASKED, this.originOf(variable));
  }

  originOf(variable: string): string {
    return `${this.fromFile.has(variable) ? '.env file' : 'environment'} ${variable}`;
  }
}

function flagOf(setting: string): string {
  return `--${kebab(setting)}`;
}

/** `topN` is `top-n`. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}
