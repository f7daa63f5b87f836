import { accessSeeds } from './template-seeds/access.js';
import { alarmSeeds } from './template-seeds/alarms.js';
import { bucketSeeds } from './template-seeds/buckets.js';
import { functionSeeds } from './template-seeds/functions.js';
import { queueSeeds } from './template-seeds/queues.js';
import { triggerSeeds } from './template-seeds/triggers.js';

/** A fault of the template, and what the checks have to say of it, all of it. */
export interface Seed {
  what: string;
  /** The first such text of the template gives way to the other. */
  from: string | RegExp;
  to: string;
  faults: readonly string[];
}

/** At least one for each thing that is checked, area by area as the checks are. */
export const seeds: readonly Seed[] = [
  ...queueSeeds,
  ...functionSeeds,
  ...triggerSeeds,
  ...accessSeeds,
  ...bucketSeeds,
  ...alarmSeeds,
];
