import type { S3Event } from 'aws-lambda';
import type { CreatedObject } from './emulator/emulator.js';
import { type ResolvedTemplate, type ResourceOf, resourcesOf } from './template.js';

type Bucket = ResourceOf<'AWS::S3::Bucket'>;

/** ARNs of the functions that S3 tells of a new object: its notifications match, and it is permitted to invoke them. */
export function notifiedOf(template: ResolvedTemplate, { bucket, key, eventName }: CreatedObject): string[] {
  const found = resourcesOf(template, 'AWS::S3::Bucket').find(({ ref }) => ref === bucket);
  const configurations = found?.properties.NotificationConfiguration?.LambdaConfigurations ?? [];
  return configurations
    .filter(({ Event }) => [`s3:${eventName}`, 's3:ObjectCreated:*'].includes(Event))
    .filter(({ Filter }) => Filter.S3Key.Rules.every((rule) => matches(rule, key)))
    .map((configuration) => configuration.Function)
    .filter((arn) => found && isPermitted(template, found, arn));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
function matches({ Name, Value }: { Name: 'prefix' | 'suffix'; Value: string }, key: string): boolean {
  return Name === 'prefix' ? key.startsWith(Value) : key.endsWith(Value);
}

function isPermitted(template: ResolvedTemplate, bucket: Bucket, functionArn: string): boolean {
  const target = resourcesOf(template, 'AWS::Lambda::Function').find(({ arn }) => arn === functionArn);
  return resourcesOf(template, 'AWS::Lambda::Permission').some(
    ({ properties: { Action, FunctionName, Principal, SourceArn, SourceAccount } }) =>
      Action === 'lambda:InvokeFunction' &&
      Principal === 's3.amazonaws.com' &&
      [target?.ref, functionArn].includes(FunctionName) &&
      [bucket.arn, undefined].includes(SourceArn) &&
      [template.where.accountId, undefined].includes(SourceAccount),
  );
}

/**
 * The event of one new object, with its key encoded as in a form (a space is a plus sign):
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function createdEvent(
  { bucket, key, size, etag, eventName }: CreatedObject,
  { region, partition }: ResolvedTemplate['where'],
  sequence: number,
): S3Event {
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: new Date().toISOString(),
        eventName,
        userIdentity: { principalId: 'AWS:AROAEXAMPLE' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'FMyUVURIY8' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'chain',
          bucket: {
            name: bucket,
            ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
            arn: `arn:${partition}:s3:::${bucket}`,
          },
          object: {
            key: new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/'),
            size,
            eTag: etag,
            sequencer: sequence.toString(16).toUpperCase().padStart(18, '0'),
          },
        },
      },
    ],
  };
}
