import { perName } from './per-name.js';

export const moviesByGenre = perName({
  name: 'movies_by_genre',
  column: 'genre',
  namesOf: (row) => row.genres,
  boxOffice: true,
});
