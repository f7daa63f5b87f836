export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const DAY_MS = 24 * 60 * MINUTE_MS;

/** What is to happen at a moment of simulated time. */
interface Event {
  at: number;
  action: () => void;
}

/**
 * Simulated time. Nothing waits: the next event happens as soon as what the last one set off has done its work. The
 * order of events is their time, so a schedule is the same whenever its latencies are.
 */
export class Clock {
  /** Milliseconds since 1970. */
  now: number;
  /** Events so far. */
  steps = 0;
  #streaming = false;
  /** Latest first, so that the next one is taken from the end. */
  #events: Event[] = [];

  constructor(start: Date) {
    this.now = start.getTime();
  }

  after(milliseconds: number, action: () => void): Event {
    const event = { at: this.now + Math.max(0, milliseconds), action };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as Event).at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    return event;
  }

  cancel(event: Event): void {
    event.action = () => {};
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve);
    });
  }

  /** A stream was handed out: no time passes before it is read. */
  streams(): void {
    this.#streaming = true;
  }

  date = (): Date => new Date(this.now);

  /**
   * Lets time pass until nothing is left to happen.
   * @throws StuckError when that takes more events or more time than any schedule should
   */
  async run(most: { steps: number; days: number }): Promise<void> {
    const end = this.now + most.days * DAY_MS;
    for (let event = await this.#next(); event; event = await this.#next()) {
      if (++this.steps > most.steps)
        throw new StuckError(`nothing has come to an end in ${most.steps} steps`);
      this.now = event.at;
      if (this.now > end) throw new StuckError(`nothing has come to an end in ${most.days} days`);
      event.action();
    }
  }

  /** The next event, once what the last one set off has done its work; undefined when everything is at rest. */
  async #next(): Promise<Event | undefined> {
    await ticks();
    if (this.#streaming || this.#events.length === 0) await turn();
    this.#streaming = false;
    return this.#events.pop();
  }
}

export class StuckError extends Error {}

/** Resolves when every promise has gone as far as it can without time passing. */
function ticks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** The same for every stream, too. A turn of Node's event loop costs much more. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
