import { accessSeeds } from './template-seeds/access.js';
import { alarmSeeds } from './template-seeds/alarms.js';
import { asynchronousSeeds } from './template-seeds/asynchronous.js';
import { bucketSeeds } from './template-seeds/buckets.js';
import { functionSeeds } from './template-seeds/functions.js';
import { outputSeeds } from './template-seeds/outputs.js';
import { queueSeeds } from './template-seeds/queues.js';
import { triggerSeeds } from './template-seeds/triggers.js';

/** A change of the template. */
export interface Edit {
  what: string;
  /** The first such text of the template gives way to the other. */
  from: string | RegExp;
  to: string;
}

/** A fault of the template, and what the checks have to say of it, all of it. */
export interface Seed extends Edit {
  /** Of the stack; those left out have their defaults. */
  parameters?: Readonly<Record<string, string>>;
  faults: readonly string[];
}

export { refusals } from './template-seeds/refusals.js';

/** At least one for each thing that is checked, area by area as the checks are. */
export const seeds: readonly Seed[] = [
  ...queueSeeds,
  ...functionSeeds,
  ...triggerSeeds,
  ...asynchronousSeeds,
  ...accessSeeds,
  ...bucketSeeds,
  ...alarmSeeds,
  ...outputSeeds,
];
