import type { Seed } from '../template-seeds.js';

export const triggerSeeds: readonly Seed[] = [
  {
    what: 'a filter on another prefix',
    from: 'Value: bronze/',
    to: 'Value: raw/',
    faults: ['ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS'],
  },
  {
    what: 'a filter on another suffix',
    from: 'Value: _SUCCESS',
    to: 'Value: .json',
    faults: [
      'ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/_manifest.json',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/tt0111161.json',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/_errors/000007.json',
    ],
  },
  {
    what: 'a filter that lets all through',
    from: /Value: silver\/movies\/\n( +)- Name: suffix\n +Value: movies.csv/,
    to: 'Value: silver/',
    faults: [
      'ProcessSilverToGold: is told of _quarantine/dt=2026-11-23/movies.ndjson',
      'ProcessSilverToGold: is told of _lineage/dt=2026-11-23.json',
    ],
  },
  {
    what: 'a trigger on the wrong function',
    from: `function:ProcessBronzeToSilver\${NameSuffix}`,
    to: `function:ProcessSilverToGold\${NameSuffix}`,
    faults: [
      'ProcessBronzeToSilver: not exactly one trigger',
      'ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS',
      'ProcessSilverToGold: not exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'events of one way of writing',
    from: 's3:ObjectCreated:*',
    to: 's3:ObjectCreated:Put',
    faults: ['ProcessBronzeToSilver: s3:ObjectCreated:Put leaves out some ways of writing'],
  },
  {
    what: 'a permission without SourceAccount',
    from: '      SourceAccount: !Ref AWS::AccountId\n',
    to: '',
    faults: ['ProcessBronzeToSilverPermission: no SourceAccount'],
  },
  {
    what: 'a permission without SourceArn',
    from: / {6}SourceArn: .*\n/,
    to: '',
    faults: [
      'ProcessBronzeToSilverPermission: no SourceArn of a bucket here',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'a bucket that does not wait',
    from: '    DependsOn: ProcessSilverToGoldPermission\n',
    to: '',
    faults: ['SilverBucket: does not wait for its permission'],
  },
  {
    what: 'a function that may write what triggers it',
    from: /(Sid: ReadRuns\n.*\n +Action: \['s3:GetObject')/,
    to: "$1, 's3:PutObject'",
    faults: [
      'ProcessBronzeToSilver: may write arn:aws:s3:::movie-etl-bronze-123456789012-eu-central-1/bronze/dt=, which triggers it',
    ],
  },
  {
    what: 'failures that get lost',
    from: /FunctionName: !Ref ProcessSilverToGold\n( +Qualifier)/,
    to: 'FunctionName: !Ref ProcessBronzeToSilver\n$1',
    faults: ['ProcessSilverToGold: its failures get lost'],
  },
  {
    what: 'no retries',
    from: 'MaximumRetryAttempts: 2',
    to: 'MaximumRetryAttempts: 0',
    faults: ['GetMoviesAndSendToQueue: is not tried three times'],
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
    faults: ['Schedule: is not in UTC'],
  },
  {
    what: 'a schedule that starts another',
    from: /Arn: !GetAtt GetMoviesAndSendToQueue.Arn\n( +RoleArn)/,
    to: 'Arn: !GetAtt ProcessSilverToGold.Arn\n$1',
    faults: [
      'Schedule: does not start GetMoviesAndSendToQueue',
      'ScheduleRole: may not lambda:InvokeFunction on arn:aws:lambda:eu-central-1:123456789012:function:ProcessSilverToGold',
    ],
  },
];
