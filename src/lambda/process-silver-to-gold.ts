import { silverKeys } from '../keys.js';
import { gold } from '../stages/gold.js';
import * as layers from '../wire/s3-layers.js';
import { eachDate } from './invocation/object-created.js';
import { handlerOf } from './invocation/open.js';

/** S3 tells of a `movies.csv`: gold of its date is made. */
export const handler = handlerOf(
  'gold',
  [],
  { silver: layers.silver, gold: layers.gold },
  (event, services) =>
    eachDate(event, services.settings.silver, silverKeys.dateOfMovies, services, (date) =>
      gold(date, services),
    ),
);
