import { readdir, readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import pMap from 'p-map';
import { type Case, type Contender, inTurn, memoryOf, type Settings, secondsOf } from '../case.js';
import type { Peer, Row } from '../figures.js';
import { bronzeOf, DATE, manifestKey, recordsPrefix } from '../inputs/bronze.js';
import { emptied } from '../inputs/prepared.js';
import { movieEtl, nodeProgram, peer, run, serve } from '../programs.js';
import { NO_PANDAS, pythonProgram, pythonWithPandas } from '../python.js';

const BUCKET = 'bench';
const PUTS_AT_ONCE = 32;
const TARGETS = { ofFloor: 2, mebibytes: 150, mebibytesOfDirectory: 286 };
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_REGION: 'us-east-1' };

export const silver: Case = {
  name: 'silver',
  scales: true,
  notes: [
    `S3 is the emulator of the chain (chain/emulator), in a process of its own; it takes some 60 µs of a core for a GET, which is
less than any client here. Ours is \`movie-etl silver\`. The floor gets and parses the same objects, 64 at once, and makes nothing
of them (bench/peers/objects.mjs).`,
    `The pandas way gets them one after the other (bench/peers/pandas_silver.py): by boto3 where the Python that has pandas
has it too, else by http.client of the standard library, which costs a fraction of it. It makes fewer columns, and checks nothing.`,
    'From a directory, 100,000 objects: at most 300 MB, which is 286 MiB.',
  ],
  why: {
    'silver of 1,000 objects': 'the start of the command, with the AWS SDK, is about as long as the floor.',
    'silver of 10,000 objects':
      'each GET is signed and each record checked, cleaned and written as a row, on one core; the floor does none of that.',
  },
  async *measure(settings) {
    const sizes = settings.quick ? [100, 1_000] : [1_000, 10_000];
    for (const objects of sizes) yield* onEmulator(objects, objects === sizes.at(-1), settings);
    yield* inDirectory(settings.quick ? 2_000 : 100_000, settings);
  },
};

async function* onEmulator(objects: number, isLargest: boolean, settings: Settings): AsyncGenerator<Row> {
  const name = `silver of ${objects.toLocaleString('en-US')} objects`;
  settings.say(`input: ${name}`);
  const bronze = await bronzeOf(objects);
  const python = await pythonWithPandas();
  const server = await serve('emulator.ts');
  try {
    const url = `${server.url}/${BUCKET}`;
    await upload(bronze, url);
    const contenders = contendersOn(server.url);
    if (python) {
      const args = [url, `bronze/${manifestKey}`, `bronze/${recordsPrefix}`, 'pandas/movies.csv'];
      contenders.push({ name: 'pandas', run: () => run(pythonProgram(python, 'pandas_silver.py', args)) });
    }
    const [ours, floor, pandas] = await inTurn(contenders, settings.runs(5), settings);
    const asPeer = (figuresOf: typeof secondsOf | typeof memoryOf): Peer =>
      pandas ? { name: 'pandas', ...figuresOf(pandas) } : { name: 'pandas', absent: NO_PANDAS };
    const target = { atMostTimes: TARGETS.ofFloor };
    const memory = isLargest ? { target: { atMost: TARGETS.mebibytes } } : {};
    yield { name, ours: secondsOf(ours), peer: { name: 'floor', ...secondsOf(floor) }, target };
    yield { name, ours: secondsOf(ours), peer: asPeer(secondsOf) };
    yield {
      name: `${name}, memory`,
      ours: memoryOf(ours),
      peer: { name: 'floor', ...memoryOf(floor) },
      ...memory,
    };
    yield { name: `${name}, memory`, ours: memoryOf(ours), peer: asPeer(memoryOf) };
  } finally {
    await server.close();
  }
}

function contendersOn(url: string): Contender[] {
  let turn = 0;
  const ours = () => {
    const where = ['--bronze', `s3://${BUCKET}/bronze`, '--silver', `s3://${BUCKET}/silver-${turn++}`];
    return run(movieEtl(['silver', '--date', DATE, ...where, '--endpoint-url', url], CREDENTIALS));
  };
  const args = [`${url}/${BUCKET}`, `bronze/${manifestKey}`, `bronze/${recordsPrefix}`];
  return [
    { name: 'movie-etl silver', run: ours },
    { name: 'floor', run: () => run(nodeProgram(peer('objects.mjs'), args)) },
  ];
}

async function* inDirectory(objects: number, settings: Settings): AsyncGenerator<Row> {
  settings.say(`input: ${objects} objects in a directory`);
  const bronze = await bronzeOf(objects);
  let into = '';
  const ours: Contender = {
    name: 'movie-etl silver',
    prepare: async () => {
      into = await emptied('silver');
    },
    run: () => run(movieEtl(['silver', '--date', DATE, '--bronze', bronze, '--silver', into])),
  };
  const [runs] = await inTurn([ours], settings.runs(2), settings);
  const name = `silver of ${objects.toLocaleString('en-US')} objects in a directory`;
  yield { name, ours: secondsOf(runs) };
  yield { name: `${name}, memory`, ours: memoryOf(runs), target: { atMost: TARGETS.mebibytesOfDirectory } };
}

async function upload(folder: string, bucketUrl: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: PUTS_AT_ONCE });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const put = async (path: string) => {
    const body = await readFile(path);
    const url = `${bucketUrl}/bronze/${path.slice(folder.length + 1)}`;
    await new Promise<void>((resolve, reject) => {
      const headers = { 'content-length': body.length, 'content-type': 'application/octet-stream' };
      request(url, { method: 'PUT', agent, headers }, (response) => {
        response.resume().once('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`PUT ${url}: ${response.statusCode}`));
        });
      })
        .once('error', reject)
        .end(body);
    });
  };
  await pMap(files, put, { concurrency: PUTS_AT_ONCE });
  agent.destroy();
}
