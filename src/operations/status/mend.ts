import { fileURLToPath } from 'node:url';
import { daysAfter, type PartitionDate, partitionDate } from '../../records/run.js';
import { planOf } from '../reprocess.js';
import { shellWord } from '../shell-word.js';
import type { DateState } from '../state.js';
import type { Obstacle } from './bronze.js';
import type { MissingMovie } from './missing.js';
import type { QuarantinedMovie } from './quarantine.js';

/** So many movies are named to be given up; when more fail, it is not the movies. */
const MOST_GIVEN_UP = 10;

/** What is to be done about a date. */
export interface Mend {
  /** Command lines, ready to paste. One of them is enough; the first is the better one. */
  commands: string[];
  /** Not before this moment, ISO 8601: OMDb's quota is used up. Null: at once. */
  after: string | null;
}

/** What a mend is found from. */
export interface Ailment extends Omit<DateState, 'nextIsBehind'> {
  missing: readonly MissingMovie[];
  quarantine: readonly QuarantinedMovie[];
  obstacles: readonly Obstacle[];
  /** Where `_SUCCESS` is, as its store names it. */
  marker: string;
  /** How many movies the date has, where anything still tells it: a new run without a manifest before it takes ten. */
  list: number | null;
  /** The date that gold compares with, if its silver was changed by hand. */
  damagedBefore: PartitionDate | undefined;
}

/** Does what `run-all` would do about the date, by the commands that need no movie list where there are such. */
export function mendOf(ailment: Ailment, now: Date): Mend {
  const { date, obstacles, marker, newestRun, missing, list, damagedBefore } = ailment;
  if (obstacles.includes('release')) return { commands: [], after: null };
  const before = damagedBefore === undefined ? [] : [`movie-etl silver --date ${damagedBefore}`];
  const analyse = [...before, `movie-etl gold --date ${date}`];
  const refine = [`movie-etl silver --date ${date}`, ...analyse];
  const plan = planOf({ ...ailment, nextIsBehind: false }, 'failed');
  if (obstacles.length > 0 || plan?.bronze === 'new') {
    const removal = obstacles.includes('success') ? [removalOf(marker)] : [];
    const again = obstacles.includes('manifest') ? ' --reprocess all' : '';
    const rest =
      newestRun === undefined || again !== ''
        ? [`movie-etl run-all --date ${date}${again}${list === null ? '' : ` --top-n ${list}`}`]
        : [`movie-etl enrich --date ${date}`, ...refine];
    return inTurn(...removal, ...rest);
  }
  if (plan?.bronze === 'continue') {
    const after = quotaRenewed(missing, now);
    const ways = [[...enriching(date, missing), ...refine]];
    if (after === null) ways.push(...givingUp(date, missing, refine));
    return { commands: ways.map((way) => way.join(' && ')), after };
  }
  if (plan) return inTurn(...(plan.silver ? refine : analyse));
  return mendOfQuarantine(ailment, refine);
}

function inTurn(...commands: string[]): Mend {
  return { commands: commands.length === 0 ? [] : [commands.join(' && ')], after: null };
}

/** A record that is missing can be fetched; one that cannot be used stays, and only a new run has another. */
function mendOfQuarantine({ date, quarantine }: Ailment, refine: readonly string[]): Mend {
  if (quarantine.length === 0) return inTurn();
  return quarantine.every(({ reason }) => reason === 'its record is missing')
    ? inTurn(`movie-etl enrich --date ${date}`, ...refine)
    : inTurn(`movie-etl run-all --date ${date} --reprocess all`);
}

/** What completes a run without the movies that may never be answered, where the others can be. */
function givingUp(
  date: PartitionDate,
  missing: readonly MissingMovie[],
  refine: readonly string[],
): string[][] {
  const hopeless = missing.filter(({ why }) => why === 'failed' || why === 'dead-lettered');
  if (hopeless.length === 0 || hopeless.length > MOST_GIVEN_UP) return [];
  const ids = hopeless.map(({ imdbId }) => imdbId).join(' ');
  return [[`movie-etl enrich --date ${date} --give-up ${ids}`, ...refine]];
}

/** From the manifest, as messages may be gone; dead letters go back to the queue, or they would be told for ever. */
function enriching(date: PartitionDate, missing: readonly MissingMovie[]): string[] {
  const dead = missing.filter(({ why }) => why === 'dead-lettered').length;
  const enrich = missing.length > 0 && dead === missing.length ? 'enrich' : `enrich --date ${date}`;
  return [...(dead > 0 ? ['movie-etl redrive'] : []), `movie-etl ${enrich}`];
}

/** The next midnight UTC, when a movie was refused today because of the quota. */
function quotaRenewed(missing: readonly MissingMovie[], now: Date): string | null {
  const today = partitionDate(now);
  const isOfToday = ({ why, at }: MissingMovie) => why === 'quota' && at?.slice(0, 10) === today;
  if (!missing.some(isOfToday)) return null;
  return `${daysAfter(today, 1)}T00:00:00.000Z`;
}

function removalOf(location: string): string {
  if (location.startsWith('s3://')) return `aws s3 rm ${shellWord(location)}`;
  const path = /^file:/i.test(location) ? fileURLToPath(location) : location;
  return `rm ${shellWord(path)}`;
}
