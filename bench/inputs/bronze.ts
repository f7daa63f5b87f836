import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import type { BronzeRecord, Manifest, Success } from '../../src/index.js';
import { bronzeKeys } from '../../src/keys.js';
import { movieOf } from './movies.js';
import { prepared } from './prepared.js';

export const DATE = '2026-11-23';
const RUN = '20261123T060000Z-bench0';
const AT = '2026-11-23T06:00:00.000Z';
const BATCH_SIZE = 10;
const FILES_AT_ONCE = 32;

export const manifestKey = bronzeKeys.manifest(DATE, RUN);
export const recordsPrefix = bronzeKeys.records(DATE, RUN);

/** A complete run of so many movies, as a bronze layer in a folder. */
export function bronzeOf(count: number): Promise<string> {
  return prepared(`bronze-${count}`, async (folder) => {
    const put = async (key: string, content: unknown) => {
      const text = `${JSON.stringify(content)}\n`;
      await writeFile(join(folder, key), text);
      return createHash('sha256').update(text).digest('hex');
    };
    const ranks = Array.from({ length: count }, (_, index) => index + 1);
    await mkdir(dirname(join(folder, manifestKey)), { recursive: true });
    const manifest: Manifest = {
      version: 1,
      runId: RUN,
      date: DATE,
      topN: count,
      batchSize: BATCH_SIZE,
      batches: Math.ceil(count / BATCH_SIZE),
      movies: ranks.map((rank) => movieOf(rank).item as Manifest['movies'][number]),
      source: 'bench',
      createdAt: AT,
    };
    const sha256 = await put(manifestKey, manifest);
    await pMap(ranks, (rank) => putRecord(put, rank), { concurrency: FILES_AT_ONCE });
    const success: Success = {
      version: 1,
      runId: RUN,
      date: DATE,
      movies: count,
      batches: manifest.batches,
      manifest: { key: manifestKey, sha256 },
      completedAt: AT,
    };
    await put(bronzeKeys.success(DATE), success);
  });
}

async function putRecord(
  put: (key: string, content: unknown) => Promise<string>,
  rank: number,
): Promise<void> {
  const { item, answer } = movieOf(rank);
  const record: BronzeRecord = {
    version: 1,
    runId: RUN,
    date: DATE,
    movie: item as BronzeRecord['movie'],
    omdb: answer,
    status: 'enriched',
    error: null,
    fetchedAt: AT,
  };
  await put(bronzeKeys.record(DATE, RUN, item.id ?? ''), record);
}
