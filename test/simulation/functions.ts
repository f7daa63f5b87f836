import { bronzeKeys, silverKeys } from '../../src/keys.js';
import { MAX_MESSAGES, type ReceivedMessage } from '../../src/queues/queue.js';
import { enrichMessage } from '../../src/stages/enrich.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import type { Outcome } from './actor.js';
import { MINUTE_MS, SECOND_MS } from './clock.js';
import { extractRun, prepare, type Run } from './runs.js';
import type { Process, World } from './world.js';

/** Lambda's attempts at an asynchronous invocation. */
const ATTEMPTS = 3;
/** A container that nobody used for so long is taken away. */
const CONTAINER_IDLE_MS = 10 * MINUTE_MS;

/** The event chain: triggers, the queue's event source, and what S3 tells of. */
export class Functions {
  /** Invocations that failed for good, as the failure queue keeps them. */
  #failures: (() => Promise<void>)[] = [];
  #underWay = 0;

  constructor(
    private readonly world: World,
    private readonly runs: readonly Run[],
  ) {
    if (world.scenario.layers) this.#listen();
  }

  start(): void {
    const { clock, dice, scenario } = this.world;
    for (const run of this.runs) {
      if (run.plan.batchesLeft !== undefined) {
        clock.after(run.plan.minute * MINUTE_MS, () => prepare(run, this.world));
        continue;
      }
      for (let trigger = 0; trigger < run.plan.triggers; trigger++) {
        const late = trigger === 0 ? 0 : dice.between(0, 20 * MINUTE_MS);
        clock.after(
          run.plan.minute * MINUTE_MS + late,
          () => void this.#invoke('extract', (process) => extractRun(run, process)),
        );
      }
    }
    for (let worker = 0; worker < scenario.workers; worker++) void this.#pollQueue();
    void this.#redriveInTheEnd();
  }

  /** S3 tells of each object at least once, and not in order. */
  #listen(): void {
    const { bucket } = this.world;
    bucket.watch((key) => {
      const success = key.startsWith('bronze/') && bronzeKeys.dateOfSuccess(key.slice('bronze/'.length));
      if (success) this.#tell('silver', (process) => silver(success, process));
      const refined = key.startsWith('silver/') && silverKeys.dateOfMovies(key.slice('silver/'.length));
      if (refined) this.#tell('gold', (process) => gold(refined, process));
    });
  }

  #tell(stage: string, work: (process: Process) => Promise<unknown>): void {
    const { clock, dice, faults } = this.world;
    const times = faults.strikes('duplicate event') ? dice.between(2, 3) : 1;
    for (let time = 0; time < times; time++) {
      const delay = faults.strikes('late event')
        ? dice.between(1, 60 * MINUTE_MS)
        : dice.between(1, 2 * SECOND_MS);
      this.#underWay++;
      clock.after(delay, () => void this.#invoke(stage, work).finally(() => this.#underWay--));
    }
  }

  async #invoke(stage: string, work: (process: Process) => Promise<unknown>): Promise<void> {
    const { clock, faults, promises } = this.world;
    this.#underWay++;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const process = this.world.start(stage);
      const outcome = await process.actor.live(() => work(process));
      if ('result' in outcome) {
        this.#underWay--;
        return;
      }
      faults.count('failed invocation');
      noteUnexpected(outcome, stage, promises);
      await clock.wait(attempt * MINUTE_MS);
    }
    this.#underWay--;
    this.#failures.push(() => this.#invoke(stage, work));
  }

  /** The event source of the queue, which hands messages to a container, and deletes those that are done. */
  async #pollQueue(): Promise<void> {
    const { world } = this;
    const source = world.service('event-source');
    const queue = source.queue(false);
    let container = world.start('enrich');
    let lastUsed = world.clock.now;
    while (!this.#isOver) {
      await world.messages.untilReceivable();
      const received = await queue.receive(MAX_MESSAGES).catch((): ReceivedMessage[] => []);
      if (received.length === 0) {
        await world.clock.wait(world.dice.between(1, 20) * SECOND_MS);
        continue;
      }
      const isCold = container.actor.dead || world.clock.now - lastUsed > CONTAINER_IDLE_MS;
      if (isCold || world.faults.strikes('cold start')) container = world.start('enrich');
      const done = await this.#enrich(container, received);
      lastUsed = world.clock.now;
      if (done.length > 0) await queue.acknowledge(done).catch(() => {});
    }
  }

  /** The messages that are done; none of them when the container is killed. */
  async #enrich(process: Process, received: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const services = { ...process, queue: process.queue(false) };
    const work = async () => {
      const done: ReceivedMessage[] = [];
      for (const message of received) {
        const outcome = await enrichMessage(message, { ...services, together: received }).then(
          (result) => ({ result }),
          (error: unknown) => ({ error }),
        );
        if ('result' in outcome) done.push(message);
        else noteUnexpected(outcome, 'enrich', this.world.promises);
      }
      return done;
    };
    const outcome = await process.actor.live(work);
    return 'result' in outcome ? outcome.result : [];
  }

  get #isOver(): boolean {
    const { busy, faults, messages } = this.world;
    return faults.areOver && busy === 0 && this.#redriven && messages.isEmpty && messages.dead.length === 0;
  }

  #redriven = false;

  /** When the faults are over, what lies in the failure queue and in the dead-letter queue is sent once more. */
  async #redriveInTheEnd(): Promise<void> {
    const { clock, faults, messages } = this.world;
    await clock.wait(faults.left + 60 * MINUTE_MS);
    for (let round = 0; round < 20; round++) {
      const failures = this.#failures;
      this.#failures = [];
      await Promise.all(failures.map((again) => again()));
      messages.redrive();
      await clock.wait(30 * MINUTE_MS);
      while (this.#underWay > 0) await clock.wait(10 * MINUTE_MS);
      const isQuiet = this.#failures.length === 0 && this.world.busy === 0;
      if (isQuiet && messages.isEmpty && messages.dead.length === 0) break;
      if (!messages.isEmpty) await clock.wait(12 * 60 * MINUTE_MS);
    }
    this.#redriven = true;
    messages.wake();
    if (this.#failures.length > 0)
      this.world.promises.break('no run is stuck', 'an invocation fails for ever');
  }
}

/** What may happen to a stage is that it has to be tried again; anything else is a mistake of ours. */
export function noteUnexpected(outcome: Outcome<unknown>, stage: string, promises: World['promises']): void {
  if (!('error' in outcome)) return;
  const { error } = outcome;
  const verdict = error instanceof Error && 'verdict' in error ? error.verdict : undefined;
  if (verdict === 'retry' || verdict === 'quota') return;
  promises.break(
    'every failure can be tried again',
    `${stage}: ${error instanceof Error ? error.stack : error}`,
  );
}
