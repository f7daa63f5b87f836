import { messageOf, PipelineError } from '../../errors.js';
import type { QueueReceiver, ReceivedMessage } from '../../queues/queue.js';
import { decodeJson } from '../../records/decode.js';
import { Message } from '../../records/message.js';
import type { PartitionDate, RunId } from '../../records/run.js';
import { BatchFailedError, type BatchSummary, type EnrichServices, enrichBatch } from './batch.js';
import { type Deferral, deferralOf } from './delay.js';
import { stopsAll, verdictOf } from './summary.js';

/** What the batch of one message came to. */
export interface MessageSummary extends BatchSummary {
  date: PartitionDate;
  runId: RunId;
  batch: number;
}

/** What is known of a message that failed; of one that could not be read, only its own id. */
export interface MessageFacts {
  messageId: string;
  attempt: number;
  date?: PartitionDate;
  runId?: RunId;
  batch?: number;
  imdbId?: string;
}

/** A message failed, and comes back. */
export class MessageFailedError extends PipelineError {
  readonly facts: MessageFacts;
  /** Every other message would fail as well. Not that this one is bad. */
  readonly stopsAll: boolean;

  constructor(facts: MessageFacts, cause: unknown) {
    const hint = cause instanceof PipelineError ? cause.hint : undefined;
    super(verdictOf(cause), messageOf(cause), { cause, ...(hint === undefined ? {} : { hint }) });
    this.name = 'MessageFailedError';
    this.stopsAll = stopsAll(cause);
    this.facts = { ...facts, ...(cause instanceof BatchFailedError ? { imdbId: cause.imdbId } : {}) };
  }
}

/**
 * Enriches the batch of one message that somebody else received and will acknowledge. A message that fails is put
 * off first, so that it comes back when it has a chance, and then the failure is thrown.
 * @throws MessageFailedError
 */
export async function enrichMessage(
  received: ReceivedMessage,
  services: EnrichServices & { queue: Pick<QueueReceiver, 'defer'> },
): Promise<MessageSummary> {
  const { id, attempt } = received;
  const facts: MessageFacts = { messageId: id, attempt };
  try {
    const message = decodeJson(Message, received.body, `message ${id}`);
    const of = { date: message.run.date, runId: message.run.id, batch: message.batch };
    Object.assign(facts, of);
    return { ...of, ...(await enrichBatch(message, services, attempt)) };
  } catch (error) {
    await putOff(received, deferralOf(error, attempt, services.now()), services);
    throw new MessageFailedError(facts, error);
  }
}

/** Best effort: where it fails, the message comes back after the queue's own visibility timeout. */
async function putOff(
  received: ReceivedMessage,
  { seconds, untried }: Deferral,
  { queue, log }: Parameters<typeof enrichMessage>[1],
): Promise<void> {
  try {
    await queue.defer(received, seconds, { untried });
  } catch (error) {
    log.warn(`message ${received.id} could not be put off: ${messageOf(error)}`);
  }
}
