import { perName } from './per-name.js';

export const topActors = perName({
  name: 'top_actors',
  column: 'actor',
  namesOf: (row) => row.actors,
  boxOffice: false,
  top: 25,
});
