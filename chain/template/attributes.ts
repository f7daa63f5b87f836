/** Where the stack is, as the pseudo parameters say it. */
export interface Whereabouts {
  accountId: string;
  region: string;
  partition: string;
  urlSuffix: string;
}

type Answer = (name: string, where: Whereabouts) => string;

/** What is known of a type of resource: the property that names it, what `Ref` gives, what `Fn::GetAtt` gives. */
interface Kind {
  name: string;
  ref: Answer;
  attributes: Readonly<Record<string, Answer>>;
}

const itsName: Answer = (name) => name;
const arn =
  (service: string, resource: (name: string) => string): Answer =>
  (name, { partition, region, accountId }) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource(name)}`;
const queueUrl: Answer = (name, { region, urlSuffix, accountId }) =>
  `https://sqs.${region}.${urlSuffix}/${accountId}/${name}`;

/**
 * The return values of the types that templates here refer to, out of each type's page in
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const kinds: Readonly<Record<string, Kind>> = {
  'AWS::S3::Bucket': {
    name: 'BucketName',
    ref: itsName,
    attributes: { Arn: (name, { partition }) => `arn:${partition}:s3:::${name}` },
  },
  'AWS::SQS::Queue': {
    name: 'QueueName',
    ref: queueUrl,
    attributes: { Arn: arn('sqs', (name) => name), QueueName: itsName, QueueUrl: queueUrl },
  },
  'AWS::Lambda::Function': {
    name: 'FunctionName',
    ref: itsName,
    attributes: { Arn: arn('lambda', (name) => `function:${name}`) },
  },
  'AWS::IAM::Role': {
    name: 'RoleName',
    ref: itsName,
    attributes: {
      Arn: (name, { partition, accountId }) => `arn:${partition}:iam::${accountId}:role/${name}`,
    },
  },
  'AWS::Logs::LogGroup': {
    name: 'LogGroupName',
    ref: itsName,
    attributes: { Arn: arn('logs', (name) => `log-group:${name}:*`) },
  },
  'AWS::Scheduler::ScheduleGroup': {
    name: 'Name',
    ref: itsName,
    attributes: { Arn: arn('scheduler', (name) => `schedule-group/${name}`) },
  },
};

export function isKnown(type: string): boolean {
  return Object.hasOwn(kinds, type);
}

/** @throws Error for a type whose return values are not known here */
export function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (!kind) throw new Error(`what Ref and Fn::GetAtt give for ${type} is not known here`);
  return kind;
}
