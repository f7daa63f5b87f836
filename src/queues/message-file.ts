import { createHash } from 'node:crypto';

export const NOBODY = 'free';

/** The state of a message in a directory queue is its file name, so every change of state is one rename. */
export interface MessageFile {
  /** Milliseconds since 1970: not received before. For a held message, when it was received. */
  due: number;
  /** Keeps the order in which messages were sent. */
  order: number;
  /** Names the message: a hash of its deduplication id. */
  id: string;
  receives: number;
  /** The token of the process that holds it, or `free`. */
  holder: string;
}

export function messageId(deduplicationId: string): string {
  return createHash('sha256').update(deduplicationId).digest('hex').slice(0, 24);
}

export function formatName({ due, order, id, receives, holder }: MessageFile): string {
  return `${String(due).padStart(15, '0')}_${String(order).padStart(7, '0')}_${id}_${receives}_${holder}.json`;
}

export function parseName(name: string): MessageFile | undefined {
  const match = /^(\d{15})_(\d{7,})_([0-9a-f]{24})_(\d+)_([0-9a-z-]+)\.json$/.exec(name);
  if (!match) return undefined;
  const [due, order, id, receives, holder] = match.slice(1) as [string, string, string, string, string];
  return { due: Number(due), order: Number(order), id, receives: Number(receives), holder };
}
