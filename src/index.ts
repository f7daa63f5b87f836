/**
 * The pipeline as a library: the stages, the ports that they work on, and what flows between them. Importing it reads
 * no environment and opens nothing; a driver, and the AWS SDK with it, is loaded when an address asks for it. What is
 * not exported here may change with any release.
 * @packageDocumentation
 */

// The ports, and what opens a driver of each.
export { type AwsClients, type AwsKeys, type AwsSettings, awsClients } from './aws.js';
// The gold datasets.
export type { Cell } from './csv.js';
export type { Accumulator, Dataset, Listing, PreviousSilver, Totals } from './datasets/dataset.js';
export { datasets } from './datasets/index.js';
// Failures, with what they mean for the work in hand, and where a stage tells what happens.
export {
  DecodeError,
  type ErrorDetails,
  InterruptedError,
  PipelineError,
  UnfinishedError,
  type Verdict,
} from './errors.js';
// What flows: each schema has its type under the same name, and every object has its key.
export { bronzeKeys, goldKeys, silverKeys } from './keys.js';
export { type Log, type Progress, silentLog } from './log.js';
export { type MovieSourceOptions, movieSource } from './movies.js';
export { OMDB_LIMITS, type OmdbLimits, type OmdbOptions, omdbSource } from './omdb.js';
export { openQueue } from './queues/open.js';
export type {
  DeadLetter,
  DeferOptions,
  OutgoingMessage,
  Queue,
  QueueDepth,
  QueueReceiver,
  QueueSender,
  ReceivedMessage,
} from './queues/queue.js';
export { BronzeRecord, type OmdbAnswer, Status } from './records/bronze-record.js';
export { decode, decodeJson } from './records/decode.js';
export { Manifest } from './records/manifest.js';
export { BatchError, GoldLineage, ObjectReference, SilverLineage, Success } from './records/markers.js';
export { Message } from './records/message.js';
export {
  ImdbId,
  ListItem,
  type MovieList,
  type MovieSource,
  parseMovieList,
  type RejectedItem,
} from './records/movie-list.js';
export {
  datesBetween,
  newRunId,
  PartitionDate,
  partitionDate,
  RunId,
  RunReference,
  scheduledRunId,
} from './records/run.js';
export { newestRun, readManifest, readSuccess, type StandingManifest } from './records/runs.js';
export { datesOf } from './records/silver-dates.js';
export { readSilver } from './records/silver-file.js';
export { type SilverColumn, type SilverRow, silverColumns, silverRow } from './records/silver-row.js';
// The stages: what to do, then what to do it with. They print nothing, and read no clock of their own.
export {
  BatchFailedError,
  type DrainSummary,
  drainQueue,
  type EnrichDateRequest,
  type EnrichServices,
  type EnrichSummary,
  enrichDate,
  enrichMessage,
  type FailedBatch,
  type MessageFacts,
  MessageFailedError,
  type MessageSummary,
} from './stages/enrich.js';
export { type ExtractRequest, type ExtractServices, type ExtractSummary, extract } from './stages/extract.js';
export { type GoldOptions, type GoldServices, type GoldSummary, gold } from './stages/gold.js';
export { type SilverServices, type SilverSummary, silver } from './stages/silver.js';
export { openStore } from './stores/open.js';
export {
  type Body,
  type Condition,
  type Etag,
  type ObjectLister,
  type ObjectReader,
  type ObjectWriter,
  type PutOutcome,
  type Store,
  unchangedSince,
} from './stores/store.js';
