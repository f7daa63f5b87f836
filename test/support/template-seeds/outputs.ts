import type { Seed } from '../template-seeds.js';

export const outputSeeds: readonly Seed[] = [
  {
    what: 'the dead letters for the queue',
    from: /(QueueUrl:\n.*\n +Value: )!Ref MovieQueue/,
    to: '$1!Ref MovieDeadLetterQueue',
    faults: [
      'Outputs: QueueUrl is "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies-dead.fifo", not "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies.fifo"',
    ],
  },
  {
    what: 'gold for silver',
    from: /Value: !Sub s3:\/\/.*silver/,
    to: `Value: !Sub s3://\${GoldBucket}/gold`,
    faults: [
      'Outputs: SilverUri is "s3://movie-etl-gold-123456789012-eu-central-1/gold", not "s3://movie-etl-silver-123456789012-eu-central-1/silver"',
    ],
  },
  {
    what: 'another function',
    from: /(does silver\n +Value: )!Ref ProcessBronzeToSilver/,
    to: '$1!Ref ProcessSilverToGold',
    faults: ['Outputs: ProcessBronzeToSilverName is "ProcessSilverToGold", not "ProcessBronzeToSilver"'],
  },
  {
    what: 'another name of an output',
    from: '  FailureQueueUrl:',
    to: '  FailuresUrl:',
    faults: [
      'no output FailureQueueUrl',
      'FailuresUrl: nobody knows this output',
      'Outputs: FailureQueueUrl is undefined, not "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-failures"',
    ],
  },
];
