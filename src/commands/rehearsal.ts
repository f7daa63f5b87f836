import type { Flags, Needed, Settings } from '../config.js';
import { UsageError } from '../errors.js';
import type { Places } from '../operations/prices.js';
import { type Calls, LAYERS, type Layer, noCalls } from '../operations/rehearsal/calls.js';
import { rehearsalOmdb } from '../operations/rehearsal/omdb.js';
import { rehearsalQueue } from '../operations/rehearsal/queue.js';
import { type RehearsalStore, rehearsalStore } from '../operations/rehearsal/store.js';
import { likelyMessages } from '../operations/rehearsal/unseen.js';
import type { PeekedMessage, Queue } from '../queues/queue.js';
import type { PartitionDate } from '../records/run.js';
import type { Store } from '../stores/store.js';
import { counted, type Terminal } from '../terminal.js';
import { isQueueUrl, s3Location } from '../uri.js';
import type { Adapters } from '../wire.js';
import type { Context } from './context.js';
import { type Session, withSession } from './session.js';

/** What a dry run of one date says instead of what came out. */
export interface Would {
  /** For the table: "new run of 250 movies". */
  text: string;
  /** For `--json`. */
  facts: Readonly<Record<string, unknown>>;
}

/** Work that is tried on stand-ins: nothing is written, sent, received or looked up. */
export interface Rehearsal {
  /** Counted up by the stand-ins. */
  calls: Calls;
  places: Places;
  /** What the command works with. */
  uses: Set<keyof Adapters>;
  /** The plan is what the command shows, not only what it compares with. */
  shown: boolean;
  /** Which date is being worked on. */
  date: PartitionDate | undefined;
  /** What has to be said of the numbers. */
  notes: Set<string>;
  layers: Partial<Record<Layer, RehearsalStore>>;
  omdb: Adapters['omdb'];
}

export interface StageSession<Name extends keyof Adapters> extends Session<Name> {
  /** Undefined when the work is done for real. */
  rehearsal: Rehearsal | undefined;
}

/** As `withSession`, for the commands that run stages: with `--dry-run` and `--diff`, on stand-ins. */
export async function withStageSession<Name extends keyof Adapters>(
  context: Context,
  flags: Flags,
  needed: readonly Needed[],
  names: readonly Name[],
  work: (session: StageSession<Name>) => Promise<void>,
  later: readonly Needed[] = [],
): Promise<void> {
  const isTried = flags.dryRun === true || flags.diff === true;
  if (!isTried) {
    const asItIs = (session: Session<Name>) => work({ ...session, rehearsal: undefined });
    return withSession(context, flags, needed, names, asItIs, later);
  }
  if (flags.dryRun === true && flags.diff === true)
    throw new UsageError(['--diff cannot go with --dry-run: give one of them, both write nothing']);
  const withoutOmdb = <Text extends string>(texts: readonly Text[]) =>
    texts.filter((text) => text !== 'omdb');
  await withSession(context, flags, withoutOmdb(needed), withoutOmdb(names), (session) =>
    work(rehearsed(session, names)),
  );
}

function rehearsed<Name extends keyof Adapters>(
  session: Session<Name>,
  names: readonly Name[],
): StageSession<Name> {
  const { flags, settings } = session;
  const real = session.services as Partial<Adapters>;
  const calls = noCalls();
  const places = placesOf(settings);
  const rehearsal: Rehearsal = {
    calls,
    places,
    uses: new Set(names),
    shown: flags.dryRun === true,
    date: undefined,
    notes: new Set(),
    layers: {},
    omdb: rehearsalOmdb(real.bronze ?? NO_STORE, calls, () => rehearsal.date),
  };
  const standIns: Partial<Adapters> = { omdb: rehearsal.omdb };
  for (const layer of LAYERS) {
    const store = real[layer];
    if (!store) continue;
    rehearsal.layers[layer] = rehearsalStore(store, calls[layer], places[layer] === 's3');
    standIns[layer] = rehearsal.layers[layer];
  }
  const { queue, bronze } = real;
  if (queue) {
    standIns.queue = rehearsalQueue(queue, calls.queue, {
      standing: () => standingMessages(queue, bronze ?? NO_STORE, rehearsal.notes),
      requestsPerCount: async () => (await queue.requestsPerDepth?.()) ?? 1,
    });
  }
  const terminal = saying(flags.dryRun === true ? 'dry run' : 'diff', session.terminal);
  return {
    ...session,
    terminal,
    services: { ...session.services, ...standIns, log: terminal },
    rehearsal,
  };
}

function placesOf(settings: Settings): Places {
  const store = (layer: Layer) => (s3Location(settings[layer]) ? 's3' : 'directory');
  const { queue } = settings;
  return {
    queue: isQueueUrl(queue) ? (queue.endsWith('.fifo') ? 'fifo' : 'standard') : 'directory',
    bronze: store('bronze'),
    silver: store('silver'),
    gold: store('gold'),
  };
}

/** For a command that works without a bronze of its own. */
const NO_STORE: Pick<Store, 'get' | 'read' | 'head' | 'list'> = {
  get: async () => undefined,
  read: async () => undefined,
  head: async () => undefined,
  list: async function* () {},
};

/** What the queue has, or as much as can be known of it. */
async function standingMessages(
  queue: Queue,
  bronze: typeof NO_STORE,
  notes: Rehearsal['notes'],
): Promise<readonly PeekedMessage[]> {
  if (queue.peek) return queue.peek();
  const { ready } = await queue.depth();
  const messages = await likelyMessages(bronze, ready);
  if (messages.length < ready) {
    notes.add(
      `an SQS queue cannot be looked into: of its ${counted(ready, 'message')}, bronze explains ${messages.length}; the numbers are an estimate`,
    );
  }
  return messages;
}

/** The same terminal, on which every line of progress says that nothing is done. */
function saying(what: string, terminal: Terminal): Terminal {
  const marked = (message: string) => `${what}: ${message}`;
  const changed: Partial<Terminal> = {
    step: (title, work, done) => terminal.step(marked(title), work, done),
    info: (message) => terminal.info(marked(message)),
    warn: (message) => terminal.warn(marked(message)),
    debug: (message) => terminal.debug(marked(message)),
  };
  return new Proxy(terminal, {
    get: (target, name) => {
      const own: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}
