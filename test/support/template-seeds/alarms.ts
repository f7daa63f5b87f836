import type { Seed } from '../template-seeds.js';

export const alarmSeeds: readonly Seed[] = [
  {
    what: 'an unwatched queue',
    from: '!GetAtt FailureQueue.QueueName',
    to: '!GetAtt MovieDeadLetterQueue.QueueName',
    faults: ['movie-etl-failures: no alarm for ApproximateNumberOfMessagesVisible'],
  },
  {
    what: 'an unwatched function',
    from: /MetricName: Throttles\n( +Dimensions:\n +- Name: FunctionName\n +Value: )!Ref ProcessSilverToGold/,
    to: 'MetricName: Duration\n$1!Ref ProcessSilverToGold',
    faults: ['ProcessSilverToGold: no alarm for Throttles'],
  },
  {
    what: 'an alarm that tells nobody',
    from: / {6}AlarmActions: .*\n/,
    to: '',
    faults: ['NoGoldAlarm: tells nobody, or somebody who was not asked for'],
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
    faults: ['ProcessSilverToGold: the alarm does not look back 25 hours'],
  },
  {
    what: 'no data that is fine',
    from: 'TreatMissingData: breaching',
    to: 'TreatMissingData: notBreaching',
    faults: ['ProcessSilverToGold: no data is no alarm'],
  },
  {
    what: 'a pattern that never matches',
    from: 'gold done',
    to: 'gold is done',
    faults: [
      'ProcessSilverToGold: nobody counts when gold is done',
      'ProcessSilverToGold: no alarm when there is no gold',
      'ProcessSilverToGold: the alarm does not look back 25 hours',
      'ProcessSilverToGold: no data is no alarm',
    ],
  },
  {
    what: 'a look back over more than a day in steps of minutes',
    from: /Period: 300\n( +EvaluationPeriods: )1\n/,
    to: 'Period: 300\n$1500\n',
    faults: ['DeadLettersAlarm: looks back too far'],
  },
];
