import { messageOf, PipelineError, type Verdict } from './errors.js';
import { networkReason } from './network.js';

interface Explanation {
  verdict: Verdict;
  reason: string;
  hint?: string;
}

/** The fields that errors of the SDK have beside a name and a message. */
interface SdkError extends Error {
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
  $retryable?: unknown;
  Region?: unknown;
}

const CREDENTIALS_HINT =
  "check --profile or AWS_PROFILE ('aws configure' makes profiles), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
const REGION_HINT = 'give --region or set AWS_REGION';
const NETWORK_HINT = 'check the network, --region and --endpoint-url';

/** What AWS says by name. */
const NAMES: readonly (Explanation & { names: RegExp })[] = [
  {
    names: /^NoSuchBucket$/,
    verdict: 'stop',
    reason: 'the bucket does not exist',
    hint: 'check its name, or create it',
  },
  {
    names: /^(QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|InvalidAddress)$/,
    verdict: 'stop',
    reason: 'the queue does not exist',
    hint: 'check its URL and the region',
  },
  {
    names: /^ResourceNotFoundException$/,
    verdict: 'stop',
    reason: 'it does not exist',
    hint: 'check its name and the region',
  },
  {
    names: /^RequestTimeTooSkewed$/,
    verdict: 'stop',
    reason: "this machine's clock is wrong",
    hint: 'set the clock',
  },
  {
    names: /^(ConditionalRequestConflict|OperationAborted|NoSuchUpload)$/,
    verdict: 'retry',
    reason: 'another writer was at the same object',
    hint: 'run the command again',
  },
];
const REFUSED_CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|InvalidClientTokenId|UnrecognizedClientException|ExpiredToken(Exception)?|InvalidToken)$/;
const WRONG_REGION = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
const THROTTLED = /^(SlowDown|Throttl|TooManyRequests|RequestThrottled|RequestLimitExceeded|KmsThrottled)/;
/** What the SDK calls an answer without a name, such as every failure of a HEAD. */
const NAMELESS = /^(Unknown|UnknownError|\d+)$/;

/**
 * An error of the AWS SDK as one of ours: what could not be done, why, and what to do.
 * @param action what was tried, after "cannot", such as `read s3://bucket/bronze`
 */
export function awsError(action: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const sdkError: SdkError = error instanceof Error ? error : new Error(String(error));
  const { verdict, reason, hint } = unsent(sdkError) ?? refused(sdkError) ?? other(sdkError);
  return new PipelineError(verdict, `cannot ${action}: ${reason}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Nothing was answered, or even asked. */
function unsent({ name, message, code }: SdkError): Explanation | undefined {
  if (name === 'CredentialsProviderError' || /^Could not load credentials/.test(message)) {
    const said = /from any providers/.test(message) ? '' : ` (${oneLine(message)})`;
    return { verdict: 'stop', reason: `no AWS credentials are found${said}`, hint: CREDENTIALS_HINT };
  }
  if (/^Region is missing/.test(message)) {
    return { verdict: 'stop', reason: 'no AWS region is set', hint: REGION_HINT };
  }
  if (/^Region not accepted/.test(message)) {
    return { verdict: 'stop', reason: 'the AWS region is no name of one', hint: REGION_HINT };
  }
  const network = networkReason(code) ?? (name === 'TimeoutError' ? 'it takes too long' : undefined);
  return network === undefined ? undefined : { verdict: 'retry', reason: network, hint: NETWORK_HINT };
}

/** AWS answered, and will answer the same again. */
function refused({ name, message, $metadata, $response, Region }: SdkError): Explanation | undefined {
  const status = $metadata?.httpStatusCode;
  const known = NAMES.find(({ names }) => names.test(name));
  if (known) return known;
  if (REFUSED_CREDENTIALS.test(name)) {
    return { verdict: 'stop', reason: `AWS refuses the credentials (${name})`, hint: CREDENTIALS_HINT };
  }
  const region = Region ?? $response?.headers?.['x-amz-bucket-region'];
  const isNamelessRegion = status === 400 && region !== undefined && NAMELESS.test(name);
  if (status === 301 || WRONG_REGION.test(name) || isNamelessRegion) {
    const reason = `the bucket is in ${region ?? 'another region'}`;
    return { verdict: 'stop', reason, hint: `give --region ${region ?? 'REGION'} or set AWS_REGION` };
  }
  if (status === 403 || /^AccessDenied/.test(name)) {
    const said = /not authorized to perform/.test(message) ? ` (${oneLine(message)})` : '';
    const hint = 'check the policies of the credentials, and of the bucket, queue or secret';
    return { verdict: 'stop', reason: `access denied${said}`, hint };
  }
  return undefined;
}

function other(error: SdkError): Explanation {
  const { name, message, $metadata, $retryable } = error;
  const status = $metadata?.httpStatusCode;
  const passes =
    $retryable !== undefined ||
    (status ?? 0) >= 500 ||
    status === 409 ||
    status === 429 ||
    THROTTLED.test(name);
  const verdict = passes ? 'retry' : 'stop';
  if (/XML parse error|Deserialization error/.test(message)) {
    const reason = `what answers is not AWS${status === undefined ? '' : ` (HTTP ${status})`}`;
    return { verdict, reason, hint: 'check --endpoint-url' };
  }
  const hint = passes ? 'run the command again in a while' : 'check --endpoint-url and the settings of AWS';
  if (NAMELESS.test(name) && status !== undefined) {
    return { verdict, reason: `the answer is HTTP ${status}`, hint };
  }
  const isNamed = message !== '' && message !== name;
  return { verdict, reason: isNamed ? `${name}: ${oneLine(messageOf(error))}` : name, hint };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
