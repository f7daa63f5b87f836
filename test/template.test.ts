import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import t, { type Test } from 'tap';
import { type ResolvedTemplate, readTemplate, resolveTemplate, resourcesOf } from '../chain/template.js';
import { faultsOf } from './support/template-checks.js';
import { refusals, seeds } from './support/template-seeds.js';

const ROOT = join(import.meta.dirname, '..');
const PATH = join(ROOT, 'template.yaml');
const MOVIES_URL = 'https://movies.example/top250.json';
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:operators';

/** W3002: code that `aws cloudformation package` uploads; W9002: a SourceArn by name, or all would wait for all. */
const EXPECTED = ['W3002', 'W9002'];

function resolved(path = PATH, parameters: Record<string, string | number> = {}): ResolvedTemplate {
  return resolveTemplate(readTemplate(path), {
    parameters: { MoviesUrl: MOVIES_URL, ...parameters },
    accountId: '123456789012',
    region: 'eu-central-1',
  });
}

/** What AWS's validator says, from warnings on. */
function validated(path: string): string[] {
  const engine = new RegoEngine();
  try {
    const { status, diagnostics } = engine.validateStandard(new TemplateFile(path), {
      severityLevel: 'WARN',
    });
    if (status !== 'OK') throw new Error(`the validator says ${status}`);
    return diagnostics
      .filter(({ ruleId }) => !EXPECTED.includes(ruleId))
      .map(({ ruleId, entity, message }) => `${ruleId} ${entity?.logicalId}: ${message}`);
  } finally {
    engine.free();
  }
}

/** A copy of the template with one text in place of another. */
function edited(t: Test, from: string | RegExp, to: string): string {
  const text = readFileSync(PATH, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`the template has no ${from}`);
  return join(t.testdir({ 'template.yaml': changed }), 'template.yaml');
}

/** What is wrong with the bundles that the template names. */
async function bundleFaults(template: ResolvedTemplate): Promise<string[]> {
  const faults = resourcesOf(template, 'AWS::Lambda::Function').map(async ({ id, properties }) => {
    const [file = '', name = ''] = properties.Handler.split('.');
    const path = join(ROOT, properties.Code, `${file}.mjs`);
    if (!existsSync(path)) return [`${id}: no ${file}.mjs in ${properties.Code}`];
    const bundle: Record<string, unknown> = await import(pathToFileURL(path).href);
    return typeof bundle[name] === 'function' ? [] : [`${id}: its bundle exports no ${name}`];
  });
  return (await Promise.all(faults)).flat();
}

t.test("AWS's validator has nothing against the template", async (t) => {
  t.strictSame(validated(PATH), []);
});

t.test('the template has none of the faults that a validator does not see', async (t) => {
  t.strictSame(faultsOf(resolved()), []);
});

t.test('nor has it with other parameters', async (t) => {
  const parameters = {
    NameSuffix: '-staging',
    AlarmTopicArn: TOPIC,
    BronzeExpirationDays: 90,
    EnrichMaximumConcurrency: 5,
    TopN: 250,
    BatchSize: 10,
    ScheduleState: 'DISABLED',
  };
  const template = resolved(PATH, parameters);
  t.strictSame(faultsOf(template), []);
  const [schedule] = resourcesOf(template, 'AWS::Scheduler::Schedule');
  t.equal(schedule?.properties.State, 'DISABLED');
  t.strictSame(JSON.parse(schedule?.properties.Target.Input ?? ''), {
    scheduled_time: '<aws.scheduler.scheduled-time>',
    top_n: 250,
    batch_size: 10,
  });
  const [mapping] = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
  t.strictSame(mapping?.properties.ScalingConfig, { MaximumConcurrency: 5 });
  t.strictSame(
    template.outputs.TerminalEnvironment,
    [
      'export AWS_REGION=eu-central-1',
      'AWS_DEFAULT_REGION=eu-central-1',
      'BRONZE_URI=s3://movie-etl-bronze-123456789012-eu-central-1-staging/bronze',
      'SILVER_URI=s3://movie-etl-silver-123456789012-eu-central-1-staging/silver',
      'GOLD_URI=s3://movie-etl-gold-123456789012-eu-central-1-staging/gold',
      'QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/123456789012/movie-etl-movies-staging.fifo',
      `MOVIES_URL='${MOVIES_URL}'`,
      "OMDB_URL='https://www.omdbapi.com/'",
      'OMDB_API_KEY_SECRET=movie-etl/omdb',
    ].join(' '),
  );
});

t.test('two stacks in one account share no name', async (t) => {
  const physical = (suffix: string) => {
    const { resources } = resolved(PATH, { NameSuffix: suffix });
    return Object.values(resources).flatMap(({ Type, Properties, ref = '' }) =>
      Type === 'AWS::IAM::Role'
        ? []
        : [ref, String(Properties.AlarmName ?? ''), String(Properties.Name ?? '')],
    );
  };
  const first = new Set(physical('').filter((name) => name !== ''));
  t.ok(first.size > 25, `${first.size} names`);
  t.strictSame(
    physical('-staging').filter((name) => first.has(name)),
    [],
  );
});

t.test('each parameter has its place in the console', async (t) => {
  const { Metadata = {}, Parameters } = readTemplate(PATH);
  const { ParameterGroups } = Metadata['AWS::CloudFormation::Interface'] as {
    ParameterGroups: { Label: object; Parameters: string[] }[];
  };
  t.strictSame(ParameterGroups.flatMap((group) => group.Parameters).sort(), Object.keys(Parameters).sort());
  t.strictSame(
    ParameterGroups.map(({ Label }) => Object.keys(Label)),
    [['default'], ['default']],
  );
});

t.test('each function has its bundle, and the bundle its handler', async (t) => {
  t.strictSame(await bundleFaults(resolved()), []);
});

t.test('a handler that is not there is noticed', async (t) => {
  const missing = resolved(edited(t, 'dist/lambda/enrich-and-store-movie', 'dist/lambda/enrich'));
  t.strictSame(await bundleFaults(missing), ['EnrichAndStoreMovie: no index.mjs in dist/lambda/enrich']);
  const renamed = resolved(edited(t, 'Handler: index.handler', 'Handler: index.main'));
  t.strictSame(await bundleFaults(renamed), ['GetMoviesAndSendToQueue: its bundle exports no main']);
});

t.test('the validator bites', async (t) => {
  t.strictSame(
    validated(edited(t, 'VisibilityTimeout: 1800', 'VisibilityTimeout: 1800\n      VisibleTimeout: 1')).map(
      (fault) => fault.split(' ').slice(0, 2).join(' '),
    ),
    ['F3002 MovieQueue:'],
  );
});

t.test('each check bites', async (t) => {
  for (const { what, from, to, parameters, faults } of seeds) {
    const template = resolved(edited(t, from, to), { AlarmTopicArn: TOPIC, ...parameters });
    t.strictSame(faultsOf(template), faults, what);
  }
});

t.test('what nobody checks is refused by name', async (t) => {
  for (const { what, from, to, error } of refusals) {
    const path = edited(t, from, to);
    t.throws(() => resolved(path), { message: error }, what);
  }
});

t.test('who deploys with the defaults gets ten movies every day at three', async (t) => {
  const { Parameters } = readTemplate(PATH);
  const defaults = Object.entries(Parameters).map(([name, { Default }]) => [name, Default]);
  t.strictSame(Object.fromEntries(defaults), {
    MoviesUrl: undefined,
    OmdbUrl: 'https://www.omdbapi.com/',
    OmdbKeyName: 'movie-etl/omdb',
    TopN: 10,
    BatchSize: 1,
    ScheduleExpression: 'cron(0 3 * * ? *)',
    ScheduleState: 'ENABLED',
    EnrichMaximumConcurrency: 2,
    AlarmTopicArn: 'none',
    LogRetentionDays: 30,
    BronzeExpirationDays: 0,
    NameSuffix: '',
  });
});

t.test('what an address may say does nothing to the shell that it is pasted into', async (t) => {
  for (const name of ['MoviesUrl', 'OmdbUrl']) {
    for (const character of ["'", '"', '$', '`', ';', ' ', '\\', '\n', '|', '<', '>', '(', ')']) {
      const url = `https://movies.example/${character}`;
      t.throws(() => resolved(PATH, { [name]: url }), /does not match/, `${name} ${url}`);
    }
    const url = 'http://user:pass@[::1]:8080/a-b_c.d~e/%20?f=1&g=2,3+4#h';
    t.equal(resolved(PATH, { [name]: url }).parameters[name], url);
  }
  for (const character of ["'", '"', '$', '`', ';', ' ', '&']) {
    t.throws(() => resolved(PATH, { OmdbKeyName: `omdb${character}` }), /does not match/);
  }
});

/** A template of a few lines, resolved. */
function made(t: Test, lines: readonly string[], parameters: Record<string, string | number> = {}) {
  const text = ["AWSTemplateFormatVersion: '2010-09-09'", 'Description: A test', ...lines].join('\n');
  const path = join(t.testdir({ 'small.yaml': text }), 'small.yaml');
  return resolveTemplate(readTemplate(path), {
    parameters,
    accountId: '123456789012',
    region: 'eu-central-1',
  });
}

t.test('functions, conditions and parameters come to what CloudFormation makes of them', async (t) => {
  const lines = [
    'Parameters:',
    '  Days: { Type: Number, Description: d, Default: 0 }',
    '  Name: { Type: String, Description: n }',
    'Conditions:',
    '  Kept: !Equals [!Ref Days, 0]',
    '  Both: !And [Condition: Kept, !Equals [!Ref Name, a]]',
    '  Either: !Or [!Not [Condition: Kept], !Equals [!Ref Name, b]]',
    'Resources:',
    '  Queue:',
    '    Type: AWS::SQS::Queue',
    '    Properties:',
    `      QueueName: !Sub \${Name}-\${AWS::Region}`,
    '      MessageRetentionPeriod: 60',
    '      MaximumMessageSize: 1024',
    '      SqsManagedSseEnabled: !If [Either, false, true]',
    '      VisibilityTimeout: !If [Kept, !Ref AWS::NoValue, 30]',
    '      RedrivePolicy: { deadLetterTargetArn: !If [Both, !GetAtt Queue2.Arn, none], maxReceiveCount: 1 }',
    '  Queue2:',
    '    Type: AWS::SQS::Queue',
    '    Condition: Kept',
    '    Properties: { QueueName: b, MessageRetentionPeriod: 60, MaximumMessageSize: 1024, SqsManagedSseEnabled: true }',
    'Outputs:',
    '  Queue: { Description: q, Value: !Ref Queue }',
    '  Second: { Description: q, Value: !Ref Queue2, Condition: Kept }',
    '  List: { Description: l, Value: [1, !If [Kept, !Ref AWS::NoValue, 2], 3] }',
    `  Own: { Description: o, Value: !Sub ["\${Word}/\${!Word}/\${Queue2.QueueName}", { Word: !Ref Queue2 }] }`,
    '  Long: { Description: l, Value: { Fn::Join: ["-", [a, !Ref Days]] } }',
  ];
  const { resources, outputs } = made(t, lines, { Name: 'a' });
  t.strictSame(resources.Queue, {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'a-eu-central-1',
      MessageRetentionPeriod: 60,
      MaximumMessageSize: 1024,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:123456789012:b', maxReceiveCount: 1 },
    },
    ref: 'https://sqs.eu-central-1.amazonaws.com/123456789012/a-eu-central-1',
    arn: 'arn:aws:sqs:eu-central-1:123456789012:a-eu-central-1',
    dependsOn: ['Queue2'],
    DeletionPolicy: undefined,
    UpdateReplacePolicy: undefined,
  });
  t.strictSame(outputs, {
    Queue: 'https://sqs.eu-central-1.amazonaws.com/123456789012/a-eu-central-1',
    Second: 'https://sqs.eu-central-1.amazonaws.com/123456789012/b',
    List: [1, 3],
    Own: `https://sqs.eu-central-1.amazonaws.com/123456789012/b/\${Word}/b`,
    Long: 'a-0',
  });
  t.throws(() => made(t, lines, { Name: 'a', Days: 1 }), {
    message: 'Outputs.Own.Value.Word: Queue2 is not made, its condition Kept does not hold',
  });
});

t.test('what cannot be resolved is an error that names its place', async (t) => {
  const bucket = (property: string) => [
    'Resources:',
    '  A:',
    '    Type: AWS::S3::Bucket',
    `    Properties: { ${property} }`,
  ];
  const queue = (id: string, other: string) =>
    `  ${id}: { Type: AWS::SQS::Queue, Properties: { Of: !Ref ${other} } }`;
  const mistakes: [
    lines: string[],
    message: string | RegExp,
    parameters?: Record<string, string | number>,
  ][] = [
    [bucket('BucketName: !Ref Nobody'), 'Resources.A.Properties.BucketName: nothing is called Nobody'],
    [bucket(`BucketName: !Sub "\${Nobody}"`), 'Resources.A.Properties.BucketName: nothing is called Nobody'],
    [bucket('X: { Fn::FindInMap: [a, b, c] }'), 'Resources.A.Properties.X: Fn::FindInMap is not known here'],
    [bucket('X: !FindInMap [a, b, c]'), /Unresolved tag: !FindInMap/],
    [bucket('X: !GetAtt A.Colour'), 'Resources.A.Properties.X: A has no attribute Colour that is known here'],
    [bucket('X: !If [Never, 1, 2]'), 'Resources.A.Properties.X: no condition Never'],
    [bucket('X: '), 'Resources.A.Properties.X: empty is no value'],
    [
      ['Resources:', queue('A', 'B'), queue('B', 'C'), queue('C', 'A')],
      'circular dependency: A -> B -> C -> A',
    ],
    [
      ['Resources:', '  A: { Type: AWS::SQS::Queue, DependsOn: [B] }'],
      'Resources.A.DependsOn: nothing is called B',
    ],
    [[...bucket('X: 1')], 'the template has no parameter Days', { Days: 1 }],
  ];
  for (const [lines, message, parameters] of mistakes) {
    t.throws(() => made(t, lines, parameters), { message }, String(message));
  }
});

t.test('parameters are held to what the template says of them', async (t) => {
  const refusals: [parameters: Record<string, string | number>, message: RegExp][] = [
    [{ MoviesUrl: 'file:///list.json' }, /^parameter MoviesUrl: "file:\/\/\/list.json" does not match/],
    [{ NameSuffix: '-Staging' }, /^parameter NameSuffix: "-Staging" does not match/],
    [{ NameSuffix: '-a-name-that-is-long' }, /^parameter NameSuffix: .* is too short or too long$/],
    [{ EnrichMaximumConcurrency: 1 }, /^parameter EnrichMaximumConcurrency: 1 is too small or too large$/],
    [{ TopN: 'ten' }, /^parameter TopN: "ten" is not a number$/],
    [{ TopN: 10_001 }, /^parameter TopN: 10001 is too small or too large$/],
    [{ BatchSize: 1001 }, /^parameter BatchSize: 1001 is too small or too large$/],
    [{ ScheduleState: 'PAUSED' }, /^parameter ScheduleState: "PAUSED" is not one of ENABLED,DISABLED$/],
    [{ AlarmTopicArn: 'operators' }, /^parameter AlarmTopicArn: "operators" does not match/],
  ];
  for (const [parameters, message] of refusals) t.throws(() => resolved(PATH, parameters), { message });
  t.throws(() => resolveTemplate(readTemplate(PATH), { parameters: {}, accountId: '1', region: 'r' }), {
    message: 'parameter MoviesUrl has no default and was not given',
  });
});
