/** How often a message is received before it goes to the dead-letter queue instead. */
export const MAX_RECEIVES = 10;

/** The most messages that one receive hands out. */
export const MAX_MESSAGES = 10;

/**
 * The most bytes of one message
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), on every queue: a run
 * can move from a directory to SQS.
 */
export const MAX_MESSAGE_BYTES = 1_048_576;

/**
 * The most messages of one batch call to SQS
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
 */
export const MAX_ENTRIES = 10;

/**
 * The most bytes of all messages of one such call, the same as of one message
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html).
 */
const MAX_LOAD_BYTES = MAX_MESSAGE_BYTES;

/** What to do about a message that is too large. */
export const SMALLER_BATCHES = { hint: 'use a smaller --batch-size' };

/** A message to send. */
export interface OutgoingMessage {
  /** JSON of at most `MAX_MESSAGE_BYTES` as `wireText` has it. */
  body: string;
  /** Messages of one group are handed out one after the other where the queue is FIFO. */
  group: string;
  /**
   * Where the queue can tell, a message with the id of one that is still under way is dropped: a directory always, a
   * FIFO SQS queue for five minutes after the first send, a standard one never.
   */
  deduplicationId: string;
}

/** One receive of a message: to be acknowledged or deferred. */
export interface ReceivedMessage {
  /** Names the message in logs. */
  id: string;
  body: string;
  /** 1 for the first receive. */
  attempt: number;
  /** The driver's own: what it needs to acknowledge or defer just this receive. */
  receipt: string;
}

/** How many messages are in which state; an estimate while others work on the queue. */
export interface QueueDepth {
  /** Can be received now. */
  ready: number;
  /** Received and not settled, or deferred. */
  hidden: number;
  /** In the dead-letter queue. */
  dead: number;
}

export interface DepthOptions {
  /** Where counting the dead letters takes requests of its own (SQS), they are not counted: `dead` is 0. */
  withoutDead?: boolean;
}

/** Why a message is put off. */
export interface DeferOptions {
  /** Nothing was found out about the message: where the driver itself counts receives (a directory), this one does not count. */
  untried?: boolean;
}

/** A message that could be received now. */
export interface PeekedMessage {
  id: string;
  body: string;
  /** What the next receive would count. */
  attempt: number;
}

/** A message that failed ten times. */
export interface DeadLetter {
  id: string;
  body: string;
  /** Which file it is, below the queue's directory, for a person who wants to delete it: a pattern that holds also after a redrive. */
  file: string;
}

export interface RedriveOptions {
  /** Aborted when a person asks to stop. */
  signal?: AbortSignal;
  /** Is told how far a move is that takes its time. */
  onMoved?: (moved: number, total: number) => void;
}

/** The half of a queue that extract fills. */
export interface QueueSender {
  /**
   * All messages are in the queue when this returns. A failure may leave some of them there; one because of a message
   * that is too large leaves none.
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** The half of a queue that enrich works through. */
export interface QueueReceiver {
  /**
   * Up to ten messages, or none when none can be received now. At least once: a message that is neither
   * acknowledged nor deferred comes back after its receiver died or closed the queue. After ten receives it goes
   * to the dead-letter queue.
   */
  receive(most: number): Promise<ReceivedMessage[]>;
  /** The messages are done and do not come back. Those that were given to somebody else meanwhile are left alone. */
  acknowledge(messages: readonly ReceivedMessage[]): Promise<void>;
  /** The message comes back after so many seconds; 0 is at once. SQS can hide it for twelve hours at most. */
  defer(message: ReceivedMessage, seconds: number, options?: DeferOptions): Promise<void>;
  depth(options?: DepthOptions): Promise<QueueDepth>;
}

/**
 * The queue between extract and enrich. One conformance suite (test/support/queue-suite.ts) holds every driver to
 * these words.
 */
export interface Queue extends QueueSender, QueueReceiver {
  readonly uri: string;
  /**
   * Dead letters go back to be received again, as if they were sent anew.
   * @returns how many left the dead-letter queue, or are leaving it: a large move goes on after this returns
   * @throws InterruptedError when the signal is aborted: what was moved stays moved, and SQS moves the rest
   */
  redrive(options?: RedriveOptions): Promise<number>;
  /**
   * Dead letters as they lie, the first so many. Only where they can be looked at without being taken: not in SQS.
   */
  deadLetters?(most: number): Promise<DeadLetter[]>;
  /**
   * The messages that could be received now, in the order in which they would be, without taking them. Only where that
   * can be done: not in SQS.
   */
  peek?(): Promise<PeekedMessage[]>;
  /** How many requests a call of `depth` makes, dead letters included, where that is not one. Asking makes some, too. */
  requestsPerDepth?(): Promise<number>;
  /** Lets go of everything that was received and not settled. */
  close(): Promise<void>;
}

/**
 * The body as it is sent. SQS refuses characters that XML 1.0 does not have
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Of these, JSON text can
 * hold U+FFFE and U+FFFF as they are, and only within strings: the others are escaped there already.
 */
export function wireText(json: string): string {
  return json.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}

/** Which of the messages is larger than a queue takes, in words; undefined when none is. */
export function oversizeOf(messages: readonly OutgoingMessage[]): string | undefined {
  for (const { body, deduplicationId } of messages) {
    const bytes = Buffer.byteLength(wireText(body));
    if (bytes > MAX_MESSAGE_BYTES)
      return `message ${deduplicationId} has ${bytes} bytes; SQS takes at most ${MAX_MESSAGE_BYTES}`;
  }
  return undefined;
}

/** Divides messages into loads that SQS takes in one call each, in their order: at most ten, and 1 MiB as they are sent. */
export function loadsOf(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const loads: OutgoingMessage[][] = [];
  let load: OutgoingMessage[] = [];
  let size = 0;
  for (const message of messages) {
    const bytes = Buffer.byteLength(wireText(message.body));
    if (loads.length === 0 || load.length === MAX_ENTRIES || size + bytes > MAX_LOAD_BYTES) {
      load = [];
      loads.push(load);
      size = 0;
    }
    load.push(message);
    size += bytes;
  }
  return loads;
}
