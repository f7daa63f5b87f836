import { drainQueue, enrichDate } from '../../src/stages/enrich.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import type { Outcome } from './actor.js';
import { DAY_MS, MINUTE_MS } from './clock.js';
import { noteUnexpected } from './functions.js';
import { extractRun, prepare, type Run } from './runs.js';
import type { Process, World } from './world.js';

/** What a command says that was typed too early. */
const TOO_EARLY = /has no run yet|is not complete|has no silver yet/;

/** People who type commands, several at a time, and type them again when they fail. */
export class Terminal {
  #extractsLeft: number;

  constructor(
    private readonly world: World,
    private readonly runs: readonly Run[],
  ) {
    this.#extractsLeft = runs.length;
  }

  start(): void {
    const { clock, scenario } = this.world;
    for (const run of this.runs) clock.after(run.plan.minute * MINUTE_MS, () => void this.#begin(run));
    for (let worker = 0; worker < scenario.workers; worker++) void this.#drain();
    void this.#finish();
  }

  /** Types commands at any time, whatever else is going on. */
  async typeAtRandom(): Promise<void> {
    const { clock, dice, scenario, messages } = this.world;
    this.world.busy++;
    for (let command = 0; command < scenario.commands; command++) {
      await clock.wait(dice.between(0, 40 * MINUTE_MS));
      const run = dice.pick(this.runs);
      const { date } = run;
      const typed: ((process: Process) => Promise<unknown>)[] = [
        (process) => enrichDate({ date }, process),
        (process) => drainQueue({ ...process, queue: process.queue(true) }),
        async () => messages.redrive(),
      ];
      // To send thousands of messages once more would take too long.
      if (run.plan.batchesLeft === undefined) typed.push((process) => extractRun(run, process));
      if (scenario.layers) {
        typed.push(
          (process) => silver(date, process),
          (process) => gold(date, process),
        );
      }
      void this.#type(dice.pick(typed));
    }
    this.world.busy--;
    messages.wake();
  }

  async #type<Result>(work: (process: Process) => Promise<Result>): Promise<Outcome<Result>> {
    const process = this.world.start('command');
    this.world.busy++;
    const outcome = await process.actor.live(() => work(process));
    process.actor.kill();
    this.world.busy--;
    this.world.messages.wake();
    const tooEarly =
      'error' in outcome && outcome.error instanceof Error && TOO_EARLY.test(outcome.error.message);
    if (!tooEarly) noteUnexpected(outcome, 'command', this.world.promises);
    return outcome;
  }

  /** An extract that failed is typed again, with the id of its run. */
  async #begin(run: Run): Promise<void> {
    const { clock, dice } = this.world;
    if (run.plan.batchesLeft !== undefined) prepare(run, this.world);
    else {
      for (;;) {
        const outcome = await this.#type((process) => extractRun(run, process));
        if ('result' in outcome) break;
        await clock.wait(dice.between(1, 30) * MINUTE_MS);
      }
    }
    this.#extractsLeft--;
  }

  get #isDone(): boolean {
    const { faults, messages } = this.world;
    const isQuiet = this.world.busy === 0 && this.#extractsLeft === 0;
    return faults.areOver && isQuiet && messages.isEmpty && messages.dead.length === 0;
  }

  /** `movie-etl enrich`, again and again. */
  async #drain(): Promise<void> {
    const { clock, dice, messages } = this.world;
    while (!this.#isDone) {
      await messages.untilReceivable();
      await clock.wait(dice.between(0, 10) * MINUTE_MS);
      if (this.#isDone) break;
      const outcome = await this.#type((process) => drainQueue({ ...process, queue: process.queue(true) }));
      if (!('result' in outcome)) await clock.wait(dice.between(10, 60) * MINUTE_MS);
      else if (outcome.result.quota !== undefined) await clock.wait(DAY_MS - (clock.now % DAY_MS));
    }
    messages.wake();
  }

  /** As the README says: what is left is finished stage by stage, oldest date first. */
  async #finish(): Promise<void> {
    const { clock, faults, scenario, messages } = this.world;
    await clock.wait(faults.left);
    while (!this.#isDone) {
      await clock.wait(30 * MINUTE_MS);
      messages.redrive();
    }
    if (!scenario.layers) return;
    const dates = [...new Set(this.runs.map(({ date }) => date))].sort();
    for (const stage of [silver, gold]) {
      for (const date of dates) {
        const outcome = await this.#type((process): Promise<unknown> => stage(date, process));
        if (!('result' in outcome)) this.world.promises.break('no run is stuck', `${stage.name} of ${date}`);
      }
    }
  }
}
