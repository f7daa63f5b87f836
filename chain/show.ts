import { Chalk, type ChalkInstance } from 'chalk';
import { counted } from '../src/terminal.js';
import { s3Location } from '../src/uri.js';
import type { ChainEvent, Invocation } from './events.js';

const TIME_WIDTH = 9;
const WHAT_WIDTH = 34;
const LONGEST_FACT = 30;

/** Where lines go to. A pipe has no columns, and its lines are not cut. */
export type Width = Partial<Pick<NodeJS.WriteStream, 'columns'>>;

/** A line for each event of a chain that a person wants to see; undefined for the others. */
export class Show {
  readonly #paint: ChalkInstance;
  readonly #width: Width;
  readonly #begun: number;

  /**
   * @param colorLevel of chalk; 0 is plain text
   * @param width no line is longer
   * @param begun when the chain began, in milliseconds of `performance.now()`
   */
  constructor(colorLevel: 0 | 1 | 2 | 3, width: Width, begun: number) {
    this.#paint = new Chalk({ level: colorLevel });
    this.#width = width;
    this.#begun = begun;
  }

  line(event: ChainEvent): string | undefined {
    const { cyan, green, red, yellow, dim } = this.#paint;
    switch (event.kind) {
      case 'fired':
        return this.#row(cyan, `${event.schedule} → ${event.function}`, event.input);
      case 'received':
        return this.#row(cyan, `SQS → ${event.function}`, counted(event.messages, 'message'));
      case 'notified':
        return this.#row(cyan, `S3 → ${event.function}`, keyOf(event.uri));
      case 'ended':
        return event.invocation.outcome?.ok
          ? this.#row(green, `  ✔ ${event.invocation.function}`, answerOf(event.invocation))
          : this.#row(red, `  ✖ ${event.invocation.function}`, errorOf(event.invocation));
      case 'returned': {
        const what = `${counted(event.messages, 'message')} will come back: ${event.reason}`;
        return this.#row(yellow, `  ↩ ${event.queue}`, what);
      }
      case 'retrying':
        return this.#row(yellow, `  ↻ ${event.invocation.function}`, 'is tried again');
      case 'failed':
        return this.#row(red, `  ✖ ${event.invocation.function}`, failureOf(event.destination));
      case 'logged':
        return isComplaint(event.line) ? this.#row(dim, `    ${event.function}`, event.line) : undefined;
      case 'started':
      case 'stored':
        return undefined;
    }
  }

  #row(paint: ChalkInstance, what: string, detail: string): string {
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(2);
    const time = `+${seconds} s`.padStart(TIME_WIDTH);
    const head = `  ${what.padEnd(WHAT_WIDTH)} `;
    const line = cutTo(this.#width, `${time}${head}${detail}`);
    const headEnd = time.length + head.length;
    const painted = paint(line.slice(time.length, headEnd));
    return `${this.#paint.dim(line.slice(0, time.length))}${painted}${line.slice(headEnd)}`;
  }
}

/** The line, ended with "…" where it is longer than the terminal is wide. */
export function cutTo({ columns }: Width, line: string): string {
  return columns && line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}

/** @param destination ARN of who is told */
function failureOf(destination: string | undefined): string {
  const name = destination?.split(':').at(-1);
  return name === undefined ? 'failed for good' : `failed for good: ${name}`;
}

/** What tells one object from another; the layer is in it. */
function keyOf(uri: string): string {
  return s3Location(uri)?.prefix ?? uri;
}

/** The short values of an answer: counts, dates, ids. Of a batch: how many of its messages are done. */
function answerOf({ event, outcome, milliseconds }: Invocation): string {
  const took = `${Math.round(milliseconds)} ms`;
  const response = outcome?.ok ? outcome.response : undefined;
  const failures = (response as { batchItemFailures?: unknown[] } | null)?.batchItemFailures;
  if (failures) {
    const all = (event as { Records: unknown[] }).Records.length;
    return `${took}, ${all - failures.length} of ${counted(all, 'message')} done`;
  }
  const facts = [response].flat().flatMap((summary) =>
    Object.entries(summary ?? {})
      .filter(([, value]) => ['string', 'number'].includes(typeof value))
      .map(([name, value]) => `${name} ${value}`)
      .filter((fact) => fact.length <= LONGEST_FACT),
  );
  return [took, ...facts].join(', ');
}

function errorOf({ outcome }: Invocation): string {
  return outcome?.ok === false ? `${outcome.error.errorType}: ${outcome.error.errorMessage}` : '';
}

/** A line of a log is JSON with a level; any other line was not meant to be there. */
function isComplaint(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: string };
    return ['WARN', 'ERROR', 'CRITICAL'].includes(level ?? '');
  } catch {
    return true;
  }
}
