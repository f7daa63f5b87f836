import { isDeepStrictEqual } from 'node:util';
import { type ResolvedTemplate, type ResourceOf, resourcesOf } from '../../../chain/template.js';
import { faultsWhere, isTlsOnly, sameItems } from './known.js';

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
  { id, ref, arn, properties }: ResourceOf<'AWS::S3::Bucket'>,
  template: ResolvedTemplate,
): string[] {
  const blocked = properties.PublicAccessBlockConfiguration;
  const settings = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];
  const encryption = properties.BucketEncryption.ServerSideEncryptionConfiguration.map(
    ({ ServerSideEncryptionByDefault }) => ServerSideEncryptionByDefault.SSEAlgorithm,
  );
  const policies = resourcesOf(template, 'AWS::S3::BucketPolicy').filter(
    (policy) => policy.properties.Bucket === ref,
  );
  const tlsOnly = policies.map((policy) =>
    isTlsOnly(policy.properties.PolicyDocument, 's3', [arn, `${arn}/*`]),
  );
  const expected = lifecycle(id === 'BronzeBucket' ? Number(template.parameters.BronzeExpirationDays) : 0);
  return faultsWhere(
    id,
    ['is open to the public', !settings.every((setting) => blocked[setting] === true)],
    ['takes requests without TLS', !isDeepStrictEqual(tlsOnly, [true])],
    ['is not encrypted with the keys of S3', !sameItems(encryption, ['AES256'])],
    ['is not versioned', properties.VersioningConfiguration.Status !== 'Enabled'],
    [
      'has owners of objects',
      properties.OwnershipControls.Rules[0]?.ObjectOwnership !== 'BucketOwnerEnforced',
    ],
    ['has another lifecycle', !isDeepStrictEqual(properties.LifecycleConfiguration.Rules, expected)],
  );
}

/** @param days after which raw answers are deleted; 0 for never */
function lifecycle(days: number) {
  const leftOver = {
    Id: 'what-is-left-over',
    Status: 'Enabled',
    ExpiredObjectDeleteMarker: true,
    NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  };
  const rawAnswers = { Id: 'raw-answers', Status: 'Enabled', Prefix: 'bronze/', ExpirationInDays: days };
  return days > 0 ? [leftOver, rawAnswers] : [leftOver];
}
