import { randomUUID } from 'node:crypto';
import type { ResolvedTemplate, ResourceOf } from './template.js';

/**
 * What a schedule hands to its target when it fires, as text. It replaces the context attributes of
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function scheduledInput(
  { properties }: ResourceOf<'AWS::Scheduler::Schedule'>,
  { where }: ResolvedTemplate,
  scheduledTime: Date,
): string {
  const { GroupName, Name, Target } = properties;
  const attributes: Record<string, string> = {
    'scheduled-time': scheduledTime.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    'schedule-arn': `arn:${where.partition}:scheduler:${where.region}:${where.accountId}:schedule/${GroupName}/${Name}`,
    'execution-id': randomUUID(),
    'attempt-number': '1',
  };
  return Target.Input.replaceAll(
    /<aws\.scheduler\.([a-z-]+)>/g,
    (text, name: string) => attributes[name] ?? text,
  );
}
