import { throwIfInterrupted } from '../../errors.js';
import type { Log } from '../../log.js';
import type { SilverPiece } from '../../records/silver-file.js';
import type { Threads } from './threads.js';
import { type Job, type Made, Work } from './work.js';

/**
 * So much is done before a thread is started, which takes longer to begin than this takes to do. Of more, this
 * thread's memory would grow for good.
 */
const ALONE_BYTES = 4 * 1024 * 1024;
/** With two, and the thread that reads and puts, a million rows are made in less than 250 MB; each more has 40 MB. */
const MOST_THREADS = 2;
/** One that it works on, and one that waits for it. */
const PIECES_PER_THREAD = 2;

export interface CrewOptions {
  escapeFormulas: boolean;
  /** How many threads may be started; 0 for none. */
  threads: number;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** Makes gold of pieces of silver: of the first ones here, of what is more in threads. */
export class Crew {
  readonly #work: Work;
  readonly #most: number;
  #taken = 0;
  #threads: Promise<Threads> | undefined;

  constructor(private readonly options: CrewOptions) {
    this.#work = new Work(options.escapeFormulas);
    this.#most = Math.min(options.threads, MOST_THREADS);
  }

  /** How many pieces may be in work at the same time. */
  get piecesAtOnce(): number {
    return Math.max(1, this.#most * PIECES_PER_THREAD);
  }

  async make(job: Job, piece: SilverPiece): Promise<Made> {
    throwIfInterrupted(this.options.signal);
    if (this.#taken > 0) spareMemory();
    this.#taken += piece.bytes.length;
    if (this.#most === 0 || this.#taken <= ALONE_BYTES) return this.#work.make(job, piece);
    this.#threads ??= this.#start();
    return (await this.#threads).make(job, piece);
  }

  /** The totals of all that was listed. Nothing is to be in work any more. */
  async tables(): Promise<{ text: string; rows: number }[]> {
    const threads = await this.#threads;
    for (const states of (await threads?.states()) ?? []) this.#work.merge(states);
    return [...this.#work.tables()];
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await (await this.#threads)?.close();
  }

  async #start(): Promise<Threads> {
    const { Threads } = await import('./threads.js');
    this.options.log.debug(`up to ${this.#most} threads share the work on silver`);
    return new Threads(this.#most, { escapeFormulas: this.options.escapeFormulas });
  }
}

let isSpared = false;

/**
 * For files of more than one piece. The memory of a piece that was read is free again only when V8 looks for what is not
 * used any more. It would do so after ever more small objects, up to sixteen megabytes of them, with many times as much of
 * pieces behind them: told so early, it goes on as it begins, after one. Node before 20.16 is not told.
 */
function spareMemory(): void {
  if (isSpared) return;
  isSpared = true;
  // Not imported: that takes two milliseconds of each start, or a moment in which others may do something.
  process.getBuiltinModule?.('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
}
