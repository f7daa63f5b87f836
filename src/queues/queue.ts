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

/** What to do about a message that is too large. */
export const SMALLER_BATCHES = { hint: 'use a smaller --batch-size' };

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

export interface DeferOptions {
  /** Nothing was found out about the message: where the driver itself counts receives (a directory), this one does not count. */
  untried?: boolean;
}

export interface DeadLetter {
  id: string;
  body: string;
}

export interface QueueSender {
  /**
   * All messages are in the queue when this returns. A failure may leave some of them there; one because of a message
   * that is too large leaves none.
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

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
  depth(): Promise<QueueDepth>;
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
   */
  redrive(): Promise<number>;
  /**
   * Dead letters as they lie, the first so many. Only where they can be looked at without being taken: not in SQS.
   */
  deadLetters?(most: number): Promise<DeadLetter[]>;
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
