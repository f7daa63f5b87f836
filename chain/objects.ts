import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { REGION } from './emulator/calls.js';

/** A client that speaks as somebody. @param endpointUrl of the emulator */
export function s3Client(endpointUrl: string, principal: string): S3Client {
  const credentials = { accessKeyId: principal, secretAccessKey: 'secret' };
  return new S3Client({ region: REGION, endpoint: endpointUrl, forcePathStyle: true, credentials });
}

/** The text of every object under a layer's URI, by its key in the layer, in the order of the keys. */
export async function objectsUnder(s3: S3Client, uri: string): Promise<Map<string, string>> {
  const { hostname: Bucket, pathname } = new URL(uri);
  const prefix = `${pathname.slice(1)}/`;
  const objects = new Map<string, string>();
  for (let ContinuationToken: string | undefined; ; ) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken }));
    for (const { Key = '' } of page.Contents ?? []) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      objects.set(Key.slice(prefix.length), (await Body?.transformToString()) ?? '');
    }
    ContinuationToken = page.NextContinuationToken;
    if (!ContinuationToken) return objects;
  }
}
