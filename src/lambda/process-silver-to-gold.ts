import { silverKeys } from '../keys.js';
import { gold } from '../stages/gold.js';
import { eachDate } from './invocation/object-created.js';
import { handlerOf } from './invocation/open.js';

/** S3 tells of a `movies.csv`: gold of its date is made. */
export const handler = handlerOf('gold', [], ['silver', 'gold'], (event, services) =>
  eachDate(event, services.settings.silver, silverKeys.dateOfMovies, services, (date) =>
    gold(date, services),
  ),
);
