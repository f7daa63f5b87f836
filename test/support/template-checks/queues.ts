import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { MAX_RECEIVES } from '../../../src/queues/queue.js';
import { faultsWhere, sameItems } from './known.js';

const FOURTEEN_DAYS = 14 * 24 * 60 * 60;

export function queueFaults(template: ResolvedTemplate): string[] {
  return [...eachQueue(template), ...polled(template), ...failureDestinations(template)];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
function eachQueue(template: ResolvedTemplate): string[] {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  const tlsOnly = resourcesOf(template, 'AWS::SQS::QueuePolicy').filter(({ properties }) =>
    properties.PolicyDocument.Statement.some(
      ({ Effect, Principal, Condition }) =>
        Effect === 'Deny' && Principal === '*' && Condition?.Bool?.['aws:SecureTransport'] === 'false',
    ),
  );
  return queues.flatMap(({ id, ref = '', arn = '', properties }) => {
    const { QueueName, RedrivePolicy, FifoQueue = false } = properties;
    const dead = queues.find((queue) => queue.arn === RedrivePolicy?.deadLetterTargetArn);
    const sources = queues.filter((queue) => queue.properties.RedrivePolicy?.deadLetterTargetArn === arn);
    const allowed = properties.RedriveAllowPolicy?.sourceQueueArns ?? [];
    return faultsWhere(
      id,
      ['its name and its kind do not agree', QueueName.endsWith('.fifo') !== FifoQueue],
      ['messages are not kept for 14 days', properties.MessageRetentionPeriod !== FOURTEEN_DAYS],
      ['not encrypted', !properties.SqsManagedSseEnabled],
      ['takes requests without TLS', !tlsOnly.some((policy) => policy.properties.Queues.includes(ref))],
      ['derives deduplication from content', properties.ContentBasedDeduplication === true],
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
        ['no partial batch responses', !properties.FunctionResponseTypes.includes('ReportBatchItemFailures')],
        ['a batching window on a FIFO queue', 'MaximumBatchingWindowInSeconds' in properties],
        ['maximum concurrency below two', properties.ScalingConfig.MaximumConcurrency < 2],
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
