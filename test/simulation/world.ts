import { silentLog } from '../../src/log.js';
import type { Queue } from '../../src/queues/queue.js';
import type { Store } from '../../src/stores/store.js';
import { Actor } from './actor.js';
import { Bucket } from './bucket.js';
import { Clock } from './clock.js';
import { Dice } from './dice.js';
import { directoryLayer } from './directory.js';
import { Faults } from './faults.js';
import { Network } from './network.js';
import { Omdb } from './omdb.js';
import { Promises } from './promises.js';
import { Messages, queueOf } from './queue.js';
import { s3Layer } from './s3.js';
import type { Scenario } from './scenario.js';

/** Three in the morning, when the schedule fires. */
const START = new Date('2026-01-05T03:00:00Z');

/** What all processes of one schedule share. */
export class World {
  readonly clock = new Clock(START);
  readonly dice: Dice;
  readonly faults: Faults;
  readonly network: Network;
  readonly bucket = new Bucket();
  readonly messages: Messages;
  readonly omdb: Omdb;
  readonly promises: Promises;
  /** Commands that run, and people who are going to type some. */
  busy = 0;
  #numbers = 0;

  /** @param tell is told what happens, moment by moment */
  constructor(
    readonly scenario: Scenario,
    seed: number,
    private readonly tell: ((moment: string) => void) | undefined,
  ) {
    this.dice = new Dice(seed);
    this.faults = new Faults(scenario, this.clock, this.dice, (kind) => this.note(kind));
    if (tell) this.bucket.watch((key, now) => this.note(`${key} is ${now.etag.slice(0, 8)}`));
    this.network = new Network(this.clock, this.dice, this.faults);
    this.messages = new Messages(this);
    const movies = scenario.runs.reduce((sum, { movies }) => sum + movies, 0);
    const { quotaDays } = scenario;
    this.omdb = new Omdb(this, quotaDays ? Math.ceil(movies / quotaDays) : Number.POSITIVE_INFINITY);
    this.promises = new Promises(this.bucket, () => this.clock.now);
  }

  nextNumber(): number {
    return ++this.#numbers;
  }

  note(what: string): void {
    this.tell?.(`${this.clock.date().toISOString()} ${what}`);
  }

  /** A process that starts now. */
  start(name: string): Process {
    const actor = new Actor(`${name}-${this.nextNumber()}`);
    this.note(`${actor.name} starts`);
    void actor.killed.then(() => this.note(`${actor.name} is gone`));
    return new Process(this, actor);
  }

  service(name: string): Process {
    return new Process(this, new Actor(name, true));
  }
}

/** A process and all that it works with. */
export class Process {
  readonly bronze: Store;
  readonly silver: Store;
  readonly gold: Store;
  readonly omdb: ReturnType<Omdb['asSeenBy']>;
  readonly log = silentLog;
  readonly now: () => Date;
  readonly concurrency: number;

  constructor(
    readonly world: World,
    readonly actor: Actor,
  ) {
    const { bucket, promises, scenario, clock, omdb } = world;
    const layer = scenario.store === 's3' ? s3Layer : directoryLayer;
    const looks = promises.looksOf(omdb.asSeenBy(actor));
    this.bronze = promises.held(looks.at(layer(world, bucket, actor, 'bronze')), actor);
    this.silver = promises.held(layer(world, bucket, actor, 'silver'), actor);
    this.gold = promises.held(layer(world, bucket, actor, 'gold'), actor);
    this.omdb = looks.omdb;
    this.now = clock.date;
    this.concurrency = scenario.concurrency;
  }

  /** @param renewed what it holds stays hidden as long as it lives */
  queue(renewed: boolean): Queue {
    return queueOf(this.world, this.world.messages, this.actor, renewed);
  }
}
