/** One request to AWS, understood: who asked for what. */
export interface AwsCall {
  /** The access key id of the caller. Whoever starts a caller gives it one of its own. */
  principal: string;
  service: 's3' | 'sqs' | 'secretsmanager';
  /** The API operation, such as `PutObject`; not always the name of the IAM action. */
  operation: string;
  /** ARN of the bucket, object, queue or secret. */
  resource: string;
  /** Query of an S3 request, or the JSON of the other services. */
  parameters: Readonly<Record<string, unknown>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface RawRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';
/** What callers sign with; nobody checks it. */
export const SECRET_ACCESS_KEY = 'Qz7sekret/secret+access/key';
export const SESSION_TOKEN = 'Qz7sekret/session+token==';

/** Undefined for what is no request to one of the three services. */
export function understand(request: RawRequest): AwsCall | undefined {
  const target = String(request.headers['x-amz-target'] ?? '');
  if (target === '') return s3Call(request);
  const [prefix, operation = ''] = target.split('.');
  const parameters = jsonOf(request.body);
  const common = { principal: principalOf(request), operation, parameters, headers: request.headers };
  if (prefix === 'secretsmanager') {
    const name = String(parameters.SecretId ?? '');
    return { ...common, service: 'secretsmanager', resource: secretArn(name) };
  }
  const { QueueUrl: url, QueueName: name, SourceArn: source } = parameters;
  const queue = String(url ?? name ?? source ?? '')
    .split(/[/:]/)
    .at(-1);
  return { ...common, service: 'sqs', resource: queueArn(queue ?? '') };
}

export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
}

/** Secrets Manager adds six characters to every name (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html). */
export function secretArn(name: string): string {
  return `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:${name}-a1b2c3`;
}

/** The bucket and key of a path-style address; the key is empty for the bucket itself. */
export function s3Location(url: string): { bucket: string; key: string } {
  const path = new URL(url, 'http://localhost').pathname;
  const [, bucket = '', ...key] = path.split('/');
  return { bucket, key: decodeURIComponent(key.join('/')) };
}

function s3Call(request: RawRequest): AwsCall | undefined {
  const { bucket, key } = s3Location(request.url);
  if (bucket === '' || bucket.startsWith('_') || bucket === 'health') return undefined;
  const query = Object.fromEntries(new URL(request.url, 'http://localhost').searchParams);
  const operation = s3Operation(request.method, key !== '', query);
  if (!operation) return undefined;
  return {
    principal: principalOf(request),
    service: 's3',
    operation,
    resource: `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`,
    parameters: query,
    headers: request.headers,
  };
}

function s3Operation(method: string, isObject: boolean, query: Record<string, string>): string | undefined {
  if (!isObject) {
    return { PUT: 'CreateBucket', HEAD: 'HeadBucket', GET: 'ListObjectsV2', DELETE: 'DeleteBucket' }[method];
  }
  if (method === 'POST') return 'uploads' in query ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if ('uploadId' in query) return { PUT: 'UploadPart', DELETE: 'AbortMultipartUpload' }[method];
  return { PUT: 'PutObject', HEAD: 'HeadObject', GET: 'GetObject', DELETE: 'DeleteObject' }[method];
}

/** The access key id in a version 4 signature. */
function principalOf({ headers }: RawRequest): string {
  return /Credential=([^/]+)\//.exec(String(headers.authorization ?? ''))?.[1] ?? 'nobody';
}

function jsonOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body))
    return body as Record<string, unknown>;
  try {
    return JSON.parse(String(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
