import { z } from 'zod';

/** `Statement` of an IAM policy, as templates here write it: lists, also of one. */
export const Statement = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.array(z.string()),
  Resource: z.array(z.string()).optional(),
  Principal: z.union([z.literal('*'), z.record(z.string(), z.string())]).optional(),
  Condition: z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())])))
    .optional(),
});
export type Statement = z.infer<typeof Statement>;

export const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(Statement),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

const LambdaFunction = z.strictObject({
  FunctionName: z.string(),
  Description: z.string(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  /** A folder of the package, from the template's own. */
  Code: z.string(),
  /** `file.export`. */
  Handler: z.string(),
  Role: z.string(),
  /** Seconds. */
  Timeout: z.number(),
  /** MiB. */
  MemorySize: z.number(),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }),
  LoggingConfig: z.strictObject({ LogGroup: z.string(), LogFormat: z.string() }),
});

const EventSourceMapping = z.strictObject({
  /** Its name. */
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  BatchSize: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number() }),
});

const EventInvokeConfig = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: z.number(),
  /** Seconds. */
  MaximumEventAgeInSeconds: z.number(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }) }),
});

const Permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

const Queue = z.strictObject({
  QueueName: z.string(),
  FifoQueue: z.boolean().optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  DeduplicationScope: z.enum(['messageGroup', 'queue']).optional(),
  FifoThroughputLimit: z.enum(['perMessageGroupId', 'perQueue']).optional(),
  /** Seconds, all three. */
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  /** Bytes. */
  MaximumMessageSize: z.number(),
  SqsManagedSseEnabled: z.boolean(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  RedriveAllowPolicy: z
    .strictObject({ redrivePermission: z.literal('byQueue'), sourceQueueArns: z.array(z.string()) })
    .optional(),
});

const FilterRule = z.strictObject({ Name: z.enum(['prefix', 'suffix']), Value: z.string() });

const Bucket = z.strictObject({
  BucketName: z.string(),
  NotificationConfiguration: z
    .strictObject({
      LambdaConfigurations: z.array(
        z.strictObject({
          Event: z.string(),
          Function: z.string(),
          Filter: z.strictObject({ S3Key: z.strictObject({ Rules: z.array(FilterRule) }) }),
        }),
      ),
    })
    .optional(),
  PublicAccessBlockConfiguration: z.record(z.string(), z.boolean()),
  BucketEncryption: z.strictObject({
    ServerSideEncryptionConfiguration: z.array(
      z.strictObject({ ServerSideEncryptionByDefault: z.strictObject({ SSEAlgorithm: z.string() }) }),
    ),
  }),
  VersioningConfiguration: z.strictObject({ Status: z.string() }),
  OwnershipControls: z.strictObject({ Rules: z.array(z.strictObject({ ObjectOwnership: z.string() })) }),
  LifecycleConfiguration: z.strictObject({
    Rules: z.array(
      z.strictObject({
        Id: z.string(),
        Status: z.enum(['Enabled', 'Disabled']),
        Prefix: z.string().optional(),
        ExpirationInDays: z.number().optional(),
        ExpiredObjectDeleteMarker: z.boolean().optional(),
        NoncurrentVersionExpiration: z.strictObject({ NoncurrentDays: z.number() }).optional(),
        AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: z.number() }).optional(),
      }),
    ),
  }),
});

const Schedule = z.strictObject({
  Name: z.string(),
  Description: z.string(),
  GroupName: z.string(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']),
  FlexibleTimeWindow: z.strictObject({ Mode: z.string() }),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string(),
    RetryPolicy: z.strictObject({ MaximumEventAgeInSeconds: z.number(), MaximumRetryAttempts: z.number() }),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }),
  }),
});

const Role = z.strictObject({
  Description: z.string(),
  AssumeRolePolicyDocument: PolicyDocument,
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument })),
});

const Alarm = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.string()).optional(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional(),
  Statistic: z.string(),
  /** Seconds. */
  Period: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  ComparisonOperator: z.string(),
  Threshold: z.number(),
  TreatMissingData: z.string(),
});

const MetricFilter = z.strictObject({
  LogGroupName: z.string(),
  FilterPattern: z.string(),
  MetricTransformations: z.array(
    z.strictObject({
      MetricNamespace: z.string(),
      MetricName: z.string(),
      MetricValue: z.string(),
      Unit: z.string(),
    }),
  ),
});

/** All that templates here may say, by type of resource: a property or a type that nobody checks is refused. */
export const shapes = {
  'AWS::CloudWatch::Alarm': Alarm,
  'AWS::IAM::Role': Role,
  'AWS::Lambda::EventInvokeConfig': EventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': EventSourceMapping,
  'AWS::Lambda::Function': LambdaFunction,
  'AWS::Lambda::Permission': Permission,
  'AWS::Logs::LogGroup': z.strictObject({ LogGroupName: z.string(), RetentionInDays: z.number() }),
  'AWS::Logs::MetricFilter': MetricFilter,
  'AWS::S3::Bucket': Bucket,
  'AWS::S3::BucketPolicy': z.strictObject({ Bucket: z.string(), PolicyDocument }),
  'AWS::SQS::Queue': Queue,
  'AWS::SQS::QueuePolicy': z.strictObject({ Queues: z.array(z.string()), PolicyDocument }),
  'AWS::Scheduler::Schedule': Schedule,
  'AWS::Scheduler::ScheduleGroup': z.strictObject({ Name: z.string() }),
};
export type Shapes = typeof shapes;

/**
 * The properties of a resource, checked and typed.
 * @throws Error that names the resource and the property, or the type that has no shape here
 */
export function shaped<Type extends keyof Shapes>(
  id: string,
  type: Type,
  properties: unknown,
): z.infer<Shapes[Type]> {
  if (!Object.hasOwn(shapes, type)) throw new Error(`Resources.${id}: ${type} is not known here`);
  const read = shapes[type].safeParse(properties);
  if (!read.success) throw new Error(`Resources.${id}: ${z.prettifyError(read.error)}`);
  return read.data as z.infer<Shapes[Type]>;
}
