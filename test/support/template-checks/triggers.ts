import { z } from 'zod';
import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { bronzeKeys, silverKeys } from '../../../src/keys.js';
import { RunId } from '../../../src/records/run.js';
import { faultsWhere } from './known.js';

const DATE = '2026-11-23';
const RUN = RunId.parse('20261123T030000Z');

/** The keys that a function waits for, and others of the same layer. */
const waitsFor = {
  ProcessBronzeToSilver: {
    layer: 'BRONZE_URI',
    keys: [bronzeKeys.success(DATE)],
    others: [
      bronzeKeys.manifest(DATE, RUN),
      bronzeKeys.record(DATE, RUN, 'tt0111161'),
      bronzeKeys.done(DATE, RUN, 7),
      bronzeKeys.fullGroup(DATE, RUN, 0),
      bronzeKeys.error(DATE, RUN, 7),
    ],
  },
  ProcessSilverToGold: {
    layer: 'SILVER_URI',
    keys: [silverKeys.movies(DATE)],
    others: [silverKeys.quarantine(DATE), silverKeys.lineage(DATE)],
  },
};

interface Trigger {
  bucket: string;
  bucketArn: string;
  functionArn: string;
  event: string;
  prefix: string;
  suffix: string;
}

export function triggerFaults(template: ResolvedTemplate): string[] {
  return [
    ...filters(template),
    ...permissions(template),
    ...loops(template),
    ...retries(template),
    ...schedules(template),
  ];
}

function triggersOf(template: ResolvedTemplate): Trigger[] {
  return resourcesOf(template, 'AWS::S3::Bucket').flatMap(({ id, arn = '', properties }) =>
    (properties.NotificationConfiguration?.LambdaConfigurations ?? []).map((each) => {
      const rule = (name: string) => each.Filter.S3Key.Rules.find(({ Name }) => Name === name)?.Value ?? '';
      const keys = { prefix: rule('prefix'), suffix: rule('suffix') };
      return { bucket: id, bucketArn: arn, functionArn: each.Function, event: each.Event, ...keys };
    }),
  );
}

/** A filter lets through what the function waits for, under the URI that the function reads, and nothing else. */
function filters(template: ResolvedTemplate): string[] {
  const triggers = triggersOf(template);
  return Object.entries(waitsFor).flatMap(([id, { layer, keys, others }]) => {
    const lambda = resourcesOf(template, 'AWS::Lambda::Function').find((each) => each.id === id);
    const uri = lambda?.properties.Environment.Variables[layer] ?? '';
    const its = triggers.filter(({ functionArn }) => functionArn === lambda?.arn);
    const reaches = (key: string) =>
      its.some(({ bucketArn, prefix, suffix }) => {
        const [, bucket, base] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
        const whole = `${base}/${key}`;
        return bucketArn.endsWith(`:${bucket}`) && whole.startsWith(prefix) && whole.endsWith(suffix);
      });
    return [
      ...faultsWhere(id, ['not exactly one trigger', its.length !== 1]),
      ...keys.filter((key) => !reaches(key)).map((key) => `${id}: is not told of ${key}`),
      ...others.filter(reaches).map((key) => `${id}: is told of ${key}`),
      ...its
        .filter(({ event }) => event !== 's3:ObjectCreated:*')
        .map(({ event }) => `${id}: ${event} leaves out some ways of writing`),
    ];
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-arn.html */
function permissions(template: ResolvedTemplate): string[] {
  const all = resourcesOf(template, 'AWS::Lambda::Permission');
  const triggers = triggersOf(template);
  const { accountId } = template.where;
  return [
    ...all.flatMap(({ id, properties: { SourceArn, SourceAccount } }) =>
      faultsWhere(
        id,
        ['no SourceArn of a bucket here', !triggers.some(({ bucketArn }) => bucketArn === SourceArn)],
        ['no SourceAccount', SourceAccount !== accountId],
      ),
    ),
    ...triggers.flatMap(({ bucket, bucketArn, functionArn }) => {
      const permission = all.find(
        ({ properties: { SourceArn, FunctionName, Principal } }) =>
          SourceArn === bucketArn &&
          functionArn.endsWith(`:${FunctionName}`) &&
          Principal === 's3.amazonaws.com',
      );
      const waits = template.resources[bucket]?.dependsOn.includes(permission?.id ?? '');
      return faultsWhere(
        bucket,
        ['has no permission to call its function', !permission],
        ['does not wait for its permission', permission !== undefined && !waits],
      );
    }),
  ];
}

/** A function that may write what triggers it could go on for ever. */
function loops(template: ResolvedTemplate): string[] {
  const roles = resourcesOf(template, 'AWS::IAM::Role');
  return triggersOf(template).flatMap(({ bucketArn, functionArn, prefix }) => {
    const lambda = resourcesOf(template, 'AWS::Lambda::Function').find(({ arn }) => arn === functionArn);
    const role = roles.find(({ arn }) => arn === lambda?.properties.Role);
    const trigger = `${bucketArn}/${prefix}`;
    return (role?.properties.Policies ?? [])
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Action }) => Action.includes('s3:PutObject'))
      .flatMap(({ Resource = [] }) => Resource)
      .map((resource) => resource.split(/[*?]/)[0] ?? '')
      .filter((literal) => literal.startsWith(trigger) || trigger.startsWith(literal))
      .map((literal) => `${lambda?.id}: may write ${literal}, which triggers it`);
  });
}

/** Whoever is invoked asynchronously says where failures go. */
function retries(template: ResolvedTemplate): string[] {
  const configured = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig');
  const invoked = [
    ...triggersOf(template).map(({ functionArn }) => functionArn),
    ...resourcesOf(template, 'AWS::Scheduler::Schedule').map(({ properties }) => properties.Target.Arn),
  ];
  return invoked.flatMap((functionArn) => {
    const config = configured.find(({ properties }) => functionArn.endsWith(`:${properties.FunctionName}`));
    const name = functionArn.split(':').at(-1) ?? functionArn;
    return faultsWhere(
      name,
      ['its failures get lost', !config],
      ['is not tried three times', config !== undefined && config.properties.MaximumRetryAttempts !== 2],
    );
  });
}

const Input = z.strictObject({
  scheduled_time: z.iso.datetime(),
  top_n: z.int().positive(),
  batch_size: z.int().positive(),
});

function schedules(template: ResolvedTemplate): string[] {
  const all = resourcesOf(template, 'AWS::Scheduler::Schedule');
  const target = template.resources.GetMoviesAndSendToQueue?.arn;
  const none = all.length === 1 ? [] : ['not exactly one schedule'];
  return [
    ...none,
    ...all.flatMap(({ id, properties: { Target, ScheduleExpressionTimezone } }) => {
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
      const input = Target.Input.replaceAll('<aws.scheduler.scheduled-time>', '2026-11-23T03:00:00Z');
      return faultsWhere(
        id,
        ['does not start GetMoviesAndSendToQueue', Target.Arn !== target],
        ['is not in UTC', ScheduleExpressionTimezone !== 'UTC'],
        ['its input lacks the scheduled time', input === Target.Input],
        ['its input is not what the function takes', !Input.safeParse(parsed(input)).success],
      );
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
