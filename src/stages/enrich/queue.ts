import { DecodeError, InterruptedError, messageOf, throwIfInterrupted } from '../../errors.js';
import { bronzeKeys } from '../../keys.js';
import { MAX_MESSAGES, type QueueReceiver, type ReceivedMessage } from '../../queues/queue.js';
import { decodeJson } from '../../records/decode.js';
import { messageOfBatch } from '../../records/manifest.js';
import { Message } from '../../records/message.js';
import type { RunReference } from '../../records/run.js';
import { batchesDone, readManifest } from '../../records/runs.js';
import { type EnrichServices, enrichBatch } from './batch.js';
import { isComplete } from './completion.js';
import { type Deferral, deferralOf } from './delay.js';
import { batchesAtOnce, moviesAtOnce } from './lanes.js';
import { addBatch, addFailure, type EnrichSummary, emptySummary, stopsAll, verdictOf } from './summary.js';

/** So many batches that fail in a row, each another one, are not the movies' fault: OMDb is down. */
const MOST_FAILURES_IN_A_ROW = 25;

/** What working through the queue came to. */
export interface DrainSummary {
  /** One for each run whose messages came by. */
  runs: EnrichSummary[];
  /** Messages that could not even be read. */
  unreadable: { id: string; message: string }[];
  /** Why OMDb answers no more today. */
  quota: string | undefined;
  /** Messages came, each for the first time, all of them are done, and so are their runs. */
  smooth: boolean;
}

/**
 * Works through the queue until no message can be received, whatever dates the messages are of. A message whose
 * batch fails comes back later, at growing intervals; once the quota is used up, what is in hand waits for the
 * next UTC day and the rest is left in the queue. When one batch after the other fails, the rest is left as well: each
 * receive of a message counts towards its ten, and while OMDb is down they would all be used up.
 * @throws PipelineError when nothing can succeed (a wrong key); what was in hand is back in the queue then
 */
export async function drainQueue(services: EnrichServices & { queue: QueueReceiver }): Promise<DrainSummary> {
  const { queue, signal } = services;
  const drain = new Drain(services);
  const underWay = new Set<Promise<void>>();
  while (!drain.halted && !signal?.aborted) {
    const received = await queue.receive(MAX_MESSAGES);
    if (received.length === 0) break;
    for (const message of received) {
      const task = drain.work(message).finally(() => underWay.delete(task));
      underWay.add(task);
    }
    while (drain.isBusy) await drain.progress();
    await drain.acknowledge(MAX_MESSAGES);
  }
  await Promise.all(underWay);
  await drain.acknowledge(1);
  throwIfInterrupted(signal);
  return drain.summary();
}

class Drain {
  readonly #runs = new Map<string, { run: RunReference; summary: EnrichSummary }>();
  readonly #unreadable: DrainSummary['unreadable'] = [];
  #finished: ReceivedMessage[] = [];
  #movies = 0;
  /** Movies of the batches under way that have no record yet. */
  #left = 0;
  #batches = 0;
  #onProgress = () => {};
  /** Movies of all runs whose messages came by. */
  #expected = 0;
  readonly #failedInARow = new Set<string>();
  #quota: string | undefined;
  #stopped: { error: unknown } | undefined;
  /** Some message failed, now or at an earlier receive. */
  #isTroubled = false;

  constructor(private readonly services: EnrichServices & { queue: QueueReceiver }) {}

  get halted(): boolean {
    const down = this.#failedInARow.size >= MOST_FAILURES_IN_A_ROW;
    return down || this.#quota !== undefined || this.#stopped !== undefined;
  }

  /** What is in hand keeps OMDb busy, also while the next is received: the last receive waits for a message in vain. */
  get isBusy(): boolean {
    if (this.halted) return false;
    const { concurrency } = this.services;
    const isEnough = this.#left >= moviesAtOnce(concurrency) && this.#batches >= concurrency;
    return isEnough || this.#batches >= batchesAtOnce(concurrency);
  }

  /** Resolves when a movie has its record, or a batch comes to its end. */
  progress(): Promise<void> {
    return new Promise((resolve) => {
      this.#onProgress = resolve;
    });
  }

  /** Never rejects: what stops the whole drain is kept for the summary. */
  async work(received: ReceivedMessage): Promise<void> {
    this.#batches++;
    try {
      const deferral = await this.#process(received);
      if (deferral !== undefined || received.attempt > 1) this.#isTroubled = true;
      if (deferral === undefined) this.#finished.push(received);
      else await this.services.queue.defer(received, deferral.seconds, { untried: deferral.untried });
    } catch (error) {
      this.#stopped ??= { error };
    } finally {
      this.#batches--;
      this.#onProgress();
    }
  }

  /** Acknowledges what is finished, in full loads, as long as there are at least so many. */
  async acknowledge(atLeast: number): Promise<void> {
    while (this.#finished.length >= atLeast) {
      await this.services.queue.acknowledge(this.#finished.splice(0, MAX_MESSAGES));
    }
  }

  async summary(): Promise<DrainSummary> {
    if (this.#stopped) throw this.#stopped.error;
    const runs: EnrichSummary[] = [];
    for (const { run, summary } of this.#runs.values()) {
      runs.push({ ...summary, complete: summary.complete || (await this.#isComplete(run)) });
    }
    const smooth = runs.length > 0 && !this.#isTroubled && runs.every(({ complete }) => complete);
    return { runs, unreadable: this.#unreadable, quota: this.#quota, smooth };
  }

  /** @returns undefined when the message is done, else how it goes back */
  async #process(received: ReceivedMessage): Promise<Deferral | undefined> {
    try {
      await this.#enrich(received);
      return undefined;
    } catch (error) {
      if (error instanceof DecodeError)
        this.#warn(error, '; after ten receives the message goes to the dead-letter queue');
      if (!stopsAll(error)) return deferralOf(error, received.attempt, this.services.now());
      // The one that stops all is counted and goes behind the others: should it be the cause, it does not stay first.
      const untried = this.#stopped !== undefined;
      this.#stopped ??= { error };
      return { seconds: 0, untried };
    }
  }

  async #enrich(received: ReceivedMessage): Promise<void> {
    const message = this.#read(received);
    const summary = this.#summaryOf(message.run);
    let left = message.movies.length;
    this.#left += left;
    const onMovie = () => {
      left--;
      this.#left--;
      this.#onProgress();
      this.#tell();
    };
    try {
      const services = { ...this.services, together: this, onMovie };
      addBatch(summary, await enrichBatch(message, services, received.attempt));
      this.#failedInARow.clear();
    } catch (error) {
      if (verdictOf(error) === 'retry') this.#failedInARow.add(received.id);
      if (!(error instanceof InterruptedError)) addFailure(summary, message.batch, error);
      if (verdictOf(error) === 'quota') this.#quota = messageOf(error);
      throw error;
    } finally {
      this.#left -= left;
    }
  }

  /** A date whose marker cannot be read is not complete; the others have their answer all the same. */
  async #isComplete(run: RunReference): Promise<boolean> {
    try {
      return await isComplete(this.services.bronze, run);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#warn(error);
      return false;
    }
  }

  #read(received: ReceivedMessage): Message {
    try {
      return decodeJson(Message, received.body, `message ${received.id}`);
    } catch (error) {
      this.#unreadable.push({ id: received.id, message: messageOf(error) });
      throw error;
    }
  }

  #warn({ message, hint }: DecodeError, next = ''): void {
    this.services.log.warn(`${message}${hint === undefined ? '' : ` (${hint})`}${next}`);
  }

  #summaryOf(run: RunReference): EnrichSummary {
    const key = `${run.date}/${run.id}`;
    const known = this.#runs.get(key);
    if (known) return known.summary;
    const summary = emptySummary(run);
    this.#runs.set(key, { run, summary });
    void this.#expect(run);
    return summary;
  }

  /** Only for the progress: a message does not say how many movies its run has. */
  async #expect({ date, id }: RunReference): Promise<void> {
    const { bronze } = this.services;
    const [standing, done] = await Promise.all([
      readManifest(bronze, date, id),
      batchesDone(bronze, bronzeKeys.doneMarkers(date, id)),
    ]).catch(() => []);
    if (!standing) return;
    const { manifest } = standing;
    const finished = [...done].reduce((sum, batch) => sum + messageOfBatch(manifest, batch).movies.length, 0);
    this.#expected += manifest.movies.length - finished;
  }

  #tell(): void {
    const done = ++this.#movies;
    const total = this.#expected < done ? {} : { total: this.#expected };
    this.services.log.progress({ done, ...total, noun: 'movies' });
  }
}
