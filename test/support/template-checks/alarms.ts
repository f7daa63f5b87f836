import { type ResolvedTemplate, type ResourceOf, resourcesOf } from '../../../chain/template.js';
import { differences, faultsWhere, SUBCOMMAND_OF, strangers } from './known.js';

type Properties = ResourceOf<'AWS::CloudWatch::Alarm'>['properties'];

/** An alarm as it has to be, and the subcommand that its description tells to use. */
type Expected = Partial<Properties> & { command: string };

const HOUR = 60 * 60;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export function alarmFaults(template: ResolvedTemplate): string[] {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  const expected = { ...queueAlarms(template), ...functionAlarms(template), ...logAlarms(template) };
  return [
    ...strangers(
      'alarm',
      alarms.map(({ id }) => id),
      Object.keys(expected),
    ),
    ...alarms.flatMap(({ id, properties }) => {
      if (!expected[id]) return [];
      const { command, ...as } = expected[id];
      return [
        ...differences(id, properties, { ...usual(template), ...as }),
        ...faultsWhere(id, ['does not say what to do', !tells(properties.AlarmDescription, command)]),
      ];
    }),
    ...metricFilters(template),
  ];
}

/** What most alarms are like: any sum of one within five minutes. */
function usual({ parameters }: ResolvedTemplate): Partial<Properties> {
  const topic = String(parameters.AlarmTopicArn);
  return {
    AlarmActions: topic === 'none' ? undefined : [topic],
    Dimensions: undefined,
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    DatapointsToAlarm: undefined,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  };
}

/** Whether a description names one subcommand, the right one. */
function tells(description: string, command: string): boolean {
  const told = [...description.matchAll(/"movie-etl (\S+?)[ "]/g)].map(([, name]) => name);
  return told.length === 1 && told[0] === command;
}

function queueAlarms({ resources, parameters }: ResolvedTemplate): Record<string, Expected> {
  const of = (queue: string, name: string, metric: string, command: string): Expected => ({
    AlarmName: `movie-etl-${name}${parameters.NameSuffix}`,
    Namespace: 'AWS/SQS',
    MetricName: `Approximate${metric}`,
    Dimensions: [{ Name: 'QueueName', Value: String(resources[queue]?.Properties.QueueName) }],
    Statistic: 'Maximum',
    command,
  });
  return {
    DeadLettersAlarm: of('MovieDeadLetterQueue', 'dead-letters', 'NumberOfMessagesVisible', 'redrive'),
    FailuresAlarm: of('FailureQueue', 'failures', 'NumberOfMessagesVisible', 'run-all'),
    OldMessageAlarm: {
      ...of('MovieQueue', 'old-message', 'AgeOfOldestMessage', 'enrich'),
      Threshold: HOUR,
    },
  };
}

function functionAlarms({ resources, parameters }: ResolvedTemplate): Record<string, Expected> {
  const alarms = Object.entries(SUBCOMMAND_OF).flatMap(([id, command]) =>
    ['Errors', 'Throttles'].map((MetricName): [string, Expected] => [
      `${id}${MetricName}Alarm`,
      {
        AlarmName: `movie-etl-${id}-${MetricName.toLowerCase()}${parameters.NameSuffix}`,
        Namespace: 'AWS/Lambda',
        MetricName,
        Dimensions: [{ Name: 'FunctionName', Value: String(resources[id]?.ref) }],
        command,
      },
    ]),
  );
  return Object.fromEntries(alarms);
}

/** Alarms on what is counted in logs. No gold is none only where runs are scheduled. */
function logAlarms({ parameters }: ResolvedTemplate): Record<string, Expected> {
  const Namespace = `movie-etl${parameters.NameSuffix}`;
  const EnrichAndStoreMovieStoppedAlarm = {
    AlarmName: `movie-etl-EnrichAndStoreMovie-stopped${parameters.NameSuffix}`,
    Namespace,
    MetricName: 'EnrichStopped',
    command: 'enrich',
  };
  const NoGoldAlarm = {
    AlarmName: `movie-etl-no-gold${parameters.NameSuffix}`,
    Namespace,
    MetricName: 'GoldDone',
    Period: HOUR,
    EvaluationPeriods: 25,
    DatapointsToAlarm: 25,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
    command: 'run-all',
  };
  const isScheduled = parameters.ScheduleState === 'ENABLED';
  return { EnrichAndStoreMovieStoppedAlarm, ...(isScheduled && { NoGoldAlarm }) };
}

function metricFilters(template: ResolvedTemplate): string[] {
  const { parameters, resources } = template;
  const counting = (id: string, FilterPattern: string, MetricName: string) => ({
    LogGroupName: resources[`${id}Logs`]?.ref,
    FilterPattern,
    MetricTransformations: [
      { MetricNamespace: `movie-etl${parameters.NameSuffix}`, MetricName, MetricValue: '1', Unit: 'Count' },
    ],
  });
  const expected: Record<string, ReturnType<typeof counting>> = {
    EnrichStopped: counting(
      'EnrichAndStoreMovie',
      '{ $.level = "ERROR" && $.verdict = "stop" }',
      'EnrichStopped',
    ),
    GoldDone: counting('ProcessSilverToGold', '{ $.message = "gold done" }', 'GoldDone'),
  };
  const filters = resourcesOf(template, 'AWS::Logs::MetricFilter');
  return [
    ...strangers(
      'metric filter',
      filters.map(({ id }) => id),
      Object.keys(expected),
    ),
    ...filters.flatMap(({ id, properties }) => differences(id, properties, expected[id] ?? {})),
  ];
}
