/**
 * The enrich stage: every movie of a batch gets its record, and the run that has all of them is published. One
 * batch is the unit (`enrichBatch`). A function is handed the message of one (`enrichMessage`); a terminal works
 * through a whole queue (`drainQueue`) or one date (`enrichDate`).
 */
export { BatchFailedError, type BatchSummary, type EnrichServices, enrichBatch } from './enrich/batch.js';
export { type EnrichDateRequest, enrichDate } from './enrich/date.js';
export {
  enrichMessage,
  type MessageFacts,
  MessageFailedError,
  type MessageSummary,
} from './enrich/message.js';
export { type DrainSummary, drainQueue } from './enrich/queue.js';
export { type EnrichSummary, type FailedBatch, unfinishedOf } from './enrich/summary.js';
