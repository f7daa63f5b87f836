import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { RecordedCall } from '../../chain/emulator/emulator.js';
import type { Statement } from '../../chain/template/shapes.js';
import { type ResolvedTemplate, resourcesOf } from '../../chain/template.js';

/** What a call asks of IAM. */
export interface AccessRequest {
  /** Logical id of the function that made the call. */
  function: string;
  action: string;
  /** ARN of the object, bucket, queue or secret. */
  resource: string;
  /** Condition keys and their values. */
  context: Record<string, string>;
}

/** An action that a statement of a function's role allows on one of its resources. */
export interface Grant {
  function: string;
  sid: string;
  action: string;
  resource: string;
}

export interface Verdict {
  /** Requests that the policies do not allow. */
  refused: AccessRequest[];
  /** Grants that allowed none of the requests. */
  unused: Grant[];
}

/** Operations whose IAM action has another name: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListObjectsV2: 'ListBucket',
  HeadBucket: 'ListBucket',
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** What the calls of functions ask of IAM, each different request once. */
export function accessRequests(template: ResolvedTemplate, calls: readonly RecordedCall[]): AccessRequest[] {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(({ id }) => id);
  const requests = calls.filter(({ principal }) => functions.includes(principal)).flatMap(requestsOf);
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}

/**
 * Evaluates each request against the role of its function and the policy of the resource, as IAM does within an account.
 * @throws Error when the simulator cannot make sense of a request or a policy
 */
export async function evaluate(
  template: ResolvedTemplate,
  requests: readonly AccessRequest[],
): Promise<Verdict> {
  const unused = new Map(grantsOf(template).map((grant) => [JSON.stringify(grant), grant]));
  const refused: AccessRequest[] = [];
  for (const request of requests) {
    const { isAllowed, by } = await simulate(template, request);
    if (!isAllowed) refused.push(request);
    for (const grant of by) unused.delete(JSON.stringify(grant));
  }
  return { refused, unused: [...unused.values()] };
}

function requestsOf({ principal, service, operation, resource, parameters, headers, status }: RecordedCall) {
  // The emulator speaks plain HTTP; the SDK speaks TLS to AWS.
  const context = { 'aws:SecureTransport': 'true' };
  const action = `${service}:${ACTIONS[operation] ?? operation}`;
  const request: AccessRequest = { function: principal, action, resource, context };
  if (service !== 's3') return [request];
  const requests = [request];
  if (operation === 'ListObjectsV2') {
    request.context = { ...context, 's3:prefix': String(parameters.prefix ?? '') };
  }
  // A missing object is a 404 for those who may list the bucket, and a 403 for the others. Which prefix S3 takes that
  // for, nobody says: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (action === 's3:GetObject' && status === 404) {
    requests.push({ ...request, action: 's3:ListBucket', resource: resource.split('/')[0] ?? '' });
  }
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  if (action === 's3:PutObject' && headers['if-match'] !== undefined) {
    requests.push({ ...request, action: 's3:GetObject' });
  }
  return requests;
}

async function simulate(template: ResolvedTemplate, request: AccessRequest) {
  const { accountId, partition } = template.where;
  const { name, statements } = roleOf(template, request.function);
  const policyOfResource = resourcePolicy(template, request.resource);
  const result = await runSimulation(
    {
      request: {
        principal: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${request.function}`,
        action: request.action,
        resource: { resource: request.resource, accountId },
        contextVariables: request.context,
      },
      identityPolicies: [{ name: 'role', policy: { Version: '2012-10-17', Statement: statements } }],
      ...(policyOfResource ? { resourcePolicy: policyOfResource } : {}),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType !== 'single') {
    throw new Error(`${request.action} on ${request.resource}: ${JSON.stringify(result)}`);
  }
  const allowing = result.result.analysis.identityAnalysis?.allowStatements ?? [];
  const by = allowing.flatMap(({ explain }) =>
    matching(explain.actions, 'action').flatMap((action) =>
      matching(explain.resources, 'resource').map(
        (resource): Grant => ({
          function: request.function,
          sid: String(explain.identifier),
          action,
          resource,
        }),
      ),
    ),
  );
  return { isAllowed: result.overallResult === 'Allowed', by };
}

type Explained<Key extends string> = { matches: boolean } & Record<Key, string>;

/** What of a statement's actions or resources matched. */
function matching<Key extends string>(
  explained: Explained<Key> | Explained<Key>[] | undefined,
  key: Key,
): string[] {
  const all = Array.isArray(explained) ? explained : [explained];
  return all
    .filter((each) => each !== undefined)
    .filter(({ matches }) => matches)
    .map((each) => each[key]);
}

function grantsOf(template: ResolvedTemplate): Grant[] {
  return resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ id }) =>
    roleOf(template, id).statements.flatMap(({ Sid: sid, Action, Resource = [] }) =>
      Action.flatMap((action) => Resource.map((resource) => ({ function: id, sid, action, resource }))),
    ),
  );
}

function roleOf(template: ResolvedTemplate, functionId: string): { name: string; statements: Statement[] } {
  const found = resourcesOf(template, 'AWS::Lambda::Function').find(({ id }) => id === functionId);
  const role = resourcesOf(template, 'AWS::IAM::Role').find(({ arn }) => arn === found?.properties.Role);
  if (!role) throw new Error(`${functionId} has no role`);
  const statements = role.properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return { name: String(role.ref), statements };
}

/** The policy of the bucket or queue that an ARN is of, or in. */
function resourcePolicy(template: ResolvedTemplate, arn: string) {
  const bucket = resourcesOf(template, 'AWS::S3::Bucket').find((each) => each.arn === arn.split('/')[0]);
  if (bucket) {
    const policies = resourcesOf(template, 'AWS::S3::BucketPolicy');
    return policies.find(({ properties }) => properties.Bucket === bucket.ref)?.properties.PolicyDocument;
  }
  const queue = resourcesOf(template, 'AWS::SQS::Queue').find((each) => each.arn === arn);
  const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy');
  return policies.find(({ properties }) => properties.Queues.includes(queue?.ref ?? ''))?.properties
    .PolicyDocument;
}
