import type { Seed } from '../template-seeds.js';

export const triggerSeeds: readonly Seed[] = [
  {
    what: 'a filter on another prefix',
    from: 'Value: bronze/',
    to: 'Value: raw/',
    faults: ['ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS'],
  },
  {
    what: 'a filter on another suffix',
    from: 'Value: _SUCCESS',
    to: 'Value: .json',
    faults: [
      'ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/_manifest.json',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/tt0111161.json',
      'ProcessBronzeToSilver: is told of dt=2026-11-23/run=20261123T030000Z/_errors/000007.json',
    ],
  },
  {
    what: 'a filter that lets all through',
    from: /Value: silver\/movies\/\n( +)- Name: suffix\n +Value: movies.csv/,
    to: 'Value: silver/',
    faults: [
      'ProcessSilverToGold: is told of _quarantine/dt=2026-11-23/movies.ndjson',
      'ProcessSilverToGold: is told of _lineage/dt=2026-11-23.json',
    ],
  },
  {
    what: 'a trigger on the wrong function',
    from: `function:ProcessBronzeToSilver\${NameSuffix}`,
    to: `function:ProcessSilverToGold\${NameSuffix}`,
    faults: [
      'ProcessBronzeToSilver: not exactly one trigger',
      'ProcessBronzeToSilver: is not told of dt=2026-11-23/_SUCCESS',
      'ProcessSilverToGold: not exactly one trigger',
      'ProcessBronzeToSilverPermission: is not for exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'events of one way of writing',
    from: 's3:ObjectCreated:*',
    to: 's3:ObjectCreated:Put',
    faults: ['ProcessBronzeToSilver: s3:ObjectCreated:Put leaves out some ways of writing'],
  },
  {
    what: 'a permission without SourceAccount',
    from: '      SourceAccount: !Ref AWS::AccountId\n',
    to: '',
    faults: ['ProcessBronzeToSilverPermission: no SourceAccount'],
  },
  {
    what: 'a permission without SourceArn',
    from: / {6}SourceArn: .*\n/,
    to: '',
    faults: [
      'ProcessBronzeToSilverPermission: is not for exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'a bucket that does not wait',
    from: '    DependsOn: ProcessSilverToGoldPermission\n',
    to: '',
    faults: ['SilverBucket: does not wait for its permission'],
  },
  {
    what: 'a function that may write what triggers it',
    from: /(Sid: ReadRuns\n.*\n +Action: \['s3:GetObject')/,
    to: "$1, 's3:PutObject'",
    faults: [
      'ProcessBronzeToSilver: may write arn:aws:s3:::movie-etl-bronze-123456789012-eu-central-1/bronze/dt=, which triggers it',
    ],
  },
  {
    what: 'a permission for another service',
    from: 'Principal: s3.amazonaws.com',
    to: 'Principal: sns.amazonaws.com',
    faults: [
      'ProcessBronzeToSilverPermission: is not for exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'a permission for another action',
    from: 'Action: lambda:InvokeFunction',
    to: 'Action: lambda:GetFunction',
    faults: [
      'ProcessBronzeToSilverPermission: is not for exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'a permission for another function',
    from: /FunctionName: !Ref ProcessBronzeToSilver\n( +Principal)/,
    to: 'FunctionName: !Ref ProcessSilverToGold\n$1',
    faults: [
      'ProcessBronzeToSilverPermission: is not for exactly one trigger',
      'BronzeBucket: has no permission to call its function',
    ],
  },
  {
    what: 'a permission for everybody beside it',
    from: /\n {2}ProcessSilverToGold:\n/,
    to: `\n  Everybody:\n    Type: AWS::Lambda::Permission\n    Properties:\n      Action: lambda:InvokeFunction\n      FunctionName: !Ref ProcessSilverToGold\n      Principal: '*'\n      SourceAccount: !Ref AWS::AccountId\n$&`,
    faults: ['Everybody: is not for exactly one trigger'],
  },
  {
    what: 'a permission twice',
    from: /\n {2}ProcessSilverToGold:\n/,
    to: `\n  Again:\n    Type: AWS::Lambda::Permission\n    Properties:\n      Action: lambda:InvokeFunction\n      FunctionName: !Ref ProcessBronzeToSilver\n      Principal: s3.amazonaws.com\n      SourceArn: !Sub arn:aws:s3:::movie-etl-bronze-\${AWS::AccountId}-\${AWS::Region}\n      SourceAccount: !Ref AWS::AccountId\n$&`,
    faults: ['BronzeBucket: has more than one permission'],
  },
];
