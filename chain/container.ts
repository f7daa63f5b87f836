import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { LambdaError, Outcome } from './events.js';

/** What a container is started with. */
export interface ContainerSettings {
  /** The module, and the name of the handler that it exports. */
  file: string;
  exportName: string;
  /** All of the function's `process.env`. */
  environment: Record<string, string>;
}

export interface Assignment {
  event: unknown;
  /** The second argument of the handler, but for its methods. */
  context: { awsRequestId: string };
  timeoutSeconds: number;
}

type FromWorker = { kind: 'ready' } | { kind: 'outcome'; outcome: Outcome };

/**
 * Where one instance of a function lives: a thread with an environment of its own, that works on one invocation at a
 * time and stays warm in between. Different from Lambda: it runs on the Node of this process, sees this machine's
 * files, clock and time zone, is not frozen between invocations, and no limit of memory is enforced.
 */
export class Container {
  readonly #worker: Worker;
  readonly #started: Promise<void>;
  #settle: ((outcome: Outcome) => void) | undefined;
  #requestId: string | undefined;
  #end: LambdaError | undefined;

  /** @param onLine every line that the function writes, and during which invocation */
  constructor(
    { file, exportName, environment }: ContainerSettings,
    onLine: (line: string, requestId: string | undefined) => void,
  ) {
    this.#worker = new Worker(new URL('./container-worker.mjs', import.meta.url), {
      workerData: { file, exportName },
      env: environment,
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    for (const output of [this.#worker.stdout, this.#worker.stderr]) {
      createInterface({ input: output }).on('line', (line) => onLine(line, this.#requestId));
    }
    this.#started = new Promise((resolve) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') return resolve();
        // An outcome before anything was asked: the module could not be loaded.
        if (!this.#settle && !message.outcome.ok) this.#end = message.outcome.error;
        this.#settle?.(message.outcome);
        resolve();
      });
      this.#worker.once('error', (error) => {
        this.#finish({ errorType: error.name, errorMessage: error.message });
        resolve();
      });
      this.#worker.once('exit', (code) => {
        const errorMessage = `Runtime exited with error: exit status ${code}`;
        this.#finish({ errorType: 'Runtime.ExitError', errorMessage });
        resolve();
      });
    });
  }

  /** False once it can do no further work. */
  get usable(): boolean {
    return this.#end === undefined;
  }

  /** Never rejects: whatever goes wrong in the function is its outcome. One at a time. */
  async invoke({ event, context, timeoutSeconds }: Assignment): Promise<Outcome> {
    await this.#started;
    if (this.#end) return { ok: false, error: this.#end };
    this.#requestId = context.awsRequestId;
    const milliseconds = timeoutSeconds * 1000;
    const timeout = setTimeout(() => {
      const errorMessage = `${context.awsRequestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      this.#finish({ errorType: 'Sandbox.Timedout', errorMessage });
      void this.stop();
    }, milliseconds);
    const outcome = await new Promise<Outcome>((settle) => {
      this.#settle = settle;
      const deadline = Date.now() + milliseconds;
      this.#worker.postMessage({ event: JSON.stringify(event ?? null), context, deadline });
    });
    clearTimeout(timeout);
    this.#settle = undefined;
    this.#requestId = undefined;
    return outcome;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The first reason stays. */
  #finish(error: LambdaError): void {
    this.#end ??= error;
    this.#settle?.({ ok: false, error: this.#end });
  }
}
