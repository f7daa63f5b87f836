import { type ResolvedTemplate, type ResourceOf, resourcesOf } from '../../../chain/template.js';
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

type Permission = ResourceOf<'AWS::Lambda::Permission'>;

export function triggerFaults(template: ResolvedTemplate): string[] {
  return [...filters(template), ...permissions(template), ...loops(template)];
}

export function triggersOf(template: ResolvedTemplate): Trigger[] {
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
  const allows = ({ properties }: Permission, { bucketArn, functionArn }: Trigger) =>
    properties.SourceArn === bucketArn &&
    functionArn.endsWith(`:${properties.FunctionName}`) &&
    properties.Action === 'lambda:InvokeFunction' &&
    properties.Principal === 's3.amazonaws.com';
  return [
    ...all.flatMap((permission) =>
      faultsWhere(
        permission.id,
        ['is not for exactly one trigger', triggers.filter((each) => allows(permission, each)).length !== 1],
        ['no SourceAccount', permission.properties.SourceAccount !== template.where.accountId],
      ),
    ),
    ...triggers.flatMap((trigger) => {
      const [permission, ...others] = all.filter((each) => allows(each, trigger));
      const waits = template.resources[trigger.bucket]?.dependsOn.includes(permission?.id ?? '');
      return faultsWhere(
        trigger.bucket,
        ['has no permission to call its function', !permission],
        ['has more than one permission', others.length > 0],
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
