import type { Seed } from '../template-seeds.js';

export const bucketSeeds: readonly Seed[] = [
  {
    what: 'a public bucket',
    from: 'BlockPublicPolicy: true',
    to: 'BlockPublicPolicy: false',
    faults: ['BronzeBucket: is open to the public'],
  },
  {
    what: 'a bucket without TLS',
    from: `- !Sub arn:\${AWS::Partition}:s3:::\${GoldBucket}/*`,
    to: '',
    faults: ['GoldBucket: takes requests without TLS'],
  },
  {
    what: 'a key of KMS',
    from: 'SSEAlgorithm: AES256',
    to: 'SSEAlgorithm: aws:kms',
    faults: ['BronzeBucket: is not encrypted with the keys of S3'],
  },
  {
    what: 'no versions',
    from: 'Status: Enabled',
    to: 'Status: Suspended',
    faults: ['BronzeBucket: is not versioned'],
  },
  {
    what: 'old versions that stay',
    from: /NoncurrentVersionExpiration:\n.*\n +/,
    to: '',
    faults: ['BronzeBucket: keeps old versions'],
  },
  {
    what: 'uploads that stay',
    from: /\n +AbortIncompleteMultipartUpload:\n.*/,
    to: '',
    faults: ['BronzeBucket: keeps unfinished uploads'],
  },
  {
    what: 'object owners',
    from: 'BucketOwnerEnforced',
    to: 'ObjectWriter',
    faults: ['BronzeBucket: has owners of objects'],
  },
  {
    what: 'an expiry that is on',
    from: '!Not [!Equals [!Ref BronzeExpirationDays, 0]]',
    to: '!Equals [!Ref BronzeExpirationDays, 0]',
    faults: ['BronzeBucket: does not expire as asked'],
  },
  {
    what: 'data that goes with the stack',
    from: 'DeletionPolicy: RetainExceptOnCreate',
    to: 'DeletionPolicy: Delete',
    faults: ['BronzeBucket: is deleted with its data'],
  },
];
