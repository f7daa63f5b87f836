import * as z from 'zod/mini';
import { decode } from './decode.js';

const Notification = z.object({ Records: z.array(z.unknown()) });
const ObjectCreated = z.object({
  // Missing in what a person writes by hand.
  eventName: z.optional(z.string().check(z.startsWith('ObjectCreated:'))),
  s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});
/** What S3 sends once when a notification is set up. */
const TestEvent = z.object({ Event: z.literal('s3:TestEvent') });

export interface ObjectName {
  bucket: string;
  key: string;
}

/**
 * The objects that an S3 event notification names; undefined for a record that tells of no new object. Keys come
 * URL-encoded, a space as `+` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 * @throws DecodeError when it is no notification
 */
export function decodeObjectsCreated(event: unknown): (ObjectName | undefined)[] {
  if (TestEvent.safeParse(event).success) return [];
  return decode(Notification, event, 'S3 event').Records.map((record) => {
    const { data } = ObjectCreated.safeParse(record);
    return data && { bucket: data.s3.bucket.name, key: decodeKey(data.s3.object.key) };
  });
}

/** A key that is not encoded as S3 does it stands for itself. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
