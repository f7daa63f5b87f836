import { perName } from './per-name.js';

export const topDirectors = perName({
  name: 'top_directors',
  column: 'director',
  namesOf: (row) => row.directors,
  boxOffice: true,
  top: 25,
});
