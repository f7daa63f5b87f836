import { perName } from './per-name.js';

export const moviesByLanguage = perName({
  name: 'movies_by_language',
  column: 'language',
  namesOf: (row) => row.languages,
  boxOffice: true,
});
