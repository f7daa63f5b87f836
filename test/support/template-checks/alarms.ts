import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { faultsWhere, SUBCOMMANDS, sameItems } from './known.js';

type Alarm = ReturnType<typeof resourcesOf<'AWS::CloudWatch::Alarm'>>[number];

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

export function alarmFaults(template: ResolvedTemplate): string[] {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  return [
    ...watched(template)
      .filter(([namespace, metric, name]) => !alarms.some((alarm) => watches(alarm, namespace, metric, name)))
      .map(([, metric, name]) => `${name}: no alarm for ${metric}`),
    ...alarms.flatMap((alarm) => eachAlarm(alarm, template)),
    ...noGold(template, alarms),
  ];
}

/** Namespace, metric, and the name of the queue or function. */
function watched(template: ResolvedTemplate): (readonly [string, string, string])[] {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  const polled = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(
    ({ properties }) => properties.EventSourceArn,
  );
  return [
    ...queues.map(({ arn = '', properties: { QueueName } }) => {
      const metric = polled.includes(arn)
        ? 'ApproximateAgeOfOldestMessage'
        : 'ApproximateNumberOfMessagesVisible';
      return ['AWS/SQS', metric, QueueName] as const;
    }),
    ...resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ properties: { FunctionName } }) => [
      ['AWS/Lambda', 'Errors', FunctionName] as const,
      ['AWS/Lambda', 'Throttles', FunctionName] as const,
    ]),
  ];
}

function watches({ properties }: Alarm, namespace: string, metric: string, name: string): boolean {
  const dimension = { Name: namespace === 'AWS/SQS' ? 'QueueName' : 'FunctionName', Value: name };
  return (
    properties.Namespace === namespace &&
    properties.MetricName === metric &&
    sameItems(
      (properties.Dimensions ?? []).map((each) => JSON.stringify(each)),
      [JSON.stringify(dimension)],
    ) &&
    properties.ComparisonOperator === 'GreaterThanOrEqualToThreshold' &&
    properties.Threshold > 0
  );
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function eachAlarm({ id, properties }: Alarm, { parameters }: ResolvedTemplate): string[] {
  const { AlarmDescription, AlarmActions = [], Period, EvaluationPeriods } = properties;
  const topic = parameters.AlarmTopicArn;
  const commands = [...AlarmDescription.matchAll(/"movie-etl (\S+?)[ "]/g)].map(
    ([, command]) => command ?? '',
  );
  return faultsWhere(
    id,
    [
      'tells nobody, or somebody who was not asked for',
      !sameItems(AlarmActions, topic === 'none' ? [] : [topic]),
    ],
    ['looks back too far', Period * EvaluationPeriods > (Period < HOUR ? DAY : 7 * DAY)],
    [
      'does not say what to do',
      commands.length === 0 || !commands.every((name) => SUBCOMMANDS.includes(name)),
    ],
  );
}

function noGold(template: ResolvedTemplate, alarms: readonly Alarm[]): string[] {
  const gold = resourcesOf(template, 'AWS::Lambda::Function').find(({ id }) => id === 'ProcessSilverToGold');
  const filter = resourcesOf(template, 'AWS::Logs::MetricFilter').find(
    ({ properties }) =>
      properties.LogGroupName === gold?.properties.LoggingConfig.LogGroup &&
      properties.FilterPattern === '{ $.message = "gold done" }',
  );
  const metric = filter?.properties.MetricTransformations[0];
  const alarm = alarms.find(
    ({ properties }) =>
      metric !== undefined &&
      properties.Namespace === metric.MetricNamespace &&
      properties.MetricName === metric.MetricName,
  )?.properties;
  const seconds = (alarm?.Period ?? 0) * (alarm?.EvaluationPeriods ?? 0);
  return faultsWhere(
    'ProcessSilverToGold',
    ['nobody counts when gold is done', metric?.MetricValue !== '1'],
    [
      'no alarm when there is no gold',
      alarm?.ComparisonOperator !== 'LessThanThreshold' || alarm.Threshold !== 1,
    ],
    [
      'the alarm does not look back 25 hours',
      seconds !== 25 * HOUR || alarm?.DatapointsToAlarm !== alarm?.EvaluationPeriods,
    ],
    ['no data is no alarm', alarm?.TreatMissingData !== 'breaching'],
  );
}
