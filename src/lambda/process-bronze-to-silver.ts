import { bronzeKeys } from '../keys.js';
import { silver } from '../stages/silver.js';
import * as layers from '../wire/s3-layers.js';
import { eachDate } from './invocation/object-created.js';
import { handlerOf } from './invocation/open.js';

/** S3 tells of a `_SUCCESS`: silver of its date is made. */
export const handler = handlerOf(
  'silver',
  [],
  { bronze: layers.bronze, silver: layers.silver },
  (event, services) =>
    eachDate(event, services.settings.bronze, bronzeKeys.dateOfSuccess, services, (date) =>
      silver(date, services),
    ),
);
