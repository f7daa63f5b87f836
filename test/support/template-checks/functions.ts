import { type ResolvedTemplate, resourcesOf } from '../../../chain/template.js';
import { faultsWhere, sameItems, VARIABLES } from './known.js';

export function functionFaults(template: ResolvedTemplate): string[] {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const ids = functions.map(({ id }) => id);
  const names = sameItems(ids, Object.keys(VARIABLES)) ? [] : [`the functions are ${ids.join(', ')}`];
  return [...names, ...functions.flatMap((each) => [...settings(each, template), ...places(each, template)])];
}

type LambdaFunction = ReturnType<typeof resourcesOf<'AWS::Lambda::Function'>>[number];

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
    [
      'its role is not in the template',
      !resourcesOf(template, 'AWS::IAM::Role').some(({ arn }) => arn === Role),
    ],
    ['shares its role', users.length !== 1],
    ['its logs are kept for ever', !logs?.properties.RetentionInDays],
  );
}

/** The environment: the names that this function reads, and places that are in the template. */
function places({ id, properties }: LambdaFunction, template: ResolvedTemplate): string[] {
  const { Variables } = properties.Environment;
  const expected = VARIABLES[id] ?? [];
  const buckets = resourcesOf(template, 'AWS::S3::Bucket');
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  return [
    ...Object.keys(Variables)
      .filter((name) => !expected.includes(name))
      .map((name) => `${id}: does not read ${name}`),
    ...expected.filter((name) => !(name in Variables)).map((name) => `${id}: lacks ${name}`),
    ...Object.entries(Variables).flatMap(([name, value]) =>
      faultsWhere(
        id,
        [
          `${name} is no layer of a bucket here`,
          /_URI$/.test(name) && !buckets.some(({ ref }) => value === uriOf(ref, name)),
        ],
        [`${name} is no queue here`, name === 'QUEUE_URL' && !queues.some(({ ref }) => ref === value)],
      ),
    ),
  ];
}

function uriOf(bucket: string | undefined, variable: string): string {
  return `s3://${bucket}/${variable.replace('_URI', '').toLowerCase()}`;
}
