import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, inTurn, type Settings, secondsOf } from '../case.js';
import { DATE } from '../inputs/bronze.js';
import { movieList } from '../inputs/movies.js';
import { emptied, prepared } from '../inputs/prepared.js';
import { movieEtl, nodeProgram, peer, run, serve } from '../programs.js';

const DELAY_MS = 100;
const FLOORS = { 8: 1.25, 32: 1.6 };
const TIMES_FASTER_THAN_SERIAL = 20;

export const enrich: Case = {
  name: 'enrich',
  scales: true,
  notes: [
    `OMDb is a node:http server in a process of its own that answers after ${DELAY_MS} ms. Ours is \`movie-etl enrich\` on a
queue in a directory, which \`extract\` has filled before with batches of ten; it writes, and flushes to disk, a record for
each movie. The floor is a bare Node loop that asks for the same movies at the same concurrency, and keeps nothing.`,
    'Serial is that loop with one call after the other, run once: the least that a plain Python loop takes.',
  ],
  why: {
    'enrich 250 movies, 8 at once':
      'beside the asking, the command starts, looks for each record, writes it and flushes it to the disk.',
    'enrich 250 movies, 32 at once':
      'at 32 the waiting is 0.8 s in all; the start of the command, and the records that are looked for, written and flushed one by one, are not small beside it.',
  },
  async *measure(settings) {
    const movies = settings.quick ? 64 : 250;
    const folder = await prepared(`movies-${movies}`, (into) =>
      writeFile(join(into, 'movies.json'), movieList(movies)),
    );
    const list = join(folder, 'movies.json');
    const omdb = await serve('omdb.ts', [String(DELAY_MS), String(movies)]);
    try {
      const serial = await run(floor(omdb.url, list, 1));
      settings.say(`serial: ${serial.seconds.toFixed(2)} s`);
      for (const [concurrency, atMostTimes] of Object.entries(FLOORS)) {
        const [ours, floors] = await atConcurrency(Number(concurrency), list, omdb.url, settings);
        const name = `enrich ${movies} movies, ${concurrency} at once`;
        yield {
          name,
          ours: secondsOf(ours),
          peer: { name: 'floor', ...secondsOf(floors) },
          target: { atMostTimes },
        };
        if (concurrency !== '32') continue;
        const target = { timesFaster: TIMES_FASTER_THAN_SERIAL };
        yield { name, ours: secondsOf(ours), peer: { name: 'serial', ...secondsOf([serial]) }, target };
      }
    } finally {
      await omdb.close();
    }
  },
};

function atConcurrency(concurrency: number, list: string, url: string, settings: Settings) {
  let data = '';
  const ours = {
    name: `movie-etl enrich --concurrency ${concurrency}`,
    prepare: async () => {
      data = await emptied('enrich');
      await mkdir(data, { recursive: true });
      const what = ['--movies', list, '--top-n', '250', '--batch-size', '10', '--date', DATE];
      await run(movieEtl(['extract', ...what, '--data-dir', data]));
    },
    run: () => {
      const how = ['--concurrency', String(concurrency), '--omdb-url', url, '--data-dir', data];
      return run(movieEtl(['enrich', ...how], { OMDB_API_KEY: 'bench' }));
    },
  };
  const bare = { name: `floor, ${concurrency} at once`, run: () => run(floor(url, list, concurrency)) };
  return inTurn([ours, bare], settings.runs(5), settings);
}

function floor(url: string, list: string, concurrency: number) {
  return nodeProgram(peer('lookups.mjs'), [url, list, String(concurrency)]);
}
