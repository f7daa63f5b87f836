/** How a column's fields are shown; `digits` are shown as they are. */
type Kind = 'text' | 'list' | 'number' | 'digits' | 'change';

interface Column {
  label: string;
  kind: Kind;
}

const COLUMNS: Record<string, Column> = {
  imdb_id: { label: 'IMDb id', kind: 'text' },
  year: { label: 'Year', kind: 'text' },
  decade: { label: 'Decade', kind: 'text' },
  rank: { label: 'Rank', kind: 'number' },
  previous_rank: { label: 'Rank before', kind: 'number' },
  previous_date: { label: 'Date before', kind: 'text' },
  change: { label: 'Change', kind: 'change' },
  genres: { label: 'Genres', kind: 'list' },
  directors: { label: 'Directors', kind: 'list' },
  countries: { label: 'Countries', kind: 'list' },
  languages: { label: 'Languages', kind: 'list' },
  imdb_rating: { label: 'Rating', kind: 'digits' },
  imdb_votes: { label: 'Votes', kind: 'number' },
  metascore: { label: 'Metascore', kind: 'digits' },
  runtime_minutes: { label: 'Minutes', kind: 'number' },
  box_office_usd: { label: 'Box office, USD', kind: 'number' },
  movie_count: { label: 'Movies', kind: 'number' },
  movies_with_box_office: { label: 'Movies with box office', kind: 'number' },
  avg_imdb_rating: { label: 'Average rating', kind: 'digits' },
  avg_runtime_minutes: { label: 'Average minutes', kind: 'number' },
  total_box_office_usd: { label: 'Box office, USD', kind: 'number' },
  total_imdb_votes: { label: 'Votes', kind: 'number' },
  total_oscar_wins: { label: 'Oscars', kind: 'number' },
  oscar_wins: { label: 'Oscars', kind: 'number' },
  award_wins: { label: 'Wins', kind: 'number' },
  award_nominations: { label: 'Nominations', kind: 'number' },
  movies: { label: 'Movies', kind: 'number' },
  enriched: { label: 'Enriched by OMDb', kind: 'number' },
  earliest_year: { label: 'Earliest year', kind: 'digits' },
  latest_year: { label: 'Latest year', kind: 'digits' },
};

/** The summary's columns have names of their own for what other datasets list. */
const SUMMARY_COUNTRIES: Column = { label: 'Countries', kind: 'number' };

/** What a dataset's column is called, and how its fields are shown. One that is not known is a text. */
export function columnOf(dataset: string, name: string): Column {
  if (dataset === 'summary' && name === 'countries') return SUMMARY_COUNTRIES;
  return COLUMNS[name] ?? { label: sentenceCase(name.replaceAll('_', ' ')), kind: 'text' };
}

export function isNumeric({ kind }: Column): boolean {
  return kind !== 'text' && kind !== 'list';
}

/** A field of a CSV as a reader sees it: null as an en dash, thousands separated by commas. */
export function shownField({ kind }: Column, field: string): string {
  if (field === '') return '–';
  if (kind === 'number') return grouped(field);
  if (kind === 'list') return field.replaceAll('|', ', ');
  if (kind === 'change')
    return field.startsWith('-') ? `−${field.slice(1)}` : field === '0' ? '0' : `+${field}`;
  return field;
}

/** Digits of any length, with their fraction: "21873522246.50" is "21,873,522,246.50". */
export function grouped(digits: string | number): string {
  return String(digits).replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
}

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
