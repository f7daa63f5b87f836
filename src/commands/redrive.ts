import type { Flags } from '../config.js';
import { InterruptedError, messageOf } from '../errors.js';
import type { DeadLetter, QueueDepth } from '../queues/queue.js';
import { decodeJson } from '../records/decode.js';
import { Message } from '../records/message.js';
import type { PartitionDate, RunId } from '../records/run.js';
import { counted, type Terminal } from '../terminal.js';
import { isQueueUrl } from '../uri.js';
import type { Context } from './context.js';
import { type Session, withSession } from './session.js';

/** So many dead letters are named; the others are counted. */
const MOST_LETTERS = 100;

/** What `--json` prints. */
interface RedriveSummary {
  /** Path or URL. */
  queue: string;
  dryRun: boolean;
  /** How many dead letters left the dead-letter queue or are leaving it; of a dry run, how many would. */
  redriven: number;
  /** Of the queue after the redrive; of a dry run, as it stands. SQS's counts are estimates. */
  depth: QueueDepth;
  /** The first hundred of them, where they can be looked at without being taken: not in SQS. */
  letters?: (BatchLetter | UnreadableLetter)[];
}

interface BatchLetter {
  id: string;
  date: PartitionDate;
  runId: RunId;
  batch: number;
  /** IMDb ids. */
  movies: string[];
}

interface UnreadableLetter {
  id: string;
  /** Why. */
  unreadable: string;
  /** A pattern of its name, below the queue's directory. */
  file: string;
}

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['queue'], async (session) => {
    const { services, terminal } = session;
    const { queue } = services;
    const dryRun = flags.dryRun === true;
    const letters = (await queue.deadLetters?.(MOST_LETTERS))?.map(letterOf);
    const work = async () => {
      const left = dryRun ? undefined : await redrive(session);
      const depth = await queue.depth();
      return { redriven: left ?? depth.dead, depth };
    };
    const { redriven, depth } = await terminal.step('redrive', work, (result) =>
      told(result.redriven, dryRun),
    );
    const summary: RedriveSummary = {
      queue: queue.uri,
      dryRun,
      redriven,
      depth,
      ...(letters && { letters }),
    };
    terminal.result([summary], () =>
      [...(dryRun && letters ? lettersTable(terminal, letters) : []), depthTable(terminal, summary)].join(
        '\n',
      ),
    );
    if (redriven === 0) return;
    for (const letter of letters ?? []) if ('unreadable' in letter) terminal.warn(remedy(letter, queue.uri));
    if (dryRun) terminal.info(`to see why they failed: movie-etl status ${datesOf(letters ?? [])}--verbose`);
    else if (depth.dead > 0) terminal.info(`${counted(depth.dead, 'dead letter')} still on the way`);
    for (const line of next(queue.uri)) terminal.info(line);
  });
}

async function redrive({ services, terminal }: Session<'queue'>): Promise<number> {
  const { queue, signal } = services;
  const onMoved = (done: number, total: number) => terminal.progress({ done, total, noun: 'dead letters' });
  return queue.redrive({ signal, onMoved }).catch((error: unknown) => {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError({ hint: error.hint ?? 'go on with: movie-etl redrive' });
  });
}

function letterOf({ id, body, file }: DeadLetter): BatchLetter | UnreadableLetter {
  try {
    const { run, batch, movies } = decodeJson(Message, body, `message ${id}`);
    return { id, date: run.date, runId: run.id, batch, movies: movies.map((movie) => movie.id) };
  } catch (error) {
    return { id, unreadable: messageOf(error), file };
  }
}

function told(redriven: number, dryRun: boolean): string {
  if (redriven === 0) return 'no dead letters';
  return `${counted(redriven, 'dead letter')} ${dryRun ? 'would move' : 'moved'} back to the queue`;
}

function depthTable(terminal: Terminal, { queue, depth: { ready, hidden, dead } }: RedriveSummary): string {
  return terminal.table(['ready', 'hidden', 'dead', 'where'], [[ready, hidden, dead, queue]]);
}

/** A table and a line between it and what follows; nothing when there is none that can be read. */
function lettersTable(terminal: Terminal, letters: readonly (BatchLetter | UnreadableLetter)[]): string[] {
  const rows = letters.flatMap((letter) =>
    'unreadable' in letter ? [] : [[letter.date, letter.runId, letter.batch, moviesOf(letter)]],
  );
  return rows.length === 0 ? [] : [terminal.table(['date', 'run', 'batch', 'movies'], rows), ''];
}

function moviesOf({ movies: [first = '', ...others] }: BatchLetter): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function remedy({ unreadable, file }: UnreadableLetter, uri: string): string {
  return `${unreadable}; it will fail again, unless you delete it: ${file} below ${uri}`;
}

/** The flags for the dates of dead letters, and a space behind them. */
function datesOf(letters: readonly (BatchLetter | UnreadableLetter)[]): string {
  const dates = letters.flatMap((letter) => ('date' in letter ? [letter.date] : [])).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined) return '';
  return first === last ? `--date ${first} ` : `--from ${first} --to ${last} `;
}

/** What becomes of the messages. A FIFO queue hands out one message of a group at a time: see `deduplicationId`. */
function next(uri: string): string[] {
  if (!isQueueUrl(uri))
    return [
      'moved back, each has ten receives again, behind what is in the queue',
      'go on with: movie-etl enrich',
    ];
  const groups = uri.endsWith('.fifo') ? ', and a group of its own: none waits for another' : '';
  return [
    `moved back, each is a new message with all its receives${groups}`,
    'the Lambda function of the queue takes them; without one, go on with: movie-etl enrich',
  ];
}
