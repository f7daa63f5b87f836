import { readFileSync } from 'node:fs';
import { plotsOf } from './plots.js';
import { pick, randomOf } from './random.js';

export const SEED = 20261123;

/** An entry of a movie list, and OMDb's answer about it. */
export interface MadeMovie {
  item: Record<string, string>;
  answer: Record<string, unknown>;
}

const FIRST_ID = 1_000_000;
const answers = fixture<Record<string, unknown>[]>('omdb.json');
const listed = new Map(
  fixture<{ items: Record<string, string>[] }>('top-250.json').items.map((item) => [item.id, item]),
);
const plotOf = plotsOf(SEED);

/** @param rank from 1 on */
export function idOf(rank: number): string {
  return `tt${FIRST_ID + rank}`;
}

/** The movie of a rank, always the same one: facts of a movie in the fixtures, with numbers and a plot of its own. */
export function movieOf(rank: number): MadeMovie {
  const random = randomOf(SEED + rank);
  const answer = pick(answers, random);
  const id = idOf(rank);
  const year = String(1920 + Math.floor(random() * 104));
  const imdbRating = (1 + random() * 8.9).toFixed(1);
  const imdbVotes = Math.floor(random() * 3e6).toLocaleString('en-US');
  const boxOffice = random() < 0.3 ? 'N/A' : `$${Math.floor(random() * 9e8).toLocaleString('en-US')}`;
  return {
    item: {
      ...listed.get(String(answer.imdbID)),
      id,
      rank: String(rank),
      title: String(answer.Title),
      year,
      imDbRating: imdbRating,
    },
    answer: {
      ...answer,
      imdbID: id,
      Year: year,
      Plot: plotOf(150 + random() * 100, random),
      Poster: posterOf(random),
      imdbRating,
      imdbVotes,
      BoxOffice: boxOffice,
    },
  };
}

/** As long as OMDb's are. */
export function posterOf(random: () => number): string {
  const name = Array.from({ length: 12 }, () => random().toString(36).slice(2, 8).padEnd(6, '0')).join('');
  return `https://m.media-amazon.com/images/M/${name}@._V1_SX300.jpg`;
}

/** A movie list as the source has it. */
export function movieList(count: number): string {
  return JSON.stringify({ items: Array.from({ length: count }, (_, index) => movieOf(index + 1).item) });
}

function fixture<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')) as Content;
}
