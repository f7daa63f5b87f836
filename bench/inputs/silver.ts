import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parse } from 'csv-parse/sync';
import { csvLine } from '../../src/csv.js';
import { silverKeys } from '../../src/keys.js';
import { bareMovieEtl, run } from '../programs.js';
import { DATE } from './bronze.js';
import { idOf, posterOf, SEED } from './movies.js';
import { plotsOf } from './plots.js';
import { prepared, textOf } from './prepared.js';
import { randomOf } from './random.js';

/** So many that a row has 978 bytes on average. */
const PLOT_CHARACTERS = { least: 413, spread: 260 };
const CHUNK_CHARACTERS = 1 << 20;

type Row = Record<string, string>;

/** A silver layer with so many rows, in a folder: rows of the fixtures, each with an id, numbers and a plot of its own. */
export function silverOf(count: number): Promise<string> {
  return prepared(`silver-${count}`, async (folder) => {
    const { header, rows } = await silverOfFixtures();
    const plotOf = plotsOf(SEED);
    const random = randomOf(SEED);
    const path = join(folder, silverKeys.movies(DATE));
    await mkdir(dirname(path), { recursive: true });
    const file = createWriteStream(path);
    let text = `${header.join(',')}\n`;
    for (let rank = 1; rank <= count; rank++) {
      const row: Row = {
        ...rows[(rank - 1) % rows.length],
        imdb_id: idOf(rank),
        rank: String(rank),
        year: String(1920 + Math.floor(random() * 104)),
        plot: plotOf(PLOT_CHARACTERS.least + random() * PLOT_CHARACTERS.spread, random),
        imdb_rating: (1 + random() * 8.9).toFixed(1),
        imdb_votes: String(Math.floor(random() * 3e6)),
        box_office_usd: random() < 0.3 ? '' : String(Math.floor(random() * 9e8)),
        poster_url: posterOf(random),
      };
      text += csvLine(header.map((column) => row[column] ?? ''));
      if (text.length < CHUNK_CHARACTERS) continue;
      if (!file.write(text)) await once(file, 'drain');
      text = '';
    }
    file.end(text);
    await finished(file);
  });
}

/** What our own command makes of the shipped fixtures. */
async function silverOfFixtures(): Promise<{ header: string[]; rows: Row[] }> {
  const data = await prepared('fixtures', async (folder) => {
    const what = ['--offline', '--top-n', '250', '--batch-size', '10', '--date', DATE, '--quiet'];
    await run(bareMovieEtl(['run-all', ...what, '--data-dir', folder]));
  });
  const text = await textOf(join(data, 'silver', silverKeys.movies(DATE)));
  const [header = [], ...records] = parse(text) as string[][];
  const rows = records.map((record) =>
    Object.fromEntries(header.map((column, i) => [column, record[i] ?? ''])),
  );
  return { header, rows: rows.filter((row) => row.enriched === 'true') };
}
