import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';
import Table from 'cli-table3';
import ora, { type Ora } from 'ora';
import { messageOf, PipelineError, UsageError } from './errors.js';
import type { Log, Progress } from './log.js';

const PLAIN_PROGRESS_MS = 5_000;

export interface TerminalOptions {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Results are one JSON object per date instead of tables. */
  json: boolean;
  /** No progress and no tables; warnings and errors stay. */
  quiet: boolean;
  verbose: boolean;
  color: boolean;
}

/**
 * What a person sees: results on stdout, progress and messages on stderr. On a terminal a spinner shows how far a
 * stage is; on a pipe each stage is a plain line, and a long one says how far it is every five seconds.
 */
export class Terminal implements Log {
  readonly #options: TerminalOptions;
  /** Colours for stderr, and for stdout: one of them may be a pipe. */
  readonly #paint: ChalkInstance;
  readonly #paintResult: ChalkInstance;
  #spinner: Ora | undefined;
  #title = '';
  #started = 0;
  #lastLine = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
    const levelOf = (support: ColorSupport) => (options.color && support ? support.level : 0);
    this.#paint = new Chalk({ level: levelOf(supportsColorStderr) });
    this.#paintResult = new Chalk({ level: levelOf(supportsColor) });
  }

  /** Runs one stage and shows it. @param done says in a line what came out */
  async step<Result>(
    title: string,
    work: () => Promise<Result>,
    done: (result: Result) => string,
  ): Promise<Result> {
    this.#begin(title);
    try {
      const result = await work();
      this.#end(this.#paint.green('✔'), `${printable(`${title}: ${done(result)}`)}${this.#elapsed()}`);
      return result;
    } catch (error) {
      this.#fail();
      throw error;
    }
  }

  progress({ done, total, noun }: Progress): void {
    const seconds = (Date.now() - this.#started) / 1000;
    const rate = seconds > 0.5 ? `, ${(done / seconds).toFixed(done / seconds < 10 ? 1 : 0)}/s` : '';
    const text = `${this.#title}: ${done}${total === undefined ? '' : `/${total}`} ${printable(noun)}${rate}`;
    if (this.#spinner) this.#spinner.text = text;
    else if (!this.#options.quiet && Date.now() - this.#lastLine >= PLAIN_PROGRESS_MS) {
      this.#lastLine = Date.now();
      this.#line(text);
    }
  }

  info(message: string): void {
    if (!this.#options.quiet) this.#line(printable(message));
  }

  warn(message: string): void {
    this.#line(`${this.#paint.yellow('warning:')} ${printable(message)}`);
  }

  debug(message: string): void {
    if (this.#options.verbose) this.#line(this.#paint.dim(printable(message)));
  }

  /** The answer of a command: a table for a person, or one line of JSON for each summary. */
  result(summaries: readonly unknown[], table: () => string): void {
    const { json, quiet, stdout } = this.#options;
    const text = json
      ? summaries.map((summary) => printable(JSON.stringify(summary))).join('\n')
      : quiet
        ? ''
        : table();
    if (text !== '') stdout.write(`${text}\n`);
  }

  /** One line per error (each mistake of a usage error has its own): what happened, and what to do. */
  error(error: unknown): void {
    for (const line of explain(error)) this.#line(`${this.#paint.red('error:')} ${printable(line)}`);
    if (!this.#options.verbose || !(error instanceof Error)) return;
    for (const line of stackOf(error).split('\n')) this.#line(this.#paint.dim(printable(line)));
  }

  /** Rows under a head, numbers to the right, without borders. */
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
    const numeric = head.map(
      (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
    );
    const table = new Table({
      head: head.map((name) => this.#paintResult.bold(name)),
      colAligns: numeric.map((right) => (right ? 'right' : 'left')),
      chars: BORDERLESS,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    });
    table.push(...rows.map((row) => row.map((cell) => printable(String(cell)))));
    return table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  }

  #begin(title: string): void {
    this.#title = printable(title);
    this.#started = Date.now();
    this.#lastLine = this.#started;
    const { quiet, stderr } = this.#options;
    // A terminal that does not tell its width (cron over ssh, some CI) gets plain lines: ora would divide by it.
    if (quiet || !stderr.isTTY || !(stderr.columns > 0)) return;
    const color = this.#options.color ? { color: 'cyan' as const } : { color: false as const };
    this.#spinner = ora({ text: this.#title, stream: stderr, discardStdin: false, ...color }).start();
  }

  #end(symbol: string, text: string): void {
    if (this.#spinner) {
      this.#spinner.stopAndPersist({ symbol, text });
      this.#spinner = undefined;
    } else if (!this.#options.quiet) this.#line(`${symbol} ${text}`);
  }

  /** On a terminal the stage stays marked; on a pipe the error itself is the line. */
  #fail(): void {
    this.#spinner?.stopAndPersist({ symbol: this.#paint.red('✖'), text: this.#title });
    this.#spinner = undefined;
  }

  /** How long the stage took, if that is worth a look. */
  #elapsed(): string {
    const seconds = (Date.now() - this.#started) / 1000;
    return seconds < 1 ? '' : this.#paint.dim(` (${seconds.toFixed(1)} s)`);
  }

  /** A line of its own, also while a spinner turns. */
  #line(text: string): void {
    this.#spinner?.clear();
    this.#options.stderr.write(`${text}\n`);
    this.#spinner?.render();
  }
}

/** "1 movie", "250 movies", "2 batches". */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun}${noun.endsWith('ch') ? 'es' : 's'}`;
}

/**
 * A text of whatever origin as a terminal may see it: control characters (also ESC and C1, which steer it), line
 * breaks, and what changes the direction of writing are shown as escapes such as `\u001b`.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

type ColorSupport = typeof supportsColor;

const BORDERLESS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left']
    .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);

function explain(error: unknown): string[] {
  if (!(error instanceof PipelineError))
    return [`unexpected: ${oneLine(messageOf(error))} (--verbose shows where)`];
  const lines = (error instanceof UsageError ? error.mistakes : [error.message]).map(oneLine);
  if (error.hint === undefined) return lines;
  return lines.map((line) => `${line}; ${error.hint}`);
}

function oneLine(text: string): string {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join(' ');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
