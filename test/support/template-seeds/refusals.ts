import type { Edit } from '../template-seeds.js';

/** What a template here may not say at all, and the first line of the error that it is. */
interface Refusal extends Edit {
  error: string;
}

const resource = (lines: readonly string[]) =>
  ['', '  More:', ...lines.map((line) => `    ${line}`), '$&'].join('\n');
const unknown = (id: string, key: string) => `Resources.${id}: ✖ Unrecognized key: "${key}"`;

export const refusals: readonly Refusal[] = [
  {
    what: 'an event source that is off',
    from: 'BatchSize: 10\n',
    to: 'BatchSize: 10\n      Enabled: false\n',
    error: unknown('EnrichAndStoreMovieTrigger', 'Enabled'),
  },
  {
    what: 'an event source that drops messages',
    from: 'BatchSize: 10\n',
    to: 'BatchSize: 10\n      FilterCriteria: { Filters: [] }\n',
    error: unknown('EnrichAndStoreMovieTrigger', 'FilterCriteria'),
  },
  {
    what: 'a batching window, which a FIFO queue does not take',
    from: 'BatchSize: 10\n',
    to: 'BatchSize: 10\n      MaximumBatchingWindowInSeconds: 5\n',
    error: unknown('EnrichAndStoreMovieTrigger', 'MaximumBatchingWindowInSeconds'),
  },
  {
    what: 'a function that never runs',
    from: 'MemorySize: 512',
    to: 'MemorySize: 512\n      ReservedConcurrentExecutions: 0',
    error: unknown('GetMoviesAndSendToQueue', 'ReservedConcurrentExecutions'),
  },
  {
    what: 'a log without the lines that are counted',
    from: 'LogFormat: JSON',
    to: 'LogFormat: JSON\n        ApplicationLogLevel: FATAL',
    error: unknown('GetMoviesAndSendToQueue', 'ApplicationLogLevel'),
  },
  {
    what: 'a managed policy',
    from: 'Description: EnrichAndStoreMovie of movie-etl',
    to: '$&\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSQSFullAccess]',
    error: unknown('EnrichAndStoreMovieRole', 'ManagedPolicyArns'),
  },
  {
    what: 'a permissions boundary',
    from: 'Description: EnrichAndStoreMovie of movie-etl',
    to: '$&\n      PermissionsBoundary: arn:aws:iam::aws:policy/ReadOnlyAccess',
    error: unknown('EnrichAndStoreMovieRole', 'PermissionsBoundary'),
  },
  {
    what: 'a policy beside the roles',
    from: /\n {2}ScheduleGroup:/,
    to: resource([
      'Type: AWS::IAM::Policy',
      'Properties: { PolicyName: more, Roles: [!Ref ScheduleRole], PolicyDocument: { Statement: [] } }',
    ]),
    error: 'Resources.More: AWS::IAM::Policy is not known here',
  },
  {
    what: 'an address that anybody may call',
    from: /\n {2}ScheduleGroup:/,
    to: resource([
      'Type: AWS::Lambda::Url',
      'Properties: { TargetFunctionArn: !GetAtt ProcessSilverToGold.Arn, AuthType: NONE }',
    ]),
    error: 'Resources.More: AWS::Lambda::Url is not known here',
  },
  {
    what: 'an alarm that is silenced',
    from: 'Namespace: AWS/SQS',
    to: 'ActionsEnabled: false\n      Namespace: AWS/SQS',
    error: unknown('DeadLettersAlarm', 'ActionsEnabled'),
  },
  {
    what: 'a metric of every line',
    from: "MetricValue: '1'",
    to: "MetricValue: '1'\n          DefaultValue: 1",
    error: unknown('EnrichStopped', 'DefaultValue'),
  },
  {
    what: 'messages that come late',
    from: 'VisibilityTimeout: 1800',
    to: 'VisibilityTimeout: 1800\n      DelaySeconds: 900',
    error: unknown('MovieQueue', 'DelaySeconds'),
  },
  {
    what: 'a schedule that ends',
    from: 'ScheduleExpressionTimezone: UTC',
    to: 'ScheduleExpressionTimezone: UTC\n      EndDate: 2026-12-31T00:00:00Z',
    error: unknown('Schedule', 'EndDate'),
  },
  {
    what: 'dead letters of all queues',
    from: 'redrivePermission: byQueue',
    to: 'redrivePermission: allowAll',
    error: 'Resources.MovieDeadLetterQueue: ✖ Invalid input: expected "byQueue"',
  },
];
