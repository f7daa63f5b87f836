import type { Seed } from '../template-seeds.js';

export const alarmSeeds: readonly Seed[] = [
  {
    what: 'an unwatched queue',
    from: '!GetAtt FailureQueue.QueueName',
    to: '!GetAtt MovieDeadLetterQueue.QueueName',
    faults: [
      'FailuresAlarm: Dimensions is [{"Name":"QueueName","Value":"movie-etl-movies-dead.fifo"}], not [{"Name":"QueueName","Value":"movie-etl-failures"}]',
    ],
  },
  {
    what: 'an unwatched function',
    from: /MetricName: Throttles\n( +Dimensions:\n +- Name: FunctionName\n +Value: )!Ref ProcessSilverToGold/,
    to: 'MetricName: Duration\n$1!Ref ProcessSilverToGold',
    faults: ['ProcessSilverToGoldThrottlesAlarm: MetricName is "Duration", not "Throttles"'],
  },
  {
    what: 'an alarm that tells nobody',
    from: / {6}AlarmActions: .*\n/,
    to: '',
    faults: [
      'NoGoldAlarm: AlarmActions is undefined, not ["arn:aws:sns:eu-central-1:123456789012:operators"]',
    ],
  },
  {
    what: 'an alarm without advice',
    from: '"movie-etl redrive"',
    to: '"movie-etl drive"',
    faults: ['DeadLettersAlarm: does not say what to do'],
  },
  {
    what: 'a short look for gold',
    from: 'Period: 3600',
    to: 'Period: 300',
    faults: ['NoGoldAlarm: Period is 300, not 3600'],
  },
  {
    what: 'no data that is fine',
    from: 'TreatMissingData: breaching',
    to: 'TreatMissingData: notBreaching',
    faults: ['NoGoldAlarm: TreatMissingData is "notBreaching", not "breaching"'],
  },
  {
    what: 'a pattern that never matches',
    from: 'gold done',
    to: 'gold is done',
    faults: [
      'GoldDone: FilterPattern is "{ $.message = \\"gold is done\\" }", not "{ $.message = \\"gold done\\" }"',
    ],
  },
  {
    what: 'a look back over more than a day in steps of minutes',
    from: /Period: 300\n( +EvaluationPeriods: )1\n/,
    to: 'Period: 300\n$1500\n',
    faults: ['DeadLettersAlarm: EvaluationPeriods is 500, not 1'],
  },
  {
    what: 'another statistic',
    from: 'Statistic: Maximum',
    to: 'Statistic: Average',
    faults: ['DeadLettersAlarm: Statistic is "Average", not "Maximum"'],
  },
  {
    what: 'a higher threshold',
    from: 'Threshold: 3600',
    to: 'Threshold: 36000',
    faults: ['OldMessageAlarm: Threshold is 36000, not 3600'],
  },
  {
    what: 'a comparison that never holds',
    from: 'ComparisonOperator: GreaterThanOrEqualToThreshold',
    to: 'ComparisonOperator: LessThanThreshold',
    faults: [
      'DeadLettersAlarm: ComparisonOperator is "LessThanThreshold", not "GreaterThanOrEqualToThreshold"',
    ],
  },
  {
    what: 'another namespace',
    from: 'Namespace: AWS/Lambda',
    to: 'Namespace: AWS/SQS',
    faults: ['GetMoviesAndSendToQueueErrorsAlarm: Namespace is "AWS/SQS", not "AWS/Lambda"'],
  },
  {
    what: 'a dimension too many',
    from: /Dimensions:\n( +)- Name: QueueName/,
    to: 'Dimensions:\n$1- { Name: Region, Value: here }\n$1- Name: QueueName',
    faults: [
      'DeadLettersAlarm: Dimensions is [{"Name":"Region","Value":"here"},{"Name":"QueueName","Value":"movie-etl-movies-dead.fifo"}], not [{"Name":"QueueName","Value":"movie-etl-movies-dead.fifo"}]',
    ],
  },
  {
    what: 'the advice of another',
    from: '"movie-etl redrive"',
    to: '"movie-etl gold --date D"',
    faults: ['DeadLettersAlarm: does not say what to do'],
  },
  {
    what: 'no gold without a schedule',
    from: / {4}Condition: RunsAreScheduled\n/,
    to: '',
    parameters: { ScheduleState: 'DISABLED' },
    faults: ['NoGoldAlarm: nobody knows this alarm'],
  },
  {
    what: 'stops that nobody counts',
    from: '&& $.verdict = "stop"',
    to: '&& $.verdict = "stopped"',
    faults: [
      'EnrichStopped: FilterPattern is "{ $.level = \\"ERROR\\" && $.verdict = \\"stopped\\" }", not "{ $.level = \\"ERROR\\" && $.verdict = \\"stop\\" }"',
    ],
  },
  {
    what: 'stops of another function',
    from: 'LogGroupName: !Ref EnrichAndStoreMovieLogs',
    to: 'LogGroupName: !Ref ProcessSilverToGoldLogs',
    faults: [
      'EnrichStopped: LogGroupName is "/aws/lambda/ProcessSilverToGold", not "/aws/lambda/EnrichAndStoreMovie"',
    ],
  },
  {
    what: 'an alarm on a metric of nobody',
    from: 'MetricName: EnrichStopped\n      Statistic',
    to: 'MetricName: Stopped\n      Statistic',
    faults: ['EnrichAndStoreMovieStoppedAlarm: MetricName is "Stopped", not "EnrichStopped"'],
  },
  {
    what: 'a metric of two',
    from: "MetricValue: '1'",
    to: "MetricValue: '0'",
    faults: [
      'EnrichStopped: MetricTransformations is [{"MetricNamespace":"movie-etl","MetricName":"EnrichStopped","MetricValue":"0","Unit":"Count"}], not [{"MetricNamespace":"movie-etl","MetricName":"EnrichStopped","MetricValue":"1","Unit":"Count"}]',
    ],
  },
  {
    what: 'a missing alarm',
    from: / {2}OldMessageAlarm:\n( {4}.*\n)+/,
    to: '',
    faults: ['no alarm OldMessageAlarm'],
  },
];
