import { InterruptedError, messageOf, PipelineError, UsageError, wayOut } from '../errors.js';

export interface Circumstances {
  /** The command whose help says what is right: `movie-etl run-all --help`. */
  help: string;
  /** What the step that was interrupted had still to do. */
  left: string | undefined;
  /** Makes the commands in a text such that they can be pasted. */
  pasteable: (text: string) => string;
}

/** A line per error, each mistake of a usage error its own: what happened, and what to do next. */
export function explain(error: unknown, { help, left, pasteable }: Circumstances): string[] {
  if (error instanceof UsageError) return error.mistakes.map((mistake) => `${oneLine(mistake)}; see ${help}`);
  const message = error instanceof PipelineError ? error.message : `unexpected: ${messageOf(error)}`;
  const rest = error instanceof InterruptedError && left !== undefined ? `; ${left}` : '';
  return [`${oneLine(message)}${rest}; ${pasteable(wayOut(error))}`];
}

/** The stack of an error and of its causes. */
export function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

function oneLine(text: string): string {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join(' ');
}
