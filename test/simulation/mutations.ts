import type { Patch } from './bundle.js';

/** Our code with one of its rules left out. */
export interface Mutation {
  name: string;
  patches: readonly Patch[];
  /** The smallest seed whose schedule notices; `npm run simulate -- --mutation NAME` finds it anew. */
  seed: number;
}

const patch = (file: string, from: string, to: string): Patch => ({ file, from, to });

const BATCH = 'src/stages/enrich/batch.ts';
const COMPLETION = 'src/stages/enrich/completion.ts';
const DATE = 'src/stages/enrich/date.ts';
const EXTRACT = 'src/stages/extract.ts';
const SILVER = 'src/stages/silver.ts';
const GOLD = 'src/stages/gold.ts';
const S3_PUT = 'src/stores/s3-put.ts';

const PUT_MARKER = `  await services.bronze.put(bronzeKeys.done(run.date, run.id, batch), encodeJson(marker), { ifAbsent: true });
  return completeGroup(run, groupOf(batch), services);`;
const PUBLISH = `    const condition = unchangedSince(current);
    const outcome = await bronze.put(bronzeKeys.success(run.date), encodeJson(success), condition);
    if (outcome === 'written') return true;`;

export const mutations: readonly Mutation[] = [
  {
    name: 'the marker before the records',
    patches: [
      patch(
        BATCH,
        '    const summary = await enrichMovies(message, services);',
        `    await completeBatch(run, batch, services);
    const summary = await enrichMovies(message, services);`,
      ),
    ],
    seed: 1,
  },
  {
    name: 'a record is not looked for',
    patches: [patch(BATCH, "if (await bronze.head(key)) return 'standing';", '')],
    seed: 1,
  },
  {
    name: 'a record is put unconditionally',
    patches: [
      patch(
        BATCH,
        'await bronze.put(key, encodeJson(record), { ifAbsent: true });',
        'await bronze.put(key, encodeJson(record));',
      ),
    ],
    seed: 2,
  },
  {
    name: 'the listing before the marker',
    patches: [
      patch(
        COMPLETION,
        PUT_MARKER,
        `  const published = await completeGroup(run, groupOf(batch), services);
  await services.bronze.put(bronzeKeys.done(run.date, run.id, batch), encodeJson(marker), { ifAbsent: true });
  return published;`,
      ),
    ],
    seed: 1,
  },
  {
    name: 'no listing when the marker stood',
    patches: [
      patch(
        COMPLETION,
        PUT_MARKER,
        `  const put = await services.bronze.put(bronzeKeys.done(run.date, run.id, batch), encodeJson(marker), { ifAbsent: true });
  return put === 'written' && completeGroup(run, groupOf(batch), services);`,
      ),
    ],
    seed: 19,
  },
  {
    name: 'the last group is taken as a full one',
    patches: [
      patch(
        COMPLETION,
        'Math.min(BATCHES_PER_GROUP, run.batches - group * BATCHES_PER_GROUP)',
        'BATCHES_PER_GROUP',
      ),
    ],
    seed: 1,
  },
  {
    name: 'one full group is enough',
    patches: [patch(COMPLETION, 'if (full < groupsOf(run)) return;', 'if (full < 1) return;')],
    seed: 1270,
  },
  {
    name: '_SUCCESS is put unconditionally',
    patches: [
      patch(COMPLETION, 'encodeJson(success), condition);', 'encodeJson(success));'),
      patch(COMPLETION, '    const condition = unchangedSince(current);\n', ''),
    ],
    seed: 33,
  },
  {
    name: '_SUCCESS is put only if absent',
    patches: [
      patch(
        COMPLETION,
        'const condition = unchangedSince(current);',
        'const condition = { ifAbsent: true } as const;',
      ),
    ],
    seed: 1,
  },
  {
    name: '_SUCCESS is put without looking again after a conflict',
    patches: [
      patch(
        COMPLETION,
        PUBLISH,
        PUBLISH.replace("if (outcome === 'written') return true;", "return outcome === 'written';"),
      ),
    ],
    seed: 775,
  },
  {
    name: '_SUCCESS of a newer run is not left alone',
    patches: [patch(COMPLETION, 'current.success.runId >= run.id', 'current.success.runId === run.id')],
    seed: 11,
  },
  {
    name: 'the manifest is overwritten',
    patches: [
      patch(
        EXTRACT,
        'const standing = (await readManifest(bronze, date, runId))?.manifest;',
        'const standing = undefined as Manifest | undefined;',
      ),
      patch(
        EXTRACT,
        'bronze.put(bronzeKeys.manifest(date, runId), encodeJson(manifest), {\n    ifAbsent: true,\n  });',
        'bronze.put(bronzeKeys.manifest(date, runId), encodeJson(manifest));',
      ),
    ],
    seed: 1,
  },
  {
    name: 'a retried trigger uses its own list',
    patches: [
      patch(
        EXTRACT,
        'const standing = (await readManifest(bronze, date, runId))?.manifest;',
        'const standing = undefined as Manifest | undefined;',
      ),
      patch(EXTRACT, 'return { manifest: standing.manifest, rejected', 'return { manifest, rejected'),
    ],
    seed: 2,
  },
  {
    name: 'the batch size comes from a flag',
    patches: [
      patch(
        DATE,
        'const { manifest } = await manifestOf(bronze, date, runId ?? (await newestOf(services, date)));',
        `const { manifest: standing } = await manifestOf(bronze, date, runId ?? (await newestOf(services, date)));
  const manifest = { ...standing, batchSize: 3, batches: Math.ceil(standing.movies.length / 3) };`,
      ),
    ],
    seed: 13,
  },
  {
    name: 'the deduplication id is without the date',
    patches: [
      patch(
        'src/records/message.ts',
        'export function deduplicationId(message: Message): string {',
        'export function deduplicationId({ run, batch }: Message): string {\n  if (run.id) return [run.id, batch].join();\n  const message = { run, batch };',
      ),
    ],
    seed: 313,
  },
  {
    name: '409 is taken as a conflict',
    patches: [
      patch(
        S3_PUT,
        'if (!isRefused(error) && !isUploadGone(error)) throw error;',
        "if (isBusy(error)) return 'conflict';\n    if (!isRefused(error) && !isUploadGone(error)) throw error;",
      ),
      patch(S3_PUT, 'shouldRetry: ({ error }) => isBusy(error)', 'shouldRetry: () => false'),
    ],
    seed: 2,
  },
  {
    name: '412 after a lost acknowledgement is taken as a conflict',
    patches: [patch(S3_PUT, "if (await stands(client, place, token)) return 'written';", '')],
    seed: 3,
  },
  {
    name: 'silver is put unconditionally',
    patches: [
      patch(SILVER, 'store.put(keys.movies, csv, unchangedSince(movies))', 'store.put(keys.movies, csv)'),
      patch(
        SILVER,
        'store.put(keys.quarantine, quality.quarantine(), unchangedSince(quarantine))',
        'store.put(keys.quarantine, quality.quarantine())',
      ),
      patch(
        SILVER,
        'store.put(keys.lineage, encodeJson(made), unchangedSince(lineage))',
        'store.put(keys.lineage, encodeJson(made))',
      ),
    ],
    seed: 724,
  },
  {
    name: 'silver reads its etags after its input',
    patches: [
      patch(
        SILVER,
        '  const [movies, quarantine, lineage] = await Promise.all([',
        '  const run = await completeRun(bronze, date);\n  const [movies, quarantine, lineage] = await Promise.all([',
      ),
      patch(SILVER, '  ]);\n  const run = await completeRun(bronze, date);', '  ]);'),
    ],
    seed: 431,
  },
  {
    name: 'gold is put unconditionally',
    patches: [patch(GOLD, 'store.put(key, body, unchangedSince(etags.get(key)))', 'store.put(key, body)')],
    seed: 415,
  },
  {
    name: 'gold of the next date is not built again',
    patches: [
      patch(
        GOLD,
        'if (next === undefined || !(await isBuiltAgainstAnother(next, summary, services.gold))) return summary;',
        'if (summary) return summary;',
      ),
    ],
    seed: 16,
  },
  {
    name: 'gold does not look again at what it is made of',
    patches: [
      patch(GOLD, '  if (!isDeepStrictEqual(await inputsOf(date, silver), inputs)) return undefined;\n', ''),
    ],
    seed: 3370,
  },
  {
    name: 'gold looks again only at the silver before',
    patches: [
      patch(
        GOLD,
        'const dates = previousDate === undefined ? [date] : [date, previousDate];',
        'const dates = previousDate === undefined ? [] : [previousDate];',
      ),
    ],
    seed: 4775,
  },
  {
    name: 'temporary files are listed',
    patches: [patch('test/simulation/directory.ts', '        hidden: isTemporary,\n', '')],
    seed: 377,
  },
];
