import type { ResolvedTemplate } from '../../chain/template.js';
import { accessFaults } from './template-checks/access.js';
import { alarmFaults } from './template-checks/alarms.js';
import { asynchronousFaults } from './template-checks/asynchronous.js';
import { bucketFaults } from './template-checks/buckets.js';
import { functionFaults } from './template-checks/functions.js';
import { leftoverFaults } from './template-checks/leftovers.js';
import { outputFaults } from './template-checks/outputs.js';
import { queueFaults } from './template-checks/queues.js';
import { triggerFaults } from './template-checks/triggers.js';

/** What is wrong with a template of this pipeline, each fault with the logical id it is about. Most of it no validator sees. */
export function faultsOf(template: ResolvedTemplate): string[] {
  return [
    queueFaults,
    functionFaults,
    triggerFaults,
    asynchronousFaults,
    accessFaults,
    bucketFaults,
    leftoverFaults,
    alarmFaults,
    outputFaults,
  ].flatMap((check) => check(template));
}
