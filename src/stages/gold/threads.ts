import { Worker } from 'node:worker_threads';
import { DecodeError } from '../../errors.js';
import type { SilverPiece } from '../../records/silver-file.js';
import type { Job, Made } from './work.js';

/** What the threads are told when they start. */
export interface ThreadOptions {
  escapeFormulas: boolean;
}

/** To a thread: a piece to make something of, or, at the end, a question for its totals. */
export type Request = { job: Job; piece: SilverPiece } | 'states';

/** From a thread, in the order of the requests. A class does not survive the way: an error of ours goes in parts. */
export type Answer =
  | { made: Made }
  | { states: unknown[] }
  | { decodeError: { message: string; hint: string | undefined } }
  | { error: unknown };

/**
 * Megabytes for what is used for a moment, in each thread, of which V8 fills up to three. Twice as much saves nothing
 * that can be measured and takes 12 MB of memory, half of it takes a tenth longer.
 */
const YOUNG_MB = 4;

/** Each thread takes half a second of processor time to get going: the next one starts after so much work. */
const BYTES_PER_START = 16 * 1024 * 1024;

/** Threads that share the pieces of a file among them. The first one starts at once, the others when it is worth it. */
export class Threads {
  readonly #threads: Thread[];
  #given = 0;

  constructor(
    private readonly most: number,
    private readonly options: ThreadOptions,
  ) {
    this.#threads = [new Thread(options)];
  }

  /** The piece's memory is the thread's from now on. */
  async make(job: Job, piece: SilverPiece): Promise<Made> {
    this.#given += piece.bytes.length;
    if (this.#threads.length < this.most && this.#given > BYTES_PER_START * this.#threads.length)
      this.#threads.push(new Thread(this.options));
    const idlest = this.#threads.reduce((least, each) => (each.waiting < least.waiting ? each : least));
    const answer = await idlest.ask({ job, piece }, [piece.bytes.buffer]);
    if ('made' in answer) return answer.made;
    throw errorIn(answer);
  }

  /** What each thread's totals came to. */
  states(): Promise<unknown[][]> {
    return Promise.all(
      this.#threads.map(async (thread) => {
        const answer = await thread.ask('states', []);
        if ('states' in answer) return answer.states;
        throw errorIn(answer);
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Asked {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** A worker that answers each request in turn. */
class Thread {
  readonly #worker: Worker;
  readonly #asked: Asked[] = [];
  #failure: unknown;

  constructor(workerData: ThreadOptions) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      // Neither flags nor NODE_OPTIONS of the process, which may load anything, are meant for it.
      execArgv: [],
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.on('message', (answer: Answer) => this.#asked.shift()?.resolve(answer));
    this.#worker.once('error', (error) => this.#fail(error));
    this.#worker.once('exit', () => this.#fail(new Error('a thread ended before its work was done')));
  }

  get waiting(): number {
    return this.#asked.length;
  }

  ask(request: Request, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }
}

function errorIn(answer: Answer): unknown {
  if ('decodeError' in answer) {
    const { message, hint } = answer.decodeError;
    return new DecodeError(message, hint === undefined ? {} : { hint });
  }
  return 'error' in answer ? answer.error : new Error('a thread answered something else');
}
