import type { Settings } from '../config.js';
import type { Places } from '../operations/prices.js';
import { LAYERS, type Layer, noCalls } from '../operations/rehearsal/calls.js';
import { rehearsalOmdb } from '../operations/rehearsal/omdb.js';
import { rehearsalQueue } from '../operations/rehearsal/queue.js';
import { rehearsalStore } from '../operations/rehearsal/store.js';
import { likelyMessages } from '../operations/rehearsal/unseen.js';
import type { PeekedMessage, Queue } from '../queues/queue.js';
import type { Store } from '../stores/store.js';
import { counted, type Terminal } from '../terminal.js';
import { isQueueUrl, s3Location } from '../uri.js';
import type { Adapters } from '../wire.js';
import type { Rehearsal, StageSession } from './rehearsal.js';
import type { Session } from './session.js';

/** The session with stand-ins for what it works with, which count the calls, and a terminal that says so. */
export function rehearsed<Name extends keyof Adapters>(
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
