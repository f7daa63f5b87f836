import type { Seed } from '../template-seeds.js';

export const asynchronousSeeds: readonly Seed[] = [
  {
    what: 'failures that get lost',
    from: /FunctionName: !Ref ProcessSilverToGold\n( +Qualifier)/,
    to: 'FunctionName: !Ref ProcessBronzeToSilver\n$1',
    faults: ['ProcessBronzeToSilver: its failures get lost', 'ProcessSilverToGold: its failures get lost'],
  },
  {
    what: 'no retries',
    from: 'MaximumRetryAttempts: 2',
    to: 'MaximumRetryAttempts: 0',
    faults: ['GetMoviesAndSendToQueueRetries: MaximumRetryAttempts is 0, not 2'],
  },
  {
    what: 'an input that is no JSON',
    from: `"top_n":\${TopN},`,
    to: `"top_n":\${TopN}`,
    faults: ['Schedule: its input is not what the function takes'],
  },
  {
    what: 'an input with a text for a number',
    from: `"top_n":\${TopN}`,
    to: `"top_n":"\${TopN}"`,
    faults: ['Schedule: its input is not what the function takes'],
  },
  {
    what: 'an input without its time',
    from: '<aws.scheduler.scheduled-time>',
    to: '<aws.scheduler.execution-id>',
    faults: [
      'Schedule: its input lacks the scheduled time',
      'Schedule: its input is not what the function takes',
    ],
  },
  {
    what: 'a schedule in local time',
    from: 'ScheduleExpressionTimezone: UTC',
    to: 'ScheduleExpressionTimezone: Europe/Berlin',
    faults: ['Schedule: ScheduleExpressionTimezone is "Europe/Berlin", not "UTC"'],
  },
  {
    what: 'a schedule that starts another',
    from: /Arn: !GetAtt GetMoviesAndSendToQueue.Arn\n( +RoleArn)/,
    to: 'Arn: !GetAtt ProcessSilverToGold.Arn\n$1',
    faults: [
      'Schedule: Arn is "arn:aws:lambda:eu-central-1:123456789012:function:ProcessSilverToGold", not "arn:aws:lambda:eu-central-1:123456789012:function:GetMoviesAndSendToQueue"',
      'ScheduleRole: may not lambda:InvokeFunction on arn:aws:lambda:eu-central-1:123456789012:function:ProcessSilverToGold',
    ],
  },
  {
    what: 'failures of another version',
    from: 'Qualifier: $LATEST',
    to: "Qualifier: '1'",
    faults: ['GetMoviesAndSendToQueueRetries: Qualifier is "1", not "$LATEST"'],
  },
  {
    what: 'events that grow too old in a minute',
    from: /(MaximumRetryAttempts: 2\n +MaximumEventAgeInSeconds: )21600/,
    to: '$160',
    faults: ['GetMoviesAndSendToQueueRetries: MaximumEventAgeInSeconds is 60, not 21600'],
  },
  {
    what: 'a schedule that tries once',
    from: 'MaximumRetryAttempts: 10',
    to: 'MaximumRetryAttempts: 0',
    faults: [
      'Schedule: RetryPolicy is {"MaximumEventAgeInSeconds":21600,"MaximumRetryAttempts":0}, not {"MaximumEventAgeInSeconds":21600,"MaximumRetryAttempts":10}',
    ],
  },
  {
    what: 'a start that grows too old in a minute',
    from: /(RetryPolicy:\n +MaximumEventAgeInSeconds: )21600/,
    to: '$160',
    faults: [
      'Schedule: RetryPolicy is {"MaximumEventAgeInSeconds":60,"MaximumRetryAttempts":10}, not {"MaximumEventAgeInSeconds":21600,"MaximumRetryAttempts":10}',
    ],
  },
  {
    what: 'a flexible time window',
    from: "Mode: 'OFF'",
    to: 'Mode: FLEXIBLE',
    faults: ['Schedule: FlexibleTimeWindow is {"Mode":"FLEXIBLE"}, not {"Mode":"OFF"}'],
  },
  {
    what: 'a schedule of its own',
    from: 'ScheduleExpression: !Ref ScheduleExpression',
    to: 'ScheduleExpression: cron(0 4 * * ? *)',
    faults: ['Schedule: ScheduleExpression is "cron(0 4 * * ? *)", not "cron(0 3 * * ? *)"'],
  },
  {
    what: 'a schedule that cannot be switched off',
    from: 'State: !Ref ScheduleState',
    to: 'State: DISABLED',
    faults: ['Schedule: State is "DISABLED", not "ENABLED"'],
  },
  {
    what: 'a schedule of another group',
    from: 'GroupName: !Ref ScheduleGroup',
    to: 'GroupName: default',
    faults: [
      'Schedule: GroupName is "default", not "movie-etl"',
      'ScheduleRole: is taken for schedules of others',
    ],
  },
  {
    what: 'a schedule of another name',
    from: `Name: !Sub movie-etl-daily\${NameSuffix}`,
    to: 'Name: movie-etl-every-day',
    faults: ['Schedule: Name is "movie-etl-every-day", not "movie-etl-daily"'],
  },
  {
    what: 'a group of another name',
    from: `Name: !Sub movie-etl\${NameSuffix}`,
    to: 'Name: schedules',
    faults: ['Schedule: GroupName is "schedules", not "movie-etl"'],
  },
];
