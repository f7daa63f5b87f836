import type { Emulator } from './emulator/emulator.js';
import { type ResolvedTemplate, resourcesOf } from './template.js';

/** Properties of a queue that are no attributes of it. */
const NO_ATTRIBUTES = ['QueueName', 'Tags'];

/** Makes the buckets and queues of a template, the queues with all of their attributes. */
export async function createResources(template: ResolvedTemplate, emulator: Emulator): Promise<void> {
  for (const { properties } of resourcesOf(template, 'AWS::S3::Bucket')) {
    await emulator.createBucket(properties.BucketName);
  }
  for (const { properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
    const attributes = Object.entries(properties)
      .filter(([name]) => !NO_ATTRIBUTES.includes(name))
      .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
    await emulator.createQueue(properties.QueueName, Object.fromEntries(attributes));
  }
}

/** The URL of the queue with an ARN. @throws Error when the template has no such queue */
export function queueUrlOf(template: ResolvedTemplate, arn: string): string {
  const queue = resourcesOf(template, 'AWS::SQS::Queue').find((each) => each.arn === arn);
  if (queue?.ref === undefined) throw new Error(`the template has no queue ${arn}`);
  return queue.ref;
}
