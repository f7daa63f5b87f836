import type { StoredObject } from './bucket.js';

/**
 * A process that can be killed at any moment: whatever it waits for never comes back to it, while what it has sent
 * still arrives.
 */
export class Actor {
  dead = false;
  /** What its puts have made. */
  readonly written: StoredObject[] = [];
  #bury: (() => void) | undefined;
  /** Resolves when it is killed. */
  readonly killed: Promise<'killed'>;

  /** @param isImmortal it stands for a service that is not ours to lose */
  constructor(
    readonly name: string,
    readonly isImmortal = false,
  ) {
    this.killed = new Promise((resolve) => {
      this.#bury = () => resolve('killed');
    });
  }

  kill(): void {
    this.dead = true;
    this.#bury?.();
  }

  /** What the work comes to, or that it was killed first. */
  async live<Result>(work: () => Promise<Result>): Promise<Outcome<Result>> {
    const ended = work().then(
      (result): Outcome<Result> => ({ result }),
      (error: unknown): Outcome<Result> => ({ error }),
    );
    return Promise.race([ended, this.killed.then((): Outcome<Result> => ({ killed: true }))]);
  }
}

export type Outcome<Result> = { result: Result } | { error: unknown } | { killed: true };
