import * as z from 'zod/mini';
import { DecodeError } from '../errors.js';
import { cut, explain, shown } from './decode.js';
import { MAX_COUNT } from './run.js';
import { compareText } from './text.js';

const MAX_RANK = 1_000_000_000;
/** Of all texts of an item together; in a message, each may be written with six bytes. */
const MAX_ITEM_CHARACTERS = 65_536;

/** The id of a title at IMDb: `tt0111161`. */
export const ImdbId = z.string({ error: 'must be a text such as tt0111161' }).check(
  z.regex(/^tt\d{7,10}$/, {
    error: (issue) => `${shown(issue.input)} is no IMDb id (tt and 7 to 10 digits)`,
  }),
);

const Rank = z.union([z.string(), z.number()], { error: 'must be a positive integer' }).check(
  z.refine((rank) => /^0*[1-9]\d*$/.test(String(rank).trim()) && Number(rank) <= MAX_RANK, {
    error: (issue) => `${shown(issue.input)} is no positive integer`,
  }),
);

/** What is neither a text nor a number says nothing, and costs no movie its place. */
const Fact = z.catch(z.nullish(z.union([z.string(), z.number()])), null);

/** One entry of the movie list, its values as the source gave them: mostly texts. */
export const ListItem = z
  .object(
    {
      id: ImdbId,
      rank: Rank,
      title: Fact,
      fullTitle: Fact,
      year: Fact,
      image: Fact,
      crew: Fact,
      imDbRating: Fact,
      imDbRatingCount: Fact,
    },
    { error: 'is no object' },
  )
  .check(
    z.refine((item) => charactersOf(item) <= MAX_ITEM_CHARACTERS, {
      error: `has more than ${MAX_ITEM_CHARACTERS} characters`,
    }),
  );
export type ListItem = z.infer<typeof ListItem>;

const MovieListShape = z.object(
  {
    items: z.array(z.unknown(), { error: 'must be an array' }),
    errorMessage: z.optional(z.unknown()),
  },
  { error: 'must be an object with items' },
);

/** An item that is reported and not sent. */
export interface RejectedItem {
  /** Where it stands in the source's `items`, counted from 1. */
  position: number;
  reason: string;
}

/** A movie list that was checked. */
export interface MovieList {
  /** In rank order, then by id, each id once. */
  movies: ListItem[];
  rejected: RejectedItem[];
}

/** Where the movie list comes from. */
export interface MovieSource {
  /** For the manifest and for messages; it carries no secret. */
  readonly label: string;
  /** The list as the source gives it, unchecked. */
  load(): Promise<unknown>;
}

export function rankOf(item: ListItem): number {
  return Number(item.rank);
}

/** The order of a run's movies: by rank, then by id. */
export function compareMovies(left: ListItem, right: ListItem): number {
  return rankOf(left) - rankOf(right) || compareText(left.id, right.id);
}

function charactersOf(item: Record<string, unknown>): number {
  return Object.values(item).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : 0),
    0,
  );
}

/**
 * Checks the source's list as a whole, then item by item.
 * @param place what was read, for the error
 * @throws DecodeError when it is not of this shape, carries an error message, is absurdly long, or holds no usable
 * movie
 */
export function parseMovieList(list: unknown, place: string): MovieList {
  const shape = MovieListShape.safeParse(list);
  const failed = shape.success ? shape.data.errorMessage : errorMessageOf(list);
  if (typeof failed === 'string' && failed.trim() !== '') {
    throw unusable(
      `${place} reports an error: ${cut(failed.trim(), 300)}`,
      'check the address or ask again later',
    );
  }
  if (!shape.success) {
    throw unusable(`${place} is no movie list: ${explain(shape.error)}`, EXPECTED);
  }
  if (shape.data.items.length > MAX_COUNT) {
    throw unusable(`${place} has ${shape.data.items.length} items, more than ${MAX_COUNT}`, EXPECTED);
  }
  const accepted: { item: ListItem; position: number }[] = [];
  const rejected: RejectedItem[] = [];
  for (const [index, candidate] of shape.data.items.entries()) {
    const result = ListItem.safeParse(candidate);
    if (result.success) accepted.push({ item: result.data, position: index + 1 });
    else rejected.push({ position: index + 1, reason: explain(result.error) });
  }
  accepted.sort((a, b) => compareMovies(a.item, b.item) || a.position - b.position);
  const movies = new Map<string, ListItem>();
  for (const { item, position } of accepted) {
    if (movies.has(item.id)) rejected.push({ position, reason: `${item.id} is in the list already` });
    else movies.set(item.id, item);
  }
  if (movies.size === 0) {
    const first = rejected[0];
    const why = first ? `, such as item ${first.position}: ${first.reason}` : '';
    throw unusable(`${place} is a list without a usable movie${why}`, EXPECTED);
  }
  rejected.sort((a, b) => a.position - b.position);
  return { movies: [...movies.values()], rejected };
}

const EXPECTED =
  'give a list of the shape {"items": [{"id": "tt0111161", "rank": "1", …}], "errorMessage": ""}';

function unusable(message: string, hint: string): DecodeError {
  return new DecodeError(message, { hint });
}

function errorMessageOf(list: unknown): unknown {
  return typeof list === 'object' && list !== null && 'errorMessage' in list ? list.errorMessage : undefined;
}
