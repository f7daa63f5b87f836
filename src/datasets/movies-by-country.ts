import { perName } from './per-name.js';

export const moviesByCountry = perName({
  name: 'movies_by_country',
  column: 'country',
  namesOf: (row) => row.countries,
  boxOffice: true,
});
