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

const LambdaFunction = z.looseObject({
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
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
  LoggingConfig: z.looseObject({ LogGroup: z.string(), LogFormat: z.string() }),
});

const EventSourceMapping = z.looseObject({
  /** Its name. */
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  BatchSize: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});

const EventInvokeConfig = z.looseObject({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: z.number(),
  /** Seconds. */
  MaximumEventAgeInSeconds: z.number(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }),
});

const Permission = z.looseObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

const Queue = z.looseObject({
  QueueName: z.string(),
  FifoQueue: z.boolean().optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  /** Seconds, both. */
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  SqsManagedSseEnabled: z.boolean(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  RedriveAllowPolicy: z
    .object({ redrivePermission: z.string(), sourceQueueArns: z.array(z.string()) })
    .optional(),
});

const FilterRule = z.object({ Name: z.enum(['prefix', 'suffix']), Value: z.string() });

const Bucket = z.looseObject({
  BucketName: z.string(),
  NotificationConfiguration: z
    .object({
      LambdaConfigurations: z.array(
        z.object({
          Event: z.string(),
          Function: z.string(),
          Filter: z.object({ S3Key: z.object({ Rules: z.array(FilterRule) }) }),
        }),
      ),
    })
    .optional(),
  PublicAccessBlockConfiguration: z.record(z.string(), z.boolean()),
  BucketEncryption: z.object({
    ServerSideEncryptionConfiguration: z.array(
      z.object({ ServerSideEncryptionByDefault: z.object({ SSEAlgorithm: z.string() }) }),
    ),
  }),
  VersioningConfiguration: z.object({ Status: z.string() }),
  OwnershipControls: z.object({ Rules: z.array(z.object({ ObjectOwnership: z.string() })) }),
  LifecycleConfiguration: z.object({
    Rules: z.array(
      z.looseObject({
        Id: z.string(),
        Status: z.string(),
        Prefix: z.string().optional(),
        ExpirationInDays: z.number().optional(),
        NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.number() }).optional(),
        AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: z.number() }).optional(),
      }),
    ),
  }),
});

const Schedule = z.looseObject({
  GroupName: z.string(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']),
  FlexibleTimeWindow: z.object({ Mode: z.string() }),
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string(),
    RetryPolicy: z.object({ MaximumEventAgeInSeconds: z.number(), MaximumRetryAttempts: z.number() }),
    DeadLetterConfig: z.object({ Arn: z.string() }),
  }),
});

const Role = z.looseObject({
  AssumeRolePolicyDocument: PolicyDocument,
  ManagedPolicyArns: z.array(z.string()).optional(),
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument })),
});

const Alarm = z.looseObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.string()).optional(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).optional(),
  Statistic: z.string(),
  /** Seconds. */
  Period: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  ComparisonOperator: z.string(),
  Threshold: z.number(),
  TreatMissingData: z.string(),
});

const MetricFilter = z.looseObject({
  LogGroupName: z.string(),
  FilterPattern: z.string(),
  MetricTransformations: z.array(
    z.looseObject({ MetricNamespace: z.string(), MetricName: z.string(), MetricValue: z.string() }),
  ),
});

/** The properties that somebody here reads, by type of resource. */
export const shapes = {
  'AWS::CloudWatch::Alarm': Alarm,
  'AWS::IAM::Role': Role,
  'AWS::Lambda::EventInvokeConfig': EventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': EventSourceMapping,
  'AWS::Lambda::Function': LambdaFunction,
  'AWS::Lambda::Permission': Permission,
  'AWS::Logs::LogGroup': z.looseObject({ LogGroupName: z.string(), RetentionInDays: z.number() }),
  'AWS::Logs::MetricFilter': MetricFilter,
  'AWS::S3::Bucket': Bucket,
  'AWS::S3::BucketPolicy': z.object({ Bucket: z.string(), PolicyDocument }),
  'AWS::SQS::Queue': Queue,
  'AWS::SQS::QueuePolicy': z.object({ Queues: z.array(z.string()), PolicyDocument }),
  'AWS::Scheduler::Schedule': Schedule,
};
export type Shapes = typeof shapes;
