import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { PipelineError } from '../errors.js';
import type { Etag } from './store.js';

/** Where an object is. */
export interface Place {
  Bucket: string;
  Key: string;
}

/** S3 writes an etag in quotes, as HTTP wants it; its events write it without. */
export function etagOf({ ETag: etag }: { ETag?: string | undefined }): Etag {
  if (etag) return etag.replaceAll('"', '');
  throw new PipelineError('stop', 'what answers is not S3: an object has no ETag', {
    hint: 'check --endpoint-url',
  });
}

export function quoted(etag: Etag): string {
  return `"${etag}"`;
}

export interface Headers {
  ETag?: string | undefined;
  Metadata?: Record<string, string> | undefined;
}

/**
 * The object's headers, or undefined where there is none: also where there is no bucket, since the answer has no body
 * that tells the two apart. For the same reason a HEAD that fails otherwise is asked for again, with a GET that says why.
 */
export async function headObject(client: S3Client, place: Place): Promise<Headers | undefined> {
  try {
    return await client.send(new HeadObjectCommand(place));
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (statusOf(error) === undefined) throw error;
    return getHeaders(client, place);
  }
}

async function getHeaders(client: S3Client, place: Place): Promise<Headers | undefined> {
  const answer = await ifThere(client.send(new GetObjectCommand(place)));
  (answer?.Body as { destroy?(): void } | undefined)?.destroy?.();
  return answer;
}

/** The answer about an object, or undefined where there is none. */
export async function ifThere<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The object is not there. A HEAD answers without a body, and so without a better name. */
export function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NoSuchKey' || nameOf(error) === 'NotFound';
}

/** 412: the object is there, or is another one. */
export function isRefused(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** 409: another request is at the same object right now. Says nothing of what will stand there. */
export function isBusy(error: unknown): boolean {
  return statusOf(error) === 409;
}

/** The parts are put together already, or were thrown away. */
export function isUploadGone(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload';
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}
