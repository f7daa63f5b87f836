import t from 'tap';
import { DecodeError } from '../../src/errors.js';
import { encodeJson } from '../../src/records/decode.js';
import { sha256 } from '../../src/records/digest.js';
import { readGoldLineage, readSilverLineage } from '../../src/records/lineage.js';
import {
  datesBetween,
  isPartitionDate,
  newRunId,
  PartitionDate,
  partitionDate,
  RunId,
  scheduledRunId,
} from '../../src/records/run.js';
import { newestRun, readManifest, readSuccess } from '../../src/records/runs.js';
import { decodeTrigger } from '../../src/records/trigger.js';
import { openStore } from '../../src/stores/open.js';
import { refusal } from '../support/refusal.js';

t.test('a date is a day of the calendar, YYYY-MM-DD', async (t) => {
  const days = [
    '2026-11-23',
    '2026-01-01',
    '2026-12-31',
    '2024-02-29',
    '2000-02-29',
    '2400-02-29',
    '1970-01-01',
    '1894-03-05',
    '9999-12-31',
  ];
  for (const day of days) {
    t.equal(isPartitionDate(day), true, day);
    t.equal(PartitionDate.safeParse(day).success, true, `${day} in a record`);
  }
  const noDays = [
    '2026-02-30',
    '2026-02-29',
    '1900-02-29',
    '2100-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-01-32',
    '',
    'today',
    '2026-1-1',
    '20261123',
    '2026/11/23',
    '23-11-2026',
    '2026-11-23 ',
    ' 2026-11-23',
    '2026-11-23\n',
    '2026-11-23T00:00:00Z',
    '+02026-11-23',
    '-2026-11-23',
    '２０２６-11-23',
    '2026-11-23/..',
  ];
  for (const text of noDays) {
    t.equal(isPartitionDate(text), false, JSON.stringify(text));
    t.equal(PartitionDate.safeParse(text).success, false, `${JSON.stringify(text)} in a record`);
  }
  t.equal(PartitionDate.safeParse(20261123).success, false);
});

t.test('a moment falls into the day that it is in UTC', async (t) => {
  const moments: [string, string][] = [
    ['2026-11-23T00:00:00.000Z', '2026-11-23'],
    ['2026-11-23T23:59:59.999Z', '2026-11-23'],
    ['2026-11-23T23:30:00-01:00', '2026-11-24'],
    ['2026-11-23T00:30:00+01:00', '2026-11-22'],
    ['2024-02-29T12:00:00Z', '2024-02-29'],
  ];
  for (const [moment, day] of moments) t.equal(partitionDate(new Date(moment)), day, moment);
});

t.test('a range has both of its ends and every day between, oldest first', async (t) => {
  const ranges: [string, string, string[]][] = [
    ['2026-11-23', '2026-11-23', ['2026-11-23']],
    ['2026-11-29', '2026-12-02', ['2026-11-29', '2026-11-30', '2026-12-01', '2026-12-02']],
    ['2026-12-30', '2027-01-01', ['2026-12-30', '2026-12-31', '2027-01-01']],
    ['2026-02-27', '2026-03-01', ['2026-02-27', '2026-02-28', '2026-03-01']],
    ['2024-02-27', '2024-03-01', ['2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01']],
    ['2000-02-28', '2000-03-01', ['2000-02-28', '2000-02-29', '2000-03-01']],
    ['1900-02-28', '1900-03-01', ['1900-02-28', '1900-03-01']],
    ['2026-11-24', '2026-11-23', []],
    ['9999-12-30', '9999-12-31', ['9999-12-30', '9999-12-31']],
  ];
  for (const [first, last, dates] of ranges)
    t.strictSame(datesBetween(first, last), dates, `${first} to ${last}`);
  const decade = datesBetween('2020-01-01', '2029-12-31');
  t.equal(decade.length, 3653);
  t.equal(new Set(decade).size, 3653);
  t.ok(decade.every(isPartitionDate));
});

t.test('a range has the same days wherever the clock changes', async (t) => {
  const zone = process.env.TZ;
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  for (const name of ['America/Sao_Paulo', 'Europe/Berlin', 'Pacific/Apia', 'UTC']) {
    process.env.TZ = name;
    t.equal(
      datesBetween('2011-12-28', '2012-01-02').join(' '),
      '2011-12-28 2011-12-29 2011-12-30 2011-12-31 2012-01-01 2012-01-02',
      name,
    );
    t.equal(datesBetween('2018-11-03', '2018-11-05').join(' '), '2018-11-03 2018-11-04 2018-11-05', name);
    t.equal(scheduledRunId(new Date('2026-11-23T03:00:00Z')), '20261123T030000Z', name);
  }
});

t.test('a scheduled run is named by its scheduled time, so a retried trigger is the same run', async (t) => {
  t.equal(scheduledRunId(new Date('2026-11-23T03:00:00Z')), '20261123T030000Z');
  t.equal(scheduledRunId(new Date('2026-11-23T03:00:00.000Z')), '20261123T030000Z');
  t.equal(scheduledRunId(new Date('2026-11-23T04:00:00.999+01:00')), '20261123T030000Z');
  t.equal(scheduledRunId(new Date('2026-01-02T03:04:05.678Z')), '20260102T030405Z');
});

t.test('a run started by hand has a suffix', async (t) => {
  const start = new Date('2026-11-23T10:15:12.345Z');
  t.equal(newRunId(start, 0), '20261123T101512Z-9l0000');
  t.equal(newRunId(start, 0.5), '20261123T101512Z-9li000');
  t.equal(newRunId(start, 1 - Number.EPSILON), '20261123T101512Z-9lzzzz');
  t.equal(newRunId(new Date('2026-11-23T10:15:12.000Z'), 0), '20261123T101512Z-000000');
  t.equal(newRunId(new Date('2026-11-23T10:15:12.999Z'), 0), '20261123T101512Z-rr0000');
  for (const random of [0, 1e-9, 0.123456, 0.5, 0.999999, 1 - Number.EPSILON])
    t.equal(RunId.safeParse(newRunId(start, random)).success, true, `a random number of ${random}`);
});

t.test('run ids sort by start, also within one second and whatever the random part', async (t) => {
  const starts = [
    '2026-11-22T23:59:59.999Z',
    '2026-11-23T00:00:00.000Z',
    '2026-11-23T10:15:12.000Z',
    '2026-11-23T10:15:12.001Z',
    '2026-11-23T10:15:12.035Z',
    '2026-11-23T10:15:12.036Z',
    '2026-11-23T10:15:12.099Z',
    '2026-11-23T10:15:12.100Z',
    '2026-11-23T10:15:12.999Z',
    '2026-11-23T10:15:13.000Z',
    '2027-01-01T00:00:00.000Z',
  ].map((start) => new Date(start));
  const earlierRunsHaveTheHighestNumbers = starts.map((start, index) =>
    newRunId(start, 1 - (index + 1) / 100),
  );
  t.strictSame([...earlierRunsHaveTheHighestNumbers].sort(), earlierRunsHaveTheHighestNumbers);
  const everyMillisecond = Array.from({ length: 1000 }, (_, millisecond) =>
    newRunId(new Date(Date.UTC(2026, 10, 23, 10, 15, 12, millisecond)), millisecond % 2 === 0 ? 0.999999 : 0),
  );
  t.strictSame([...everyMillisecond].sort(), everyMillisecond);
});

t.test('a scheduled run sorts before one that was started by hand within its second', async (t) => {
  const scheduled = scheduledRunId(new Date('2026-11-23T03:00:00Z'));
  t.ok(scheduled < newRunId(new Date('2026-11-23T03:00:00.000Z'), 0));
  t.ok(scheduled > newRunId(new Date('2026-11-23T02:59:59.999Z'), 0.999999));
});

t.test('a run id is a name that fits into a key', async (t) => {
  const ids = [
    '20261123T030000Z',
    '20261123T101512Z-k3f9qz',
    `20261123T101512Z-${'a'.repeat(40)}`,
    '20261123T101512Z-7',
  ];
  for (const id of ids) t.equal(RunId.safeParse(id).success, true, id);
  const noIds = [
    '',
    '20261123',
    '20261123T0300Z',
    '20261123T030000',
    '2026-11-23T03:00:00Z',
    '20261123T030000Z-',
    '20261123T030000Z-K3F9QZ',
    '20261123T030000Z-a-b',
    '20261123T030000Z-a/b',
    '20261123T030000Z-..',
    '20261123T030000Z/',
    '20261123T030000Z\n',
    ' 20261123T030000Z',
    '../20261123T030000Z',
    `20261123T101512Z-${'a'.repeat(41)}`,
  ];
  for (const id of noIds) t.equal(RunId.safeParse(id).success, false, JSON.stringify(id));
});

t.test(
  'the newest run of a date is the one that was started last, not the one that is listed last',
  async (t) => {
    const bronze = await openStore(t.testdir());
    t.equal(await newestRun(bronze, '2026-11-23'), undefined, 'a date without a run');
    await bronze.put('dt=2026-11-23/run=20261123T030000Z/_manifest.json', '{}');
    t.equal(await newestRun(bronze, '2026-11-23'), '20261123T030000Z');
    await bronze.put('dt=2026-11-23/run=20261123T030000Z-k3f9qz/_manifest.json', '{}');
    t.equal(
      await newestRun(bronze, '2026-11-23'),
      '20261123T030000Z-k3f9qz',
      'which is listed before the other',
    );
    await bronze.put('dt=2026-11-23/run=20261123T020000Z/_manifest.json', '{}');
    await bronze.put('dt=2026-11-23/run=unknown/_manifest.json', '{}');
    await bronze.put('dt=2026-11-23/_SUCCESS', '{}');
    await bronze.put('dt=2026-11-24/run=20261124T030000Z/_manifest.json', '{}');
    t.equal(await newestRun(bronze, '2026-11-23'), '20261123T030000Z-k3f9qz');
  },
);

t.test(
  'a manifest and a _SUCCESS are read with what names their content, and a broken one is an error',
  async (t) => {
    const bronze = await openStore(t.testdir());
    const run = '20261123T030000Z';
    const key = `dt=2026-11-23/run=${run}/_manifest.json`;
    const manifest = {
      version: 1,
      runId: run,
      date: '2026-11-23',
      topN: 1,
      batchSize: 1,
      batches: 1,
      movies: [{ id: 'tt0111161', rank: 1 }],
      source: 'list',
      createdAt: '2026-11-23T03:00:00.000Z',
    };
    const reference = { key, sha256: sha256(encodeJson(manifest)) };
    const success = {
      version: 1,
      runId: run,
      date: '2026-11-23',
      movies: 1,
      batches: 1,
      manifest: reference,
      completedAt: '2026-11-23T03:05:00.000Z',
    };
    t.equal(await readManifest(bronze, '2026-11-23', run), undefined);
    t.equal(await readSuccess(bronze, '2026-11-23'), undefined);
    await bronze.put(key, encodeJson(manifest));
    await bronze.put('dt=2026-11-23/_SUCCESS', encodeJson(success));
    t.strictSame(await readManifest(bronze, '2026-11-23', run), { manifest, reference });
    const found = await readSuccess(bronze, '2026-11-23');
    t.strictSame(found?.success, success);
    t.equal(found?.etag, (await bronze.head('dt=2026-11-23/_SUCCESS'))?.etag);
    await bronze.put('dt=2026-11-24/_SUCCESS', encodeJson(success));
    await t.rejects(
      readSuccess(bronze, '2026-11-24'),
      new DecodeError('marker dt=2026-11-24/_SUCCESS is of 2026-11-23', {
        hint: 'delete it, and put it again with: movie-etl enrich --date 2026-11-24',
      }),
    );
    await bronze.put(key, '{"version":1');
    await bronze.put('dt=2026-11-23/_SUCCESS', '');
    await t.rejects(
      readManifest(bronze, '2026-11-23', run),
      new DecodeError(`manifest ${key} is not JSON (it begins with "{\\"version\\":1")`, {
        hint: 'start a new run with: movie-etl run-all --date 2026-11-23 --reprocess all',
      }),
    );
    await t.rejects(
      readSuccess(bronze, '2026-11-23'),
      new DecodeError('marker dt=2026-11-23/_SUCCESS is empty', {
        hint: 'delete it, and put it again with: movie-etl enrich --date 2026-11-23',
      }),
    );
  },
);

t.test('a sha256 is of the bytes in UTF-8, in lower-case hex', async (t) => {
  t.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  t.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  t.equal(sha256('é'), sha256(Buffer.from([0xc3, 0xa9])));
});

t.test('a lineage that names objects of another place vouches for nothing', async (t) => {
  const store = await openStore(t.testdir());
  const date = '2026-11-23';
  const at = (key: string) => ({ key, sha256: sha256('') });
  const silver = (key: string) => ({
    version: 1,
    runId: '20261123T030000Z',
    bronze: at('m'),
    silver: { ...at(key), rows: 1, quarantined: 0 },
    statuses: { enriched: 1, not_found: 0, failed: 0 },
    nulls: {},
  });
  const gold = (key: string) => ({
    version: 1,
    silver: { ...at('s'), rows: 1 },
    previous: null,
    datasets: { summary: { ...at(key), rows: 1 } },
  });
  const found = async (lineage: unknown) => {
    await store.put(`_lineage/dt=${date}.json`, encodeJson(lineage));
    return [await readSilverLineage(store, date), await readGoldLineage(store, date)];
  };
  t.match(await found(silver(`movies/dt=${date}/movies.csv`)), [{ runId: '20261123T030000Z' }, undefined]);
  t.match(await found(gold(`summary/dt=${date}/summary.csv`)), [undefined, { previous: null }]);
  for (const key of [
    '../../etc/passwd',
    'movies/dt=2026-11-24/movies.csv',
    'summary/dt=2026-11-24/summary.csv',
  ]) {
    t.same(await found(silver(key)), [undefined, undefined], key);
    t.same(await found(gold(key)), [undefined, undefined], key);
  }
});

t.test('a moment that its offset carries out of the calendar is refused', async (t) => {
  const asked = (scheduled_time: string) =>
    refusal(() => decodeTrigger({ scheduled_time }, 'request', new Date(0)));
  t.equal(asked('0000-01-01T00:00:00Z'), 'accepted');
  t.equal(asked('9999-12-31T23:59:59Z'), 'accepted');
  for (const moment of ['0000-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01'])
    t.equal(asked(moment), 'event: scheduled_time: is out of the calendar', moment);
  t.match(asked('2026-02-30T00:00:00Z'), /scheduled_time: is no time/);
});
