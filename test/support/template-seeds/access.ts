import type { Seed } from '../template-seeds.js';

export const accessSeeds: readonly Seed[] = [
  {
    what: 'a right on every resource',
    from: '- !GetAtt EnrichAndStoreMovieLogs.Arn',
    to: "- '*'",
    faults: [
      'EnrichAndStoreMovieRole Logs: is for every resource',
      'EnrichAndStoreMovieRole: writes the log of others',
    ],
  },
  {
    what: 'every action',
    from: "Action: ['sqs:SendMessage']",
    to: "Action: ['sqs:*']",
    faults: ['GetMoviesAndSendToQueueRole SendBatches: is for every action'],
  },
  {
    what: 'the logs of all functions',
    from: '- !GetAtt ProcessSilverToGoldLogs.Arn',
    to: `- !Sub arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/*`,
    faults: ['ProcessSilverToGoldRole: writes the log of others'],
  },
  {
    what: 'no s3:ListBucket',
    from: "Action: ['s3:ListBucket']",
    to: "Action: ['s3:GetBucketLocation']",
    faults: [
      'GetMoviesAndSendToQueueRole: a missing key of arn:aws:s3:::movie-etl-bronze-123456789012-eu-central-1 answers 403',
    ],
  },
  {
    what: 'a destination without the right to it',
    from: /- Sid: ReportFailure\n +Effect: Allow\n +Action: \['sqs:SendMessage'\]/,
    to: "- Sid: ReportFailure\n                Effect: Allow\n                Action: ['sqs:GetQueueUrl']",
    faults: [
      'GetMoviesAndSendToQueueRole: may not sqs:SendMessage on arn:aws:sqs:eu-central-1:123456789012:movie-etl-failures',
    ],
  },
  {
    what: 'schedules of any account',
    from: '                aws:SourceAccount: !Ref AWS::AccountId\n',
    to: '',
    faults: ['ScheduleRole: is taken for schedules of others'],
  },
  {
    what: 'another service',
    from: 'Service: lambda.amazonaws.com',
    to: 'Service: ec2.amazonaws.com',
    faults: ['GetMoviesAndSendToQueueRole: is taken by others'],
  },
  {
    what: 'a role that nobody takes',
    from: /\n {2}ProcessSilverToGold:\n/,
    to: `\n  OperatorRole:\n    Type: AWS::IAM::Role\n    Properties:\n      Description: somebody\n      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] }\n      Policies: []\n$&`,
    faults: ['OperatorRole: nobody knows this role'],
  },
  {
    what: 'a queue that it may not poll',
    from: "'sqs:ReceiveMessage', ",
    to: '',
    faults: [
      'EnrichAndStoreMovieRole: may not sqs:ReceiveMessage on arn:aws:sqs:eu-central-1:123456789012:movie-etl-movies.fifo',
    ],
  },
  {
    what: 'uploads of others',
    from: /(Sid: GiveUpUploads\n(?:.*\n){4})/,
    to: '$1                  - !GetAtt FailureQueue.Arn\n',
    faults: ['ProcessBronzeToSilverRole: may not give up what it uploads'],
  },
  {
    what: 'uploads that nobody gives up',
    from: "'s3:AbortMultipartUpload'",
    to: "'s3:ListMultipartUploadParts'",
    faults: ['ProcessBronzeToSilverRole: may not give up what it uploads'],
  },
];
