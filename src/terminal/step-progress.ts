import { duration } from '../duration.js';
import type { Progress, Retry } from '../log.js';
import { counted } from './text.js';

/** The rate is that of so many last milliseconds, or of so many last samples where these go further back. */
const WINDOW_MS = 10_000;
const FEWEST_SAMPLES = 5;
const SAMPLE_MS = 250;
/** What was seen for a shorter time says nothing of the rate, and for a shorter one of how long it will take. */
const RATE_AFTER_MS = 1_000;
const LEFT_AFTER_MS = 2_000;
/** A step without an end of something for so long stands still. */
const STILL_MS = 2_000;
/** A shorter pause before a retry is not worth a word. */
const WAIT_SECONDS = 2;

interface Sample {
  at: number;
  done: number;
}

/**
 * How far one step is, how fast it goes, and what holds it up. Its title, nouns and reasons are plain ASCII. All times
 * are milliseconds of one clock, which the caller reads.
 */
export class StepProgress {
  #latest: Progress | undefined;
  #toldAt = -Infinity;
  #samples: Sample[] = [];
  #retries = 0;
  #reason = '';
  #wait: (Retry & { from: number; until: number }) | undefined;

  constructor(
    readonly title: string,
    readonly startedAt: number,
  ) {}

  tell(progress: Progress, now: number): void {
    const { done, noun } = progress;
    const heldUp = now - this.#toldAt > STILL_MS && (this.#wait?.until ?? -Infinity) > this.#toldAt;
    // What was waited for says nothing of the rate from now on, nor does another kind of thing.
    if (heldUp || noun !== this.#latest?.noun) this.#samples = [];
    this.#latest = progress;
    this.#toldAt = now;
    if (now - (this.#samples.at(-1)?.at ?? -Infinity) < SAMPLE_MS) return;
    this.#samples.push({ at: now, done });
    while (this.#samples.length > FEWEST_SAMPLES && now - (this.#samples[0]?.at ?? now) > WINDOW_MS) {
      this.#samples.shift();
    }
  }

  retry(retry: Retry, now: number): void {
    this.#retries++;
    this.#reason = retry.reason;
    const until = now + retry.seconds * 1000;
    const goesOn = this.#wait !== undefined && now < this.#wait.until;
    if (retry.seconds <= WAIT_SECONDS || (goesOn && until <= (this.#wait?.until ?? 0))) return;
    this.#wait = { ...retry, from: goesOn ? (this.#wait?.from ?? now) : now, until };
  }

  /** Whether the step as a whole waits: nothing gets done meanwhile. */
  isWaiting(now: number): boolean {
    if (!this.#wait || now >= this.#wait.until) return false;
    return this.#toldAt <= this.#wait.from || now - this.#toldAt > STILL_MS;
  }

  /** "120/250 movies", once something is known. */
  get reached(): string | undefined {
    if (!this.#latest) return undefined;
    const { done, total, noun } = this.#latest;
    return `${done}${total === undefined ? '' : `/${total}`} ${noun}`;
  }

  /** "130 of 250 movies left", where both are known. */
  get left(): string | undefined {
    if (this.#latest?.total === undefined) return undefined;
    const { done, total, noun } = this.#latest;
    return `${Math.max(0, total - done)} of ${total} ${noun} left`;
  }

  /** "3 retries", if there were any. */
  get retries(): string | undefined {
    return this.#retries === 0 ? undefined : counted(this.#retries, 'retry');
  }

  /** One line. What matters least is left out of it where it would be longer than so many columns. */
  line(now: number, columns = Infinity): string {
    const parts = this.#parts(now);
    while (parts.length > 1 && parts.join('').length > columns) parts.pop();
    const line = parts.join('');
    return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line;
  }

  #parts(now: number): string[] {
    const { title, reached, retries } = this;
    const seconds = Math.floor((now - this.startedAt) / 1000);
    const soFar = seconds > 0 ? `, ${seconds} s so far` : '';
    return [
      reached === undefined ? `${title}${soFar}` : `${title}: ${reached}`,
      ...(this.isWaiting(now) ? this.#waiting(now) : this.#speed(now)),
      ...(retries === undefined ? [] : [`, ${retries}`, ` (${this.#reason})`]),
    ];
  }

  #waiting(now: number): string[] {
    if (!this.#wait) return [];
    const { who, asked, until } = this.#wait;
    return [`, waits ${duration((until - now) / 1000)}${asked ? `: ${who} asks for it` : ''}`];
  }

  #speed(now: number): string[] {
    const first = this.#samples[0];
    if (!first || !this.#latest) return [];
    const { done, total } = this.#latest;
    const passed = now - first.at;
    const rate = ((done - first.done) / passed) * 1000;
    if (passed < RATE_AFTER_MS || rate <= 0) return [];
    const left =
      total === undefined || passed < LEFT_AFTER_MS ? [] : [`, ${duration((total - done) / rate)} left`];
    return [`, ${paceOf(rate)}`, ...left];
  }
}

/** "8.0/s", "250/s", "3.0/min". */
function paceOf(rate: number): string {
  const [figure, unit] = rate < 0.1 ? [rate * 60, 'min'] : [rate, 's'];
  return `${figure.toFixed(figure < 10 ? 1 : 0)}/${unit}`;
}
