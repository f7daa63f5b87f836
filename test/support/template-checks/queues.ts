import { isDeepStrictEqual } from 'node:util';
import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { MAX_RECEIVES } from '../../../src/queues/queue.js';
import { faultsWhere, isTlsOnly, sameItems } from './known.js';

/** The movie list of the largest batch fits into one message. */
const MIB = 1024 * 1024;
const FOURTEEN_DAYS = 14 * 24 * 60 * 60;

const NAMES: Readonly<Record<string, string>> = {
  MovieQueue: 'movie-etl-movies',
  MovieDeadLetterQueue: 'movie-etl-movies-dead',
  FailureQueue: 'movie-etl-failures',
};

export function queueFaults(template: ResolvedTemplate): string[] {
  return [...eachQueue(template), ...polled(template), ...failureDestinations(template)];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
function eachQueue(template: ResolvedTemplate): string[] {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy').map(({ properties }) => properties);
  const { NameSuffix } = template.parameters;
  return queues.flatMap(({ id, ref = '', arn = '', properties }) => {
    const { QueueName, RedrivePolicy, FifoQueue = false } = properties;
    const dead = queues.find((queue) => queue.arn === RedrivePolicy?.deadLetterTargetArn);
    const sources = queues.filter((queue) => queue.properties.RedrivePolicy?.deadLetterTargetArn === arn);
    const allowed = properties.RedriveAllowPolicy?.sourceQueueArns ?? [];
    const tlsOnly = policies
      .filter(({ Queues }) => Queues.includes(ref))
      .map(
        ({ Queues, PolicyDocument }) => sameItems(Queues, [ref]) && isTlsOnly(PolicyDocument, 'sqs', [arn]),
      );
    return faultsWhere(
      id,
      ['its name is another', QueueName !== `${NAMES[id]}${NameSuffix}${FifoQueue ? '.fifo' : ''}`],
      ['messages are not kept for 14 days', properties.MessageRetentionPeriod !== FOURTEEN_DAYS],
      ['not encrypted', !properties.SqsManagedSseEnabled],
      ['takes requests without TLS', !isDeepStrictEqual(tlsOnly, [true])],
      ['takes smaller messages', properties.MaximumMessageSize !== MIB],
      ['derives deduplication from content', properties.ContentBasedDeduplication === true],
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
      [
        'its throughput and its deduplication are not by group',
        FifoQueue &&
          (properties.FifoThroughputLimit !== 'perMessageGroupId' ||
            properties.DeduplicationScope !== 'messageGroup'),
      ],
      ['its dead-letter queue is not there', RedrivePolicy !== undefined && !dead],
      [
        'its dead-letter queue is of another kind',
        dead !== undefined && (dead.properties.FifoQueue ?? false) !== FifoQueue,
      ],
      [
        `not ${MAX_RECEIVES} receives`,
        RedrivePolicy !== undefined && RedrivePolicy.maxReceiveCount !== MAX_RECEIVES,
      ],
      [
        'takes dead letters of others',
        !sameItems(
          allowed,
          sources.map((source) => source.arn),
        ),
      ],
    );
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function polled(template: ResolvedTemplate): string[] {
  const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
  const none = mappings.length === 0 ? ['EnrichAndStoreMovie: no queue triggers it'] : [];
  const faults = mappings.flatMap(({ id, properties }) => {
    const queue = resourcesOf(template, 'AWS::SQS::Queue').find(
      ({ arn }) => arn === properties.EventSourceArn,
    );
    const target = resourcesOf(template, 'AWS::Lambda::Function').find(
      ({ ref }) => ref === properties.FunctionName,
    );
    const visibility = queue?.properties.VisibilityTimeout ?? 0;
    return [
      ...faultsWhere(
        id,
        ['not EnrichAndStoreMovie', target?.id !== 'EnrichAndStoreMovie'],
        ['batches of another size than ten', properties.BatchSize !== 10],
        [
          'no partial batch responses',
          !sameItems(properties.FunctionResponseTypes, ['ReportBatchItemFailures']),
        ],
        [
          'another maximum concurrency than asked for',
          properties.ScalingConfig.MaximumConcurrency !== template.parameters.EnrichMaximumConcurrency,
        ],
      ),
      ...faultsWhere(
        queue?.id ?? id,
        ['visibility is not six times the timeout', visibility !== 6 * (target?.properties.Timeout ?? 0)],
        ['no dead-letter queue', !queue?.properties.RedrivePolicy],
      ),
    ];
  });
  return [...none, ...faults];
}

/**
 * Neither takes a FIFO queue: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
function failureDestinations(template: ResolvedTemplate): string[] {
  const standard = resourcesOf(template, 'AWS::SQS::Queue').filter(({ properties }) => !properties.FifoQueue);
  const isStandard = (arn: string) => standard.some((queue) => queue.arn === arn);
  const destinations = [
    ...resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(
      ({ id, properties }) => [id, properties.DestinationConfig.OnFailure.Destination] as const,
    ),
    ...resourcesOf(template, 'AWS::Scheduler::Schedule').map(
      ({ id, properties }) => [id, properties.Target.DeadLetterConfig.Arn] as const,
    ),
  ];
  const queues = new Set(destinations.map(([, arn]) => arn));
  return [
    ...(queues.size > 1 ? [`failures go to ${queues.size} queues`] : []),
    ...destinations
      .filter(([, arn]) => !isStandard(arn))
      .map(([id]) => `${id}: failures do not go to a standard queue`),
  ];
}
