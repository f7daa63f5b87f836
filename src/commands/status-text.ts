import type { LayerState } from '../operations/freshness.js';
import type { MissingMovie } from '../operations/status/missing.js';
import type { DateStatus } from '../operations/status.js';
import { printable, type Terminal } from '../terminal.js';

/** So many movies are shown one by one. */
const MOST_MOVIES = 20;
const LONGEST_TITLE = 26;

const HEAD = [
  'date',
  'list',
  'enriched',
  'not\nfound',
  '_SUCCESS',
  'silver',
  'quaran-\ntined',
  'gold',
  'age',
];
/** Columns of numbers, which may have empty cells. */
const NUMBERS = new Set([1, 2, 3, 6]);

/** A line per date. */
export function overview(statuses: readonly DateStatus[], terminal: Pick<Terminal, 'table'>): string {
  const rows = statuses.map(cellsOf);
  const widthOf = (column: number) =>
    Math.max(...[HEAD[column] ?? '', ...rows.map((row) => row[column] ?? '')].map(longestLine));
  const align = (cell: string, column: number) =>
    NUMBERS.has(column) ? cell.padStart(widthOf(column)) : cell;
  return terminal.table(
    HEAD,
    rows.map((row) => row.map(align)),
  );
}

function cellsOf(status: DateStatus): string[] {
  const { date, list, recorded, enriched, not_found, silver, gold, ageSeconds } = status;
  const isPublished = status.published !== null;
  return [
    date,
    text(list),
    list === null ? '' : `${enriched ?? recorded}/${list}`,
    text(not_found),
    markerOf(status),
    layer(silver.state, silver.rows, isPublished),
    text(silver.quarantined),
    layer(gold.state, gold.datasets, isPublished),
    ageSeconds === null ? '' : ageText(ageSeconds),
  ];
}

function markerOf({ state, run, published, underWay }: DateStatus): string {
  if (state === 'unreadable') return 'damaged';
  if (run === null) return 'no run';
  if (underWay) return 'older';
  return published === null ? 'no' : 'yes';
}

function layer(state: LayerState, count: number | null, isPublished: boolean): string {
  if (state === 'missing') return isPublished ? 'missing' : '';
  return [text(count), state === 'stale' ? 'stale' : ''].filter((part) => part !== '').join(' ');
}

/** Rounded down: `45 s`, `12 m`, `3 h`, `2 d`. */
export function ageText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Without `--verbose`, only what could not be read is told. */
export function faultLines(statuses: readonly DateStatus[]): string[] {
  const lines = statuses
    .filter(({ state }) => state === 'unreadable')
    .map(({ date, reasons }) => printable(`${date}: ${reasons[0]}`));
  return [lines.join('\n')];
}

/** Why a date is not complete and fresh, and the command that mends it. Nothing of a date where all is well. */
export function explanation(status: DateStatus, terminal: Pick<Terminal, 'table'>): string {
  const { date, state, reasons, mend, mendAfter } = status;
  if (reasons.length === 0) return '';
  const movies = moviesOf(status);
  const shown = movies.slice(0, MOST_MOVIES);
  const more = movies.length - shown.length;
  return [
    `${date}: ${state}`,
    ...reasons.map((reason) => printable(`- ${reason}`)),
    ...(shown.length > 0 ? ['', terminal.table(['movie', 'title', 'why'], shown)] : []),
    ...(more > 0 ? [`and ${more} more (--json has all)`] : []),
    ...mendLines(mend, mendAfter),
  ].join('\n');
}

function mendLines(mend: readonly string[], after: string | null): string[] {
  const when =
    after === null ? '' : `, after ${after.slice(0, 16).replace('T', ' ')} UTC, when the quota is renewed`;
  return mend.flatMap((command, index) => [
    '',
    index === 0 ? `mend it with${when}:` : 'or, without the movies that never will be answered:',
    `  ${printable(command)}`,
  ]);
}

function moviesOf({ missingMovies, quarantine }: DateStatus): string[][] {
  return [
    ...(missingMovies ?? []).map((movie) => [movie.imdbId, shortened(movie.title ?? ''), whyText(movie)]),
    ...(quarantine ?? []).map(({ imdbId, reason }) => [imdbId, '', `quarantined: ${reason}`]),
  ];
}

/** Of the quota, the line above the command says enough. */
function whyText({ why, attempt, message }: MissingMovie): string {
  if (why === 'quota' || message === null) return why;
  return why === 'failed' && attempt !== null
    ? `${why}, attempt ${attempt}: ${message}`
    : `${why}: ${message}`;
}

function shortened(title: string): string {
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1)}…` : title;
}

const text = (value: number | null) => (value === null ? '' : String(value));

function longestLine(cell: string): number {
  return Math.max(...cell.split('\n').map((line) => line.length));
}
