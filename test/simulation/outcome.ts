import { bronzeKeys } from '../../src/keys.js';
import { silentLog } from '../../src/log.js';
import { readSilverLineage } from '../../src/records/lineage.js';
import type { PartitionDate } from '../../src/records/run.js';
import { newestRun, readManifest, readSuccess } from '../../src/records/runs.js';
import { gold } from '../../src/stages/gold.js';
import { silver } from '../../src/stages/silver.js';
import { Bucket } from './bucket.js';
import { plainLayer } from './plain.js';
import type { Run } from './runs.js';
import type { World } from './world.js';

/** Checks what has to hold when everything has come to rest. */
export async function checkOutcome(world: World, runs: readonly Run[]): Promise<void> {
  const { bucket, messages, promises, scenario } = world;
  const bronze = plainLayer(bucket, 'bronze');
  if (!messages.isEmpty || messages.dead.length > 0) {
    promises.break('no run is stuck', `${messages.standing.length + messages.dead.length} messages are left`);
  }
  for (const { date, id } of runs) {
    const manifest = (await readManifest(bronze, date, id))?.manifest;
    if (!manifest) {
      promises.break('no run is stuck', `run ${id} of ${date} was never begun`);
      continue;
    }
    for (let batch = 0; batch < manifest.batches; batch++) {
      if (bucket.objects.has(`bronze/${bronzeKeys.done(date, id, batch)}`)) continue;
      promises.break('no run is stuck', `batch ${batch} of run ${id} of ${date} is not done`);
      break;
    }
  }
  const dates = [...new Set(runs.map(({ date }) => date))].sort();
  for (const date of dates) {
    const newest = await newestRun(bronze, date);
    const published = (await readSuccess(bronze, date))?.success.runId;
    if (published !== newest) {
      promises.break('no run is stuck', `run ${newest} of ${date} is not published, but ${published}`);
    }
  }
  if (scenario.layers && !promises.broken) await checkLayers(world, dates);
}

/** Silver and gold are those that undisturbed stages make of the published runs, byte by byte. */
async function checkLayers(world: World, dates: readonly PartitionDate[]): Promise<void> {
  const { bucket, promises } = world;
  const undisturbed = new Bucket();
  const services = {
    bronze: plainLayer(bucket, 'bronze'),
    silver: plainLayer(undisturbed, 'silver'),
    gold: plainLayer(undisturbed, 'gold'),
    log: silentLog,
  };
  for (const date of dates) {
    const { rows, quarantined } = await silver(date, services);
    const newest = await newestRun(services.bronze, date);
    const movies = newest && (await readManifest(services.bronze, date, newest))?.manifest.movies.length;
    if (rows + quarantined !== movies) {
      promises.break(
        'manifest = rows + quarantined',
        `${movies} movies, ${rows} rows, ${quarantined} quarantined`,
      );
    }
    if ((await readSilverLineage(plainLayer(bucket, 'silver'), date))?.runId !== newest) {
      promises.break('silver is that of the newest run', `its lineage of ${date} names another`);
    }
  }
  for (const date of dates) await gold(date, services);
  for (const [key, { body }] of undisturbed.objects) {
    const standing = bucket.objects.get(key)?.body;
    if (standing?.equals(body)) continue;
    const layer = key.startsWith('silver/') ? 'silver' : 'gold';
    promises.break(`${layer} is that of the newest run`, `${key} is ${standing ? 'another' : 'missing'}`);
  }
}
