import type { Seed } from '../template-seeds.js';

export const functionSeeds: readonly Seed[] = [
  {
    what: 'an old runtime',
    from: 'Runtime: nodejs24.x',
    to: 'Runtime: nodejs20.x',
    faults: ['GetMoviesAndSendToQueue: not Node 24 on arm64'],
  },
  {
    what: 'another processor',
    from: 'Architectures: [arm64]',
    to: 'Architectures: [x86_64]',
    faults: ['GetMoviesAndSendToQueue: not Node 24 on arm64'],
  },
  {
    what: 'the bundle of another',
    from: 'Code: dist/lambda/process-silver-to-gold',
    to: 'Code: dist/lambda/process-bronze-to-silver',
    faults: ['ProcessSilverToGold: not its bundle'],
  },
  {
    what: 'a shared role',
    from: 'Role: !GetAtt ProcessSilverToGoldRole.Arn',
    to: 'Role: !GetAtt ProcessBronzeToSilverRole.Arn',
    faults: [
      'ProcessBronzeToSilver: shares its role',
      'ProcessSilverToGold: shares its role',
      'ProcessSilverToGold: may write arn:aws:s3:::movie-etl-silver-123456789012-eu-central-1/silver/movies/dt=, which triggers it',
      'ProcessBronzeToSilverRole: writes the log of others',
    ],
  },
  {
    what: 'logs that are not declared',
    from: 'LogGroup: !Ref EnrichAndStoreMovieLogs',
    to: 'LogGroup: /aws/lambda/enrich',
    faults: [
      'EnrichAndStoreMovie: its log is elsewhere',
      'EnrichAndStoreMovie: its logs are kept for another time',
      'EnrichAndStoreMovieRole: writes the log of others',
    ],
  },
  {
    what: 'an unknown variable',
    from: "CONCURRENCY: '8'",
    to: "CONCURRENT: '8'",
    faults: [
      'EnrichAndStoreMovie: does not read CONCURRENT',
      'EnrichAndStoreMovie: CONCURRENCY is undefined, not "8"',
    ],
  },
  {
    what: 'a layer elsewhere',
    from: 'GOLD_URI: !Sub s3://movie-etl-gold-',
    to: 'GOLD_URI: !Sub s3://movie-etl-golden-',
    faults: [
      'ProcessSilverToGold: GOLD_URI is "s3://movie-etl-golden-123456789012-eu-central-1/gold", not "s3://movie-etl-gold-123456789012-eu-central-1/gold"',
    ],
  },
  {
    what: 'a queue elsewhere',
    from: 'QUEUE_URL: !Ref MovieQueue',
    to: 'QUEUE_URL: https://sqs.example/queue',
    faults: [
      'GetMoviesAndSendToQueue: QUEUE_URL is "https://sqs.example/queue", not "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies.fifo"',
    ],
  },
  {
    what: 'another name',
    from: `FunctionName: !Sub ProcessSilverToGold\${NameSuffix}`,
    to: `FunctionName: !Sub Gold\${NameSuffix}`,
    faults: [
      'ProcessSilverToGold: its name is another',
      'ProcessSilverToGold: its log is elsewhere',
      'ProcessSilverToGold: not exactly one trigger',
      'ProcessSilverToGold: is not told of movies/dt=2026-11-23/movies.csv',
      'ProcessSilverToGoldPermission: is not for exactly one trigger',
      'SilverBucket: has no permission to call its function',
      'ProcessSilverToGold: its failures get lost',
    ],
  },
  {
    what: 'a role from elsewhere',
    from: 'Role: !GetAtt ProcessSilverToGoldRole.Arn',
    to: 'Role: arn:aws:iam::123456789012:role/admin',
    faults: [
      'ProcessSilverToGold: its role is not in the template',
      'arn:aws:iam::123456789012:role/admin: may not sqs:SendMessage on arn:aws:sqs:eu-central-1:123456789012:movie-etl-failures',
    ],
  },
  {
    what: 'text in the log',
    from: 'LogFormat: JSON',
    to: 'LogFormat: Text',
    faults: ['GetMoviesAndSendToQueue: its logs are not JSON'],
  },
  {
    what: 'three seconds',
    from: 'Timeout: 300',
    to: 'Timeout: 3',
    faults: ['GetMoviesAndSendToQueue: too little time'],
  },
  {
    what: 'the least memory',
    from: 'MemorySize: 1024',
    to: 'MemorySize: 128',
    faults: ['ProcessBronzeToSilver: too little memory'],
  },
  {
    what: 'logs for ever',
    from: / {6}RetentionInDays: .*\n/,
    to: '      RetentionInDays: 3653\n',
    faults: ['GetMoviesAndSendToQueue: its logs are kept for another time'],
  },
  {
    what: 'the OMDb of another',
    from: 'OMDB_URL: !Ref OmdbUrl',
    to: 'OMDB_URL: https://omdb.example/',
    faults: ['EnrichAndStoreMovie: OMDB_URL is "https://omdb.example/", not "https://www.omdbapi.com/"'],
  },
  {
    what: 'the dead letters for a queue',
    from: 'QUEUE_URL: !Ref MovieQueue',
    to: 'QUEUE_URL: !Ref MovieDeadLetterQueue',
    faults: [
      'GetMoviesAndSendToQueue: QUEUE_URL is "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies-dead.fifo", not "https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies.fifo"',
    ],
  },
  {
    what: 'a log elsewhere',
    from: `LogGroupName: !Sub /aws/lambda/ProcessSilverToGold\${NameSuffix}`,
    to: 'LogGroupName: movie-etl',
    faults: ['ProcessSilverToGold: its log is elsewhere'],
  },
];
