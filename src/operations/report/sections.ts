import type { Drawing } from './chart.js';
import { grouped } from './columns.js';
import { type Bar, bars, columns, dots, heat, type Moment } from './drawings.js';
import type { GoldTable, Row } from './gold-tables.js';
import { moves } from './moves.js';

/** What a section says above its table. */
export interface Picture {
  /** What is drawn; undefined when there is nothing to draw. */
  drawing?: Drawing | undefined;
  /** What kind of chart it is, and of what. */
  kind: string;
  /** The facts of the chart in a sentence or two. */
  facts: string;
}

/** A part of the page about one dataset. */
export interface Section {
  dataset: string;
  title: string;
  /** @param previous the date that rank_changes compares with */
  picture: (table: GoldTable, previous: string | undefined) => Picture;
}

const MOST_BARS = 25;
const MOST_DOTS = 1000;
const MOST_DECADES = 12;

/** In the order of the page. The summary has a place of its own. */
export const sections: readonly Section[] = [
  { dataset: 'movies_by_genre', title: 'Genres', picture: named('genre') },
  { dataset: 'genre_by_decade', title: 'Genres by decade', picture: genresByDecade },
  { dataset: 'movies_by_decade', title: 'Decades', picture: decades },
  { dataset: 'movies_per_year', title: 'Years', picture: years },
  { dataset: 'box_office_per_year', title: 'Box office', picture: boxOffice },
  { dataset: 'movies_by_country', title: 'Countries', picture: named('country') },
  { dataset: 'movies_by_language', title: 'Languages', picture: named('language') },
  { dataset: 'top_directors', title: 'Directors', picture: named('director') },
  { dataset: 'top_actors', title: 'Actors', picture: named('actor') },
  { dataset: 'most_awarded', title: 'Awards', picture: awards },
  { dataset: 'rank_changes', title: 'Rank changes', picture: moves },
  { dataset: 'top_rated', title: 'The list', picture: ratings },
];

/** Movies per name, with their average rating. */
function named(column: string): Section['picture'] {
  return ({ rows }) => {
    const items = rows.slice(0, MOST_BARS).map((row): Bar => {
      const [count, rating] = [row.text('movie_count'), row.text('avg_imdb_rating')];
      const label = rating === '' ? grouped(count) : `${grouped(count)} · ${rating}`;
      return { name: row.text(column), value: Number(count), label };
    });
    const [first, ...others] = items.slice(0, 3).map(({ name, value }) => `${name} (${grouped(value)})`);
    if (first === undefined) return nothing(`no movie’s ${column} is known`);
    const rest =
      rows.length > items.length ? ` The chart has the first ${items.length} of ${rows.length}.` : '';
    const after = others.length === 0 ? '' : `, then ${others.join(' and ')}`;
    return {
      drawing: bars(items),
      kind: `Bars: movies by ${column}, and their average rating`,
      facts: `Most movies: ${first}${after}.${rest}`,
    };
  };
}

function ratings({ rows }: GoldTable): Picture {
  const points = rows.slice(0, MOST_DOTS).flatMap((row) => {
    const [year, rating] = [row.number('year'), row.number('imdb_rating')];
    return year === undefined || rating === undefined ? [] : [[year, rating] as const];
  });
  const [first] = rows;
  if (points.length === 0 || !first) return nothing('no movie’s year and rating are known');
  const values = points.map(([, rating]) => rating);
  return {
    drawing: dots(points),
    kind: 'Dots: the rating of each movie by its year of release',
    facts: `First: ${first.text('title') || first.text('imdb_id')}. Ratings go from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}.`,
  };
}

function genresByDecade({ rows }: GoldTable): Picture {
  const found = [...new Set(rows.map((row) => row.text('decade')))].slice(0, MOST_DECADES).reverse();
  const totals = new Map<string, number>();
  for (const row of rows) {
    const genre = row.text('genre');
    totals.set(genre, (totals.get(genre) ?? 0) + (row.number('movie_count') ?? 0));
  }
  const genres = [...totals]
    .sort(([, a], [, b]) => b - a)
    .map(([genre]) => genre)
    .slice(0, MOST_BARS);
  const counts = rows.flatMap((row) => {
    const place = [found.indexOf(row.text('decade')), genres.indexOf(row.text('genre'))] as const;
    return place.includes(-1) ? [] : [[...place, row.number('movie_count') ?? 0] as const];
  });
  const top = most(rows, 'movie_count');
  if (!top) return nothing('no movie’s genre and year are known');
  return {
    drawing: heat(found, genres, counts),
    kind: 'Heat map: movies by genre and decade',
    facts: `Most movies of a genre in a decade: ${top.text('genre')} in the ${top.text('decade')}s (${top.text('movie_count')}).`,
  };
}

function decades({ rows }: GoldTable): Picture {
  const top = most(rows, 'movie_count');
  if (!top) return nothing('no movie’s year is known');
  return {
    drawing: columns(momentsOf(rows, 'decade', 'movie_count'), { step: 10, labelOf: grouped }),
    kind: 'Columns: movies by decade of release',
    facts: `Most movies: the ${top.text('decade')}s (${grouped(top.text('movie_count'))}).`,
  };
}

function years({ rows }: GoldTable): Picture {
  const top = most(rows, 'movie_count');
  if (!top) return nothing('no movie’s year is known');
  return {
    drawing: columns(momentsOf(rows, 'year', 'movie_count'), { step: 1, labelOf: grouped }),
    kind: 'Columns: movies per year of release',
    facts: `Most movies: ${top.text('year')} (${grouped(top.text('movie_count'))}).`,
  };
}

function boxOffice({ rows }: GoldTable): Picture {
  const top = most(rows, 'total_box_office_usd');
  if (!top) return nothing('no movie’s box office is known');
  return {
    drawing: columns(momentsOf(rows, 'year', 'total_box_office_usd'), {
      step: 1,
      labelOf: shortUsd(top.number('total_box_office_usd') ?? 0),
    }),
    kind: 'Columns: box office in US dollars per year of release',
    facts: `Most: movies of ${top.text('year')}, $${grouped(top.text('total_box_office_usd'))}. Takings as reported, not adjusted for inflation.`,
  };
}

function awards({ rows }: GoldTable): Picture {
  const winners = rows.filter((row) => (row.number('oscar_wins') ?? 0) > 0).slice(0, MOST_BARS);
  const [first] = winners;
  if (!first) return nothing('no movie won an Oscar');
  return {
    drawing: bars(
      winners.map((row) => {
        const name = row.text('title') || row.text('imdb_id');
        return { name, value: row.number('oscar_wins') ?? 0, label: row.text('oscar_wins') };
      }),
    ),
    kind: 'Bars: Oscars won by movie',
    facts: `Most Oscars: ${first.text('title') || first.text('imdb_id')} (${first.text('oscar_wins')}).`,
  };
}

function nothing(why: string): Picture {
  return { kind: '', facts: `Nothing to draw: ${why}.` };
}

/** The first row with the highest number. */
function most(rows: readonly Row[], column: string): Row | undefined {
  let top: Row | undefined;
  for (const row of rows) {
    const value = row.number(column);
    if (value !== undefined && value > (top?.number(column) ?? -1)) top = row;
  }
  return top;
}

function momentsOf(rows: readonly Row[], time: string, column: string): Moment[] {
  return rows.flatMap((row) => {
    const [year, value] = [row.number(time), row.number(column)];
    return year === undefined || value === undefined ? [] : [{ year, value }];
  });
}

/** Dollars in the unit of the most that there is: "$1.5B", "$0.3B". */
function shortUsd(most: number): (value: number) => string {
  const [unit, letter] = most >= 1e9 ? [1e9, 'B'] : most >= 1e6 ? [1e6, 'M'] : [1, ''];
  return (value) => `$${grouped(Number((value / unit).toFixed(1)))}${value === 0 ? '' : letter}`;
}
