import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { faultsWhere, sameItems } from './known.js';

const KEPT = ['Retain', 'RetainExceptOnCreate'];

export function bucketFaults(template: ResolvedTemplate): string[] {
  const buckets = resourcesOf(template, 'AWS::S3::Bucket');
  const { accountId, region } = template.where;
  const names = ['bronze', 'silver', 'gold'].map(
    (layer) => `movie-etl-${layer}-${accountId}-${region}${template.parameters.NameSuffix}`,
  );
  const others = sameItems(
    buckets.map(({ ref }) => ref),
    names,
  )
    ? []
    : ['the buckets are not one for each layer'];
  return [...others, ...buckets.flatMap((bucket) => eachBucket(bucket, template))];
}

function eachBucket(
  { id, ref, arn, properties }: ReturnType<typeof resourcesOf<'AWS::S3::Bucket'>>[number],
  template: ResolvedTemplate,
): string[] {
  const blocked = properties.PublicAccessBlockConfiguration;
  const settings = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];
  const rules = properties.LifecycleConfiguration.Rules.filter(({ Status }) => Status === 'Enabled');
  const encryption = properties.BucketEncryption.ServerSideEncryptionConfiguration.map(
    ({ ServerSideEncryptionByDefault }) => ServerSideEncryptionByDefault.SSEAlgorithm,
  );
  const { DeletionPolicy = '', UpdateReplacePolicy = '' } = template.resources[id] ?? {};
  const tlsOnly = resourcesOf(template, 'AWS::S3::BucketPolicy').some(
    ({ properties: { Bucket, PolicyDocument } }) =>
      Bucket === ref &&
      PolicyDocument.Statement.some(
        ({ Effect, Principal, Action, Resource = [], Condition }) =>
          Effect === 'Deny' &&
          Principal === '*' &&
          Action.includes('s3:*') &&
          sameItems(Resource, [arn, `${arn}/*`]) &&
          Condition?.Bool?.['aws:SecureTransport'] === 'false',
      ),
  );
  const days = Number(template.parameters.BronzeExpirationDays);
  const expirations = rules.flatMap(({ ExpirationInDays }) => ExpirationInDays ?? []);
  return faultsWhere(
    id,
    ['is open to the public', !settings.every((setting) => blocked[setting] === true)],
    ['takes requests without TLS', !tlsOnly],
    ['is not encrypted with the keys of S3', !sameItems(encryption, ['AES256'])],
    ['is not versioned', properties.VersioningConfiguration.Status !== 'Enabled'],
    [
      'has owners of objects',
      properties.OwnershipControls.Rules[0]?.ObjectOwnership !== 'BucketOwnerEnforced',
    ],
    ['keeps old versions', !rules.some((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays === 30)],
    ['keeps unfinished uploads', !rules.some((rule) => rule.AbortIncompleteMultipartUpload)],
    ['does not expire as asked', !sameItems(expirations, id === 'BronzeBucket' && days > 0 ? [days] : [])],
    ['is deleted with its data', !KEPT.includes(DeletionPolicy) || !KEPT.includes(UpdateReplacePolicy)],
  );
}
