import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, inTurn, millisecondsOf } from '../case.js';
import { DATE } from '../inputs/bronze.js';
import { emptied } from '../inputs/prepared.js';
import { bareMovieEtl, run } from '../programs.js';

const TARGETS = { help: 1.6, directoryRun: 4 };
const MOVIES = '10';

export const startup: Case = {
  name: 'startup',
  notes: [
    `Each in a process of its own, with nothing preloaded, against \`node -e 0\`. The directory runs are \`silver\` and \`gold\`
of a date with ten movies; \`run-all --offline\` of ten movies, on an empty directory and with its loopback server for the
fixtures, is told for information.`,
  ],
  why: {
    'silver of 10 movies in a directory':
      'half of it is loading the modules, schemas and CSV packages first of all; then come a dozen file operations, flushed or under the lock.',
    'gold of 10 movies in a directory':
      'the same as of silver, and fourteen files that are written, flushed and put under the lock.',
  },
  async *measure(settings) {
    const data = await emptied('startup');
    const fresh = join(data, 'fresh');
    const ofDate = (folder: string) => ['--date', DATE, '--data-dir', folder, '--quiet'];
    const runAll = (folder: string) => ['run-all', '--offline', '--top-n', MOVIES, ...ofDate(folder)];
    await run(bareMovieEtl(runAll(join(data, 'standing'))));
    const ours = {
      '--help': ['--help'],
      silver: ['silver', ...ofDate(join(data, 'standing'))],
      gold: ['gold', ...ofDate(join(data, 'standing'))],
      'run-all': runAll(fresh),
    };
    const contenders = Object.entries(ours).map(([name, args]) => ({
      name: `movie-etl ${name}`,
      prepare: () => rm(fresh, { recursive: true, force: true }),
      run: () => run(bareMovieEtl(args)),
    }));
    const bare = { name: 'node -e 0', run: () => run({ file: process.execPath, args: ['-e', '0'] }) };
    const runs = await inTurn([...contenders, bare], settings.runs(settings.quick ? 5 : 21), settings);
    const [help, silver, gold, all, nothing] = runs.map((each) => millisecondsOf(each));
    if (!help || !silver || !gold || !all || !nothing) throw new Error('nothing was measured');
    const peer = { name: 'node -e 0', ...nothing };
    yield { name: 'movie-etl --help', ours: help, peer, target: { atMostTimes: TARGETS.help } };
    const target = { atMostTimes: TARGETS.directoryRun };
    yield { name: `silver of ${MOVIES} movies in a directory`, ours: silver, peer, target };
    yield { name: `gold of ${MOVIES} movies in a directory`, ours: gold, peer, target };
    yield { name: `run-all --offline of ${MOVIES} movies`, ours: all, peer };
  },
};
