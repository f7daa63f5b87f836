import { type ResolvedTemplate, type ResourceOf, resourcesOf } from '../../../chain/template.js';
import { differences, faultsWhere, SUBCOMMAND_OF, sameItems, strangers } from './known.js';

/** The functions, and what each reads of the environment. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  GetMoviesAndSendToQueue: ['MOVIES_URL', 'BRONZE_URI', 'QUEUE_URL'],
  EnrichAndStoreMovie: ['OMDB_URL', 'OMDB_API_KEY_SECRET', 'BRONZE_URI', 'QUEUE_URL', 'CONCURRENCY'],
  ProcessBronzeToSilver: ['BRONZE_URI', 'SILVER_URI'],
  ProcessSilverToGold: ['SILVER_URI', 'GOLD_URI'],
};

/** Seconds: a batch of OMDb calls with their retries, or a date of the longest list. */
const LEAST_TIMEOUT = 300;
/** MiB; the processor grows with them. */
const LEAST_MEMORY = 512;

export function functionFaults(template: ResolvedTemplate): string[] {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  return [
    ...strangers(
      'function',
      functions.map(({ id }) => id),
      Object.keys(SUBCOMMAND_OF),
    ),
    ...functions.flatMap((each) => [...settings(each, template), ...environment(each, template)]),
  ];
}

type LambdaFunction = ResourceOf<'AWS::Lambda::Function'>;

function settings({ id, properties }: LambdaFunction, template: ResolvedTemplate): string[] {
  const { Runtime, Architectures, Code, Handler, LoggingConfig, Role, FunctionName } = properties;
  const kebabCase = id.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
  const logs = resourcesOf(template, 'AWS::Logs::LogGroup').find(({ ref }) => ref === LoggingConfig.LogGroup);
  const users = resourcesOf(template, 'AWS::Lambda::Function').filter(
    (each) => each.properties.Role === Role,
  );
  return faultsWhere(
    id,
    ['its name is another', FunctionName !== `${id}${template.parameters.NameSuffix}`],
    ['not Node 24 on arm64', Runtime !== 'nodejs24.x' || !sameItems(Architectures, ['arm64'])],
    ['not its bundle', Code !== `dist/lambda/${kebabCase}` || Handler !== 'index.handler'],
    ['too little time', properties.Timeout < LEAST_TIMEOUT],
    ['too little memory', properties.MemorySize < LEAST_MEMORY],
    [
      'its role is not in the template',
      !resourcesOf(template, 'AWS::IAM::Role').some(({ arn }) => arn === Role),
    ],
    ['shares its role', users.length !== 1],
    ['its log is elsewhere', LoggingConfig.LogGroup !== `/aws/lambda/${FunctionName}`],
    [
      'its logs are kept for another time',
      logs?.properties.RetentionInDays !== template.parameters.LogRetentionDays,
    ],
    // Metric filters and queries read fields.
    ['its logs are not JSON', LoggingConfig.LogFormat !== 'JSON'],
  );
}

/** The environment: the names that this function reads, with the parameters and resources that they are for. */
function environment({ id, properties }: LambdaFunction, template: ResolvedTemplate): string[] {
  const { parameters, resources } = template;
  const all: Record<string, unknown> = {
    MOVIES_URL: parameters.MoviesUrl,
    OMDB_URL: parameters.OmdbUrl,
    OMDB_API_KEY_SECRET: parameters.OmdbKeyName,
    CONCURRENCY: '8',
    QUEUE_URL: resources.MovieQueue?.ref,
    BRONZE_URI: `s3://${resources.BronzeBucket?.ref}/bronze`,
    SILVER_URI: `s3://${resources.SilverBucket?.ref}/silver`,
    GOLD_URI: `s3://${resources.GoldBucket?.ref}/gold`,
  };
  const names = VARIABLES[id] ?? [];
  const { Variables } = properties.Environment;
  return [
    ...Object.keys(Variables)
      .filter((name) => !names.includes(name))
      .map((name) => `${id}: does not read ${name}`),
    ...differences(id, Variables, Object.fromEntries(names.map((name) => [name, all[name]]))),
  ];
}
