import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { inTens } from './sqs-batch.js';

/**
 * The messages that were received and not settled, by receipt. A timer keeps them hidden from others for as long as
 * they are here; it does not keep the process alive.
 */
export class HeldMessages {
  /** When each was received at the latest, in milliseconds since 1970. */
  readonly #receivedAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #beat: Promise<void> | undefined;

  constructor(
    private readonly client: SQSClient,
    private readonly url: string,
    private readonly visibilitySeconds: number,
  ) {}

  add(receipt: string, receivedAt: number): void {
    this.#receivedAt.set(receipt, receivedAt);
    this.#timer ??= setInterval(() => this.#tick(), (this.visibilitySeconds * 1000) / 3).unref();
  }

  receivedAt(receipt: string): number | undefined {
    return this.#receivedAt.get(receipt);
  }

  /** From here on it is not kept hidden any more. */
  remove(receipt: string): void {
    this.#receivedAt.delete(receipt);
    if (this.#receivedAt.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Removes all. @returns their receipts */
  removeAll(): string[] {
    const receipts = [...this.#receivedAt.keys()];
    for (const receipt of receipts) this.remove(receipt);
    return receipts;
  }

  /** Resolves when no call is under way that could hide a removed message again. */
  async settled(): Promise<void> {
    await this.#beat;
  }

  #tick(): void {
    this.#beat ??= this.#extend().finally(() => {
      this.#beat = undefined;
    });
  }

  /** Not fatal: the next beat comes before the messages show up, and then they are delivered twice at worst. */
  async #extend(): Promise<void> {
    for (const receipts of inTens([...this.#receivedAt.keys()])) {
      const Entries = receipts.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: this.visibilitySeconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries });
      await this.client.send(command).catch(() => undefined);
    }
  }
}
