import fc from 'fast-check';

/** What can go wrong, each with its probability wherever it can. */
export const faultKinds = [
  'crash',
  'slow call',
  'throttling',
  'timeout',
  'late effect',
  'lost acknowledgement',
  'conflict 409',
  'duplicate delivery',
  'lost delivery',
  'visibility timeout',
  'OMDb 5xx',
  'slow OMDb',
  'poison movie',
  'cold start',
  'duplicate event',
  'late event',
  'another movie list',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Counted too, though not thrown by dice: they follow from the schedule. */
export type Counted = FaultKind | 'quota' | 'precondition 412' | 'dead letter' | 'failed invocation';

export interface RunPlan {
  /** Which of the dates. */
  date: number;
  /** When its first trigger comes, in minutes after the start. */
  minute: number;
  /** Two runs that are scheduled for the same minute have the same id, whatever their date. */
  scheduled: boolean;
  movies: number;
  batchSize: number;
  /** Runs with the same list have the same movies, and so the same silver. */
  list: number;
  /** So often the trigger comes, at least. */
  triggers: number;
  /** All batches but so many were done long before; undefined when the whole run is to be seen. */
  batchesLeft: number | undefined;
}

export interface Scenario {
  /** `functions` are triggered by messages and events, as on AWS; at a `terminal` commands are typed. */
  operation: 'functions' | 'terminal';
  store: 's3' | 'directory';
  queue: 'fifo' | 'standard' | 'directory';
  /** With silver and gold, or bronze alone. */
  layers: boolean;
  runs: RunPlan[];
  workers: number;
  /** Movies that a worker has under way at once. */
  concurrency: number;
  /** Keys on a page of a listing, at most. */
  page: number;
  /** On how many days' quota the movies fit; undefined is without a limit. */
  quotaDays: number | undefined;
  /** Commands that a person types meanwhile. */
  commands: number;
  /** Faults end after so many minutes. */
  calmAfter: number;
  faults: Record<FaultKind, number>;
}

const often = <Value>(weight: number, arbitrary: fc.Arbitrary<Value>) => ({ weight, arbitrary });

const small = fc.record({
  movies: fc.integer({ min: 1, max: 6 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  batchesLeft: fc.constant(undefined),
});
const medium = fc.record({
  movies: fc.integer({ min: 9, max: 40 }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  batchesLeft: fc.constant(undefined),
});
/** More than one group of a thousand batches, of which the end is seen. */
const large = fc.record({
  movies: fc.integer({ min: 995, max: 2500 }),
  batchSize: fc.integer({ min: 1, max: 2 }),
  batchesLeft: fc.integer({ min: 1, max: 5 }),
});

const runPlan = (size: fc.Arbitrary<Pick<RunPlan, 'movies' | 'batchSize' | 'batchesLeft'>>) =>
  fc
    .record({
      date: fc.integer({ min: 0, max: 2 }),
      minute: fc.integer({ min: 0, max: 40 }),
      scheduled: fc.boolean(),
      list: fc.integer({ min: 0, max: 2 }),
      triggers: fc.oneof(often(2, fc.constant(1)), often(1, fc.integer({ min: 2, max: 3 }))),
      size,
    })
    .map(({ size: { movies, batchSize, batchesLeft }, ...plan }) => ({
      ...plan,
      movies,
      batchSize,
      batchesLeft,
    }));

const smallRuns = fc.array(runPlan(fc.oneof(often(24, small), often(1, medium))), {
  minLength: 1,
  maxLength: 3,
});
const largeRuns = fc
  .tuple(runPlan(large), fc.array(runPlan(small), { maxLength: 1 }))
  .map(([first, rest]) => [first, ...rest]);

const rate = (most: number) =>
  fc.oneof(
    often(1, fc.constant(0)),
    often(
      2,
      fc.integer({ min: 1, max: 1000 }).map((share) => (share / 1000) * most),
    ),
  );

const faults: fc.Arbitrary<Record<FaultKind, number>> = fc.record({
  crash: rate(0.02),
  'slow call': rate(0.05),
  throttling: rate(0.05),
  timeout: rate(0.05),
  'late effect': rate(0.05),
  'lost acknowledgement': rate(0.1),
  'conflict 409': rate(0.1),
  'duplicate delivery': rate(0.2),
  'lost delivery': rate(0.05),
  'visibility timeout': rate(0.1),
  'OMDb 5xx': rate(0.2),
  'slow OMDb': rate(0.1),
  'poison movie': rate(0.1),
  'cold start': rate(0.2),
  'duplicate event': rate(0.3),
  'late event': rate(0.3),
  'another movie list': rate(0.5),
});

const scenario = (runs: fc.Arbitrary<RunPlan[]>) =>
  fc.record({
    operation: fc.constantFrom('functions' as const, 'functions' as const, 'terminal' as const),
    store: fc.constantFrom('s3' as const, 's3' as const, 'directory' as const),
    queue: fc.constantFrom('fifo' as const, 'standard' as const, 'directory' as const),
    layers: fc.boolean(),
    runs,
    workers: fc.integer({ min: 1, max: 4 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    page: fc.oneof(often(2, fc.constant(1000)), often(1, fc.integer({ min: 1, max: 5 }))),
    quotaDays: fc.oneof(often(5, fc.constant(undefined)), often(1, fc.integer({ min: 2, max: 3 }))),
    commands: fc.integer({ min: 0, max: 2 }),
    calmAfter: fc.integer({ min: 10, max: 180 }),
    faults,
  });

/** Large runs cost as much as many small ones, and are as many as can be afforded. */
const scenarios = fc.oneof(often(400, scenario(smallRuns)), often(1, scenario(largeRuns)));

/** The scenario of a seed: always the same. */
export function scenarioOf(seed: number): Scenario {
  const [found] = fc.sample(fc.noBias(scenarios), { seed, numRuns: 1 }) as [Scenario];
  return found.runs.some(({ batchesLeft }) => batchesLeft) ? { ...found, page: 1000 } : found;
}
