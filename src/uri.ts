import { fileURLToPath } from 'node:url';

export function isHttp(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}

/** The path of a directory or file that is given as a path or as a `file:` URI of this machine. */
export function localPath(uri: string): string {
  return schemeOf(uri) === 'file' ? fileURLToPath(uri) : uri;
}

/** Whether `localPath` can tell the path. */
export function isLocal(uri: string): boolean {
  const scheme = schemeOf(uri);
  if (scheme !== 'file') return scheme === undefined;
  try {
    return fileURLToPath(uri) !== '';
  } catch {
    return false;
  }
}

/** Keys that stand in the path of a movie list's address: `/Top250Movies/k_12345678`. */
export const KEY_IN_PATH = /\/k_[a-z0-9]+/gi;

/** A text that may be an address, for a message: without user and password, and without what a query may carry. */
export function withoutSecrets(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(/:\/\/[^/?#]*@/, '://***@').replace(/[?#].*$/s, (rest) => `${rest.charAt(0)}***`);
}

/** A bucket and the prefix in it, without slashes at its ends; an empty prefix is the whole bucket. */
export interface S3Location {
  bucket: string;
  prefix: string;
}

/**
 * What an `s3://bucket/prefix` names; undefined for anything else. Bucket names:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function s3Location(uri: string): S3Location | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri);
  if (!match) return undefined;
  return { bucket: match[1] ?? '', prefix: (match[2] ?? '').replace(/\/+$/, '') };
}

/** What every key of the location begins with. */
export function baseOf({ prefix }: S3Location): string {
  return prefix === '' ? '' : `${prefix}/`;
}

/** An SQS queue URL: `https://sqs.eu-west-1.amazonaws.com/123456789012/movies.fifo`, or the same of an emulator. */
export function isQueueUrl(uri: string): boolean {
  return (
    isHttp(uri) && URL.canParse(uri) && /^\/(.+\/)?[A-Za-z0-9_-]{1,80}(\.fifo)?$/.test(new URL(uri).pathname)
  );
}

/** The region that a queue URL of AWS is in. */
export function regionOfQueueUrl(uri: string): string | undefined {
  return /^https?:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/i.exec(uri)?.[1];
}

/** The scheme in lower case; undefined for a path. One letter is a drive, not a scheme. */
function schemeOf(uri: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
}
