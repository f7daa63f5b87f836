import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';
import type { Ora } from 'ora';
import { InterruptedError, UnfinishedError, UsageError } from './errors.js';
import type { Log, Progress, Retry } from './log.js';
import { explain, stackOf } from './terminal/explain.js';
import { StepProgress } from './terminal/step-progress.js';
import type { tableOf } from './terminal/table.js';
import { printable } from './terminal/text.js';

export { counted, printable } from './terminal/text.js';

const SPINNER_TEXT_MS = 100;
const PLAIN_PROGRESS_MS = 5_000;
/** Taken by the spinner and its space, and by the `^C` that a terminal shows: behind a full line it would wrap. */
const BESIDE_THE_TEXT = '⠋ '.length + '^C'.length + 1;

export interface TerminalOptions {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Results are one JSON object per date instead of tables. */
  json: boolean;
  /** No progress and no tables; warnings and errors stay. */
  quiet: boolean;
  verbose: boolean;
  color: boolean;
  /** Undefined where no table is shown: with `json` or `quiet`. */
  tableOf: typeof tableOf | undefined;
  /** Where a usage error sends its reader: `movie-etl run-all --help`. */
  help: string;
  /** Makes the commands in a message such that they can be pasted: with the place flags that were given. */
  pasteable: (message: string) => string;
}

/**
 * What a person sees: results on stdout, progress and messages on stderr. On a terminal a spinner shows how far a
 * step is, in one line that never wraps; elsewhere each step is a plain line, and a long one says how far it is every
 * five seconds.
 */
export class Terminal implements Log {
  readonly #options: TerminalOptions;
  /** Colours for stderr, and for stdout: one of them may be a pipe. */
  readonly #paint: ChalkInstance;
  readonly #paintResult: ChalkInstance;
  #step: StepProgress | undefined;
  #spinner: Ora | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What the step that was interrupted had still to do. */
  #left: string | undefined;

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
    const step = await this.#begin(printable(title));
    try {
      const result = await work();
      this.#end(`${this.#paint.green('✔')} ${printable(`${title}: ${done(result)}`)}${this.#effort(step)}`);
      return result;
    } catch (error) {
      this.#fail(step, error);
      throw error;
    }
  }

  progress(progress: Progress): void {
    this.#step?.tell({ ...progress, noun: printable(progress.noun) }, Date.now());
  }

  retry(retry: Retry): void {
    const { reason, seconds } = retry;
    this.debug(`${reason}: asked again in ${seconds.toFixed(1)} s`);
    const wasWaiting = this.#step?.isWaiting(Date.now());
    this.#step?.retry({ ...retry, reason: printable(reason) }, Date.now());
    if (!wasWaiting && this.#step?.isWaiting(Date.now())) this.#tell();
  }

  info(message: string): void {
    if (!this.#options.quiet) this.#line(this.#shown(message));
  }

  warn(message: string): void {
    this.#line(`${this.#paint.yellow('warning:')} ${this.#shown(message)}`);
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
    const { help, pasteable } = this.#options;
    for (const line of explain(error, { help, pasteable, left: this.#left })) {
      this.#line(`${this.#paint.red('error:')} ${printable(line)}`);
    }
    if (!this.#options.verbose || !(error instanceof Error) || isExpected(error)) return;
    for (const line of stackOf(error).split('\n')) this.#line(this.#paint.dim(printable(line)));
  }

  /** Rows under a head, numbers to the right, without borders. */
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
    return this.#options.tableOf?.(head, rows, this.#paintResult.bold) ?? '';
  }

  async #begin(title: string): Promise<StepProgress> {
    const step = new StepProgress(title, Date.now());
    this.#step = step;
    if (this.#options.quiet) return step;
    this.#spinner = await this.#spinnerOf(title);
    if (this.#spinner) {
      this.#tell();
      this.#spinner.start();
    }
    const every = this.#spinner ? SPINNER_TEXT_MS : PLAIN_PROGRESS_MS;
    this.#timer = setInterval(() => this.#tell(), every).unref();
    return step;
  }

  /**
   * Plain lines for a pipe, a dumb terminal, and one that does not tell its width (cron over ssh): ora divides by it.
   * It is loaded only where there may be a spinner.
   */
  async #spinnerOf(title: string): Promise<Ora | undefined> {
    const { color, stderr } = this.#options;
    if (!stderr.isTTY || !(stderr.columns > 0)) return undefined;
    const { default: ora } = await import('ora');
    const look = color ? { color: 'cyan' as const } : { color: false as const };
    const spinner = ora({ text: title, stream: stderr, discardStdin: false, ...look });
    return spinner.isEnabled ? spinner : undefined;
  }

  /** How far the step is: beside the spinner, or as a line. */
  #tell(): void {
    if (!this.#step || this.#options.quiet) return;
    const now = Date.now();
    if (!this.#spinner) this.#line(this.#step.line(now));
    else {
      this.#spinner.text = this.#step.line(now, this.#options.stderr.columns - BESIDE_THE_TEXT);
    }
  }

  #end(line: string): void {
    this.#stop();
    if (!this.#options.quiet) this.#line(line);
  }

  /** On a terminal the step stays marked with how far it was; on a pipe the error itself is the line. */
  #fail({ title, reached, left }: StepProgress, error: unknown): void {
    const interrupted = error instanceof InterruptedError;
    if (interrupted) this.#left = left === undefined ? undefined : `${title} has ${left}`;
    const turned = this.#spinner !== undefined;
    this.#stop();
    if (!turned) return;
    const far = reached === undefined ? title : `${title}: ${reached}`;
    this.#line(`${this.#paint.red('✖')} ${far}${interrupted ? ', interrupted' : ''}`);
  }

  /** Erases the spinner. */
  #stop(): void {
    clearInterval(this.#timer);
    this.#spinner?.stop();
    this.#spinner = undefined;
    this.#step = undefined;
  }

  /** How long the step took and how often it asked again, if that is worth a look. */
  #effort({ startedAt, retries }: StepProgress): string {
    const seconds = (Date.now() - startedAt) / 1000;
    const parts = [
      ...(seconds < 1 ? [] : [`${seconds.toFixed(1)} s`]),
      ...(retries === undefined ? [] : [retries]),
    ];
    return parts.length === 0 ? '' : this.#paint.dim(` (${parts.join(', ')})`);
  }

  #shown(message: string): string {
    return printable(this.#options.pasteable(message));
  }

  /** A line of its own. A spinner makes room for whatever is written while it turns. */
  #line(text: string): void {
    this.#options.stderr.write(`${text}\n`);
  }
}

/** Where such an error comes from says nothing: it is an answer, not a fault. */
function isExpected(error: Error): boolean {
  return error.cause === undefined && (error instanceof UnfinishedError || error instanceof UsageError);
}

type ColorSupport = typeof supportsColor;
