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
    faults: ['BronzeBucket: has another lifecycle'],
  },
  {
    what: 'uploads that stay',
    from: /\n +AbortIncompleteMultipartUpload:\n.*/,
    to: '',
    faults: ['BronzeBucket: has another lifecycle'],
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
    faults: ['BronzeBucket: has another lifecycle'],
  },
  {
    what: 'data that goes with the stack',
    from: 'DeletionPolicy: RetainExceptOnCreate',
    to: 'DeletionPolicy: Delete',
    faults: ['BronzeBucket: goes with the stack'],
  },
  {
    what: 'raw answers of all layers',
    from: 'Prefix: bronze/',
    to: "Prefix: ''",
    faults: [],
  },
  {
    what: 'a rule that is off',
    from: /Id: what-is-left-over\n( +)Status: Enabled/,
    to: 'Id: what-is-left-over\n$1Status: Disabled',
    faults: ['BronzeBucket: has another lifecycle'],
  },
  {
    what: 'old versions that go at once',
    from: 'NoncurrentDays: 30',
    to: 'NoncurrentDays: 1',
    faults: ['BronzeBucket: has another lifecycle'],
  },
  {
    what: 'an expiry for silver',
    from: /( +)(ExpiredObjectDeleteMarker: true\n)([\s\S]*?SilverBucket:[\s\S]*?)ExpiredObjectDeleteMarker: true/,
    to: '$1$2$3ExpirationInDays: 30',
    faults: ['SilverBucket: has another lifecycle'],
  },
  {
    what: 'a policy that goes with the stack',
    from: /(Type: AWS::S3::BucketPolicy\n.*\n +DeletionPolicy: ).*/,
    to: '$1Delete',
    faults: ['BronzeBucketPolicy: goes with the stack'],
  },
  {
    what: 'a policy about reading',
    from: "Action: ['s3:*']",
    to: "Action: ['s3:GetObject']",
    faults: ['BronzeBucket: takes requests without TLS'],
  },
  {
    what: 'a replaced bucket that is deleted',
    from: 'UpdateReplacePolicy: Retain',
    to: 'UpdateReplacePolicy: Delete',
    faults: ['BronzeBucket: goes with the stack'],
  },
  {
    what: 'a queue that is left standing',
    from: 'DeletionPolicy: Delete',
    to: 'DeletionPolicy: Retain',
    faults: ['MovieQueue: is left standing'],
  },
  {
    what: 'a log that is left standing',
    from: /(Type: AWS::Logs::LogGroup\n.*\n +UpdateReplacePolicy: ).*/,
    to: '$1Retain',
    faults: ['GetMoviesAndSendToQueueLogs: is left standing'],
  },
];
