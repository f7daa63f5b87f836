import { PipelineError } from '../../src/errors.js';
import type { HttpAnswer, HttpLimits } from '../../src/http.js';
import { omdbSource } from '../../src/omdb.js';
import type { OmdbAnswer } from '../../src/records/bronze-record.js';
import { type PartitionDate, partitionDate } from '../../src/records/run.js';
import type { Actor } from './actor.js';
import type { SimulatedServer } from './http.js';
import { answerFor } from './movies.js';
import type { World } from './world.js';

const CALLS_AT_ONCE = 8;

/** OMDb itself: what it knows, and how many calls it answers a day. */
export class Omdb implements SimulatedServer {
  /** Calls that were refused, by day. */
  readonly refused = new Map<PartitionDate, number>();
  readonly #poison = new Map<string, boolean>();
  /** Who asks, by the path of the address. */
  readonly #callers = new Map<string, Actor>();
  #day = '';
  #callsToday = 0;

  constructor(
    private readonly world: World,
    private readonly callsADay: number,
  ) {}

  /** Our own client, in one process. */
  asSeenBy(actor: Actor): { lookup(imdbId: string): Promise<OmdbAnswer> } {
    let client: ReturnType<typeof omdbSource> | undefined;
    const open = () => {
      const url = new URL(`http://omdb.simulated/${actor.name}`);
      this.#callers.set(url.pathname, actor);
      const { date } = this.world.clock;
      return omdbSource({ url, apiKey: '', concurrency: CALLS_AT_ONCE, rate: undefined, now: date });
    };
    return {
      lookup: (imdbId) => {
        client ??= open();
        return client.lookup(imdbId);
      },
    };
  }

  async get(url: URL, { callMs }: HttpLimits): Promise<HttpAnswer> {
    const { network, faults, clock, dice } = this.world;
    const caller = this.#callers.get(url.pathname);
    if (!caller) throw new Error(`nobody asks at ${url}`);
    const id = url.searchParams.get('i') ?? '';
    if (faults.strikes('OMDb 5xx')) return network.call(caller, () => answerOf(503, {}));
    const answer = network.call(caller, () => this.#answer(id));
    if (!faults.strikes('slow OMDb')) return answer;
    await clock.wait(dice.between(1, 2 * callMs));
    const late = clock.wait(callMs).then(() => {
      throw new PipelineError('retry', 'OMDb does not answer: it takes too long');
    });
    return Promise.race([
      answer.then((value) => clock.wait(dice.between(1, callMs)).then(() => value)),
      late,
    ]);
  }

  #answer(imdbId: string): HttpAnswer {
    const { faults, clock } = this.world;
    const day = partitionDate(clock.date());
    if (day !== this.#day) {
      this.#day = day;
      this.#callsToday = 0;
    }
    if (this.#callsToday >= this.callsADay) {
      faults.count('quota');
      this.refused.set(day, (this.refused.get(day) ?? 0) + 1);
      return answerOf(401, { Response: 'False', Error: 'Request limit reached!' });
    }
    this.#callsToday++;
    if (this.#isPoison(imdbId)) return answerOf(200, { Response: 'True', imdbID: 'tt9999999' });
    return answerOf(200, answerFor(imdbId));
  }

  /** A movie that always fails, until the faults are over. */
  #isPoison(imdbId: string): boolean {
    const { faults } = this.world;
    if (faults.areOver) return false;
    const known = this.#poison.get(imdbId);
    if (known !== undefined) return known;
    const isPoison = faults.strikes('poison movie');
    this.#poison.set(imdbId, isPoison);
    return isPoison;
  }
}

function answerOf(status: number, body: Record<string, unknown>): HttpAnswer {
  const text = Buffer.from(JSON.stringify(body));
  return { status, body: text, retryAfterSeconds: undefined, redirectOrigin: undefined };
}
