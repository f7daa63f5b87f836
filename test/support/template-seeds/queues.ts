import type { Seed } from '../template-seeds.js';

export const queueSeeds: readonly Seed[] = [
  {
    what: 'visibility of five timeouts',
    from: 'VisibilityTimeout: 1800',
    to: 'VisibilityTimeout: 1500',
    faults: ['MovieQueue: visibility is not six times the timeout'],
  },
  {
    what: 'a longer timeout alone',
    from: /(index.handler\n {6}Role: !GetAtt EnrichAndStoreMovieRole.Arn\n {6}Timeout: )300/,
    to: '$1600',
    faults: ['MovieQueue: visibility is not six times the timeout'],
  },
  {
    what: 'a standard dead-letter queue for a FIFO queue',
    from: /movies-dead\$\{NameSuffix\}\.fifo\n {6}FifoQueue: true/,
    to: `movies-dead\${NameSuffix}`,
    faults: ['MovieQueue: its dead-letter queue is of another kind'],
  },
  {
    what: 'no dead-letter queue',
    from: /\n {6}RedrivePolicy:\n.*\n.*/,
    to: '',
    faults: ['MovieDeadLetterQueue: takes dead letters of others', 'MovieQueue: no dead-letter queue'],
  },
  {
    what: 'fewer receives',
    from: 'maxReceiveCount: 10',
    to: 'maxReceiveCount: 3',
    faults: ['MovieQueue: not 10 receives'],
  },
  {
    what: 'short retention',
    from: 'MessageRetentionPeriod: 1209600',
    to: 'MessageRetentionPeriod: 345600',
    faults: ['MovieQueue: messages are not kept for 14 days'],
  },
  {
    what: 'no encryption',
    from: 'SqsManagedSseEnabled: true',
    to: 'SqsManagedSseEnabled: false',
    faults: ['MovieQueue: not encrypted'],
  },
  {
    what: 'dead letters of any queue',
    from: `movie-etl-movies\${NameSuffix}.fifo\n\n  # Standard`,
    to: 'other.fifo\n\n  # Standard',
    faults: ['MovieDeadLetterQueue: takes dead letters of others'],
  },
  {
    what: 'a queue without TLS',
    from: /- !Ref FailureQueue\n/,
    to: '- !Ref MovieQueue\n',
    faults: ['FailureQueue: takes requests without TLS'],
  },
  {
    what: 'a FIFO failure destination',
    from: 'Destination: !GetAtt FailureQueue.Arn',
    to: 'Destination: !GetAtt MovieDeadLetterQueue.Arn',
    faults: [
      'failures go to 2 queues',
      'GetMoviesAndSendToQueueRetries: failures do not go to a standard queue',
      'GetMoviesAndSendToQueueRole: may not sqs:SendMessage on arn:aws:sqs:eu-central-1:123456789012:movie-etl-movies-dead.fifo',
    ],
  },
  {
    what: "a FIFO queue for the schedule's failures",
    from: /DeadLetterConfig:\n( +)Arn: !GetAtt FailureQueue/,
    to: 'DeadLetterConfig:\n$1Arn: !GetAtt MovieDeadLetterQueue',
    faults: [
      'failures go to 2 queues',
      'Schedule: failures do not go to a standard queue',
      'ScheduleRole: may not sqs:SendMessage on arn:aws:sqs:eu-central-1:123456789012:movie-etl-movies-dead.fifo',
    ],
  },
  {
    what: 'whole batches fail',
    from: 'FunctionResponseTypes: [ReportBatchItemFailures]',
    to: 'FunctionResponseTypes: []',
    faults: ['EnrichAndStoreMovieTrigger: no partial batch responses'],
  },
  {
    what: 'another batch size',
    from: 'BatchSize: 10',
    to: 'BatchSize: 1',
    faults: ['EnrichAndStoreMovieTrigger: batches of another size than ten'],
  },
  {
    what: 'deduplication by content',
    from: 'ContentBasedDeduplication: false',
    to: 'ContentBasedDeduplication: true',
    faults: ['MovieQueue: derives deduplication from content'],
  },
  {
    what: 'a name that says FIFO',
    from: `movie-etl-failures\${NameSuffix}`,
    to: `movie-etl-failures\${NameSuffix}.fifo`,
    faults: ['FailureQueue: its name and its kind do not agree'],
  },
  {
    what: 'a batching window',
    from: 'BatchSize: 10\n',
    to: 'BatchSize: 10\n      MaximumBatchingWindowInSeconds: 5\n',
    faults: ['EnrichAndStoreMovieTrigger: a batching window on a FIFO queue'],
  },
];
