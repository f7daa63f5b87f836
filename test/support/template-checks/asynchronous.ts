import { z } from 'zod';
import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { differences, faultsWhere, SIX_HOURS } from './known.js';
import { triggersOf } from './triggers.js';

/** The schedule, and what becomes of invocations that nobody waits for. */
export function asynchronousFaults(template: ResolvedTemplate): string[] {
  return [...retries(template), ...schedules(template)];
}

/** Whoever is invoked asynchronously says where failures go. */
function retries(template: ResolvedTemplate): string[] {
  const configured = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig');
  const invoked = [
    ...triggersOf(template).map(({ functionArn }) => functionArn),
    ...resourcesOf(template, 'AWS::Scheduler::Schedule').map(({ properties }) => properties.Target.Arn),
  ];
  return [
    ...invoked.flatMap((functionArn) => {
      const its = configured.filter(({ properties }) => functionArn.endsWith(`:${properties.FunctionName}`));
      return faultsWhere(functionArn.split(':').at(-1) ?? '', ['its failures get lost', its.length !== 1]);
    }),
    ...configured.flatMap(({ id, properties }) =>
      differences(id, properties, {
        // S3 and the schedule name no version.
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: SIX_HOURS,
      }),
    ),
  ];
}

const Input = z.strictObject({
  scheduled_time: z.iso.datetime(),
  top_n: z.int().positive(),
  batch_size: z.int().positive(),
});

function schedules(template: ResolvedTemplate): string[] {
  const { parameters, resources } = template;
  const all = resourcesOf(template, 'AWS::Scheduler::Schedule');
  const none = all.length === 1 ? [] : ['not exactly one schedule'];
  return [
    ...none,
    ...all.flatMap(({ id, properties }) => {
      const { Target } = properties;
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
      const input = Target.Input.replaceAll('<aws.scheduler.scheduled-time>', '2026-11-23T03:00:00Z');
      return [
        ...differences(id, properties, {
          Name: `movie-etl-daily${parameters.NameSuffix}`,
          GroupName: `movie-etl${parameters.NameSuffix}`,
          ScheduleExpression: parameters.ScheduleExpression,
          ScheduleExpressionTimezone: 'UTC',
          State: parameters.ScheduleState,
          FlexibleTimeWindow: { Mode: 'OFF' },
        }),
        ...differences(id, Target, {
          Arn: resources.GetMoviesAndSendToQueue?.arn,
          RetryPolicy: { MaximumEventAgeInSeconds: SIX_HOURS, MaximumRetryAttempts: 10 },
        }),
        ...faultsWhere(
          id,
          ['its input lacks the scheduled time', input === Target.Input],
          ['its input is not what the function takes', !Input.safeParse(parsed(input)).success],
        ),
      ];
    }),
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
