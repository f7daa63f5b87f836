import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type CliResult, cli } from './support/cli.js';
import type { CliJob } from './support/cli-worker.js';
import { type Attempt, type CommandName, DATES, KillWorld, type WorldOptions } from './support/kill-world.js';
import type { Moment, Victim } from './support/kills.js';
import { startOmdb } from './support/omdb-server.js';
import { startWorker } from './support/processes.js';

/**
 * How many processes are killed at least, and what the random choices start from: the same in every run, though not at
 * the same moments. Another seed makes other campaigns.
 */
const KILLS = Number(process.env.MOVIE_ETL_KILLS ?? 200);
const SEED = Number(process.env.MOVIE_ETL_KILL_SEED ?? 1_260_573_960);
const KILLS_PER_CAMPAIGN = 16;
/** Of one command, before the work is finished. */
const KILLS_IN_A_ROW = 4;

/** From 0 up to, not including, 1. */
const share = fc.nat(9999).map((value) => value / 10_000);
const attempt = fc.record({
  command: share,
  date: fc.constantFrom(...Object.keys(DATES)),
  kind: fc.constantFrom<'operation' | 'request' | 'time'>(
    'operation',
    'operation',
    'operation',
    'request',
    'time',
  ),
  when: share,
});
const campaign = fc.record({
  /** How far the work is when the campaign begins. */
  base: fc.constantFrom('nothing', 'after extract', 'after enrich', 'after silver', 'after gold'),
  steps: fc.array(
    fc.record({ first: attempt, second: attempt, together: fc.nat(5), bothKilled: fc.boolean() }),
    { minLength: KILLS_PER_CAMPAIGN * 2, maxLength: KILLS_PER_CAMPAIGN * 2 },
  ),
  finish: fc.constantFrom<'run-all' | 'stages'>('run-all', 'run-all', 'stages'),
});
type Step = ReturnType<typeof campaignOf>['steps'][number];
type Choice = Step['first'];

function campaignOf(nth: number) {
  const [chosen] = fc.sample(fc.noBias(campaign), { seed: SEED + nth, numRuns: 1 });
  if (!chosen) throw new Error('one was asked for');
  return chosen;
}

t.setTimeout(KILLS * 5_000);
const server = await startOmdb();
t.teardown(server.close);
const home = t.testdir();

/** What the commands do when nobody kills them, so that a moment can be chosen in it. */
const usual = new Map<CommandName, { operations: number; workMs: number }>();
const isCalling = (command: CommandName) => /^(enrich|run-all)/.test(command);

function remember(command: CommandName, { killed, operations, workMs }: Victim): void {
  if (!killed && operations > 0) usual.set(command, { operations, workMs });
}

function momentOf(command: CommandName, { kind, when }: Choice): Moment {
  const { operations, workMs } = usual.get(command) ?? { operations: 60, workMs: 100 };
  if (kind === 'time') return { kind, ms: Math.floor(when * workMs) };
  if (kind === 'request' && isCalling(command)) return { kind, nth: 1 + Math.floor(when * 12) };
  return { kind: 'operation', nth: 1 + Math.floor(when * operations) };
}

/** The state after each stage of both dates, undisturbed: where others begin; the last is what all come to. */
const baseOf = (name: string) => join(home, 'bases', name);
const undisturbed = await KillWorld.open({
  cwd: join(home, 'undisturbed'),
  server,
  expected: new Map(),
  finisher: cli,
});
for (const command of ['extract', 'enrich', 'silver', 'gold'] as const) {
  for (const date of Object.keys(DATES)) {
    const [victim] = await undisturbed.attempt({ command, date, moment: { kind: 'never' } });
    if (victim?.code !== 0) throw new Error(`${command} ${date}: ${victim?.stderr}`);
    remember(command, victim);
  }
  await undisturbed.copyTo(baseOf(`after ${command}`));
}
const expected = undisturbed.now.refined;

t.test('an undisturbed run makes all that is compared below', async (t) => {
  t.same(undisturbed.now.faults, []);
  const paths = [...expected.keys()];
  t.equal(paths.filter((path) => path.startsWith('silver/')).length, 2 * 2, 'CSV and quarantine');
  t.equal(paths.filter((path) => path.startsWith('gold/')).length, 2 * 14, 'thirteen datasets and lineage');
});

const kills = new Map<string, number>();
const left = { 'temporary files': 0, 'held messages': 0, 'a held lock': 0 };
let started = 0;
const killedSoFar = () => [...kills.values()].reduce((sum, count) => sum + count, 0);

/** Counts a moment after which nobody is at work. */
function count(world: KillWorld, attempts: readonly Attempt[], victims: readonly Victim[]): void {
  started += victims.length;
  for (const [index, victim] of victims.entries()) {
    const command = attempts[index]?.command ?? '';
    if (victim.killed) kills.set(command, (kills.get(command) ?? 0) + 1);
    else remember(command as CommandName, victim);
  }
  const { temporary, held, locksHeld } = world.now;
  if (temporary.length > 0) left['temporary files']++;
  if (held > 0) left['held messages']++;
  if (locksHeld.length > 0) left['a held lock']++;
}

/** After the work was finished: the bytes of an undisturbed run, and nothing else. */
async function isAsUndisturbed(t: Test, world: KillWorld, diagnostics: object): Promise<void> {
  t.same(world.now.temporary, [], 'no temporary file is left', diagnostics);
  await world.drain();
  const { refined, messages, locksLeft } = world.now;
  t.same(
    Object.fromEntries(refined),
    Object.fromEntries(expected),
    'the bytes are those of an undisturbed run',
    diagnostics,
  );
  t.same(
    { faults: world.faults, messages: [...messages], locksLeft },
    NOTHING_LEFT,
    'nothing is lost',
    diagnostics,
  );
}
const NOTHING_LEFT = { faults: [], messages: [], locksLeft: [] };

/** Each command, from where it has all its work to do, or does it again. */
const [first, second] = Object.keys(DATES) as [string, string];
const singles: { command: CommandName; date: string; base?: string; finish?: string[] }[] = [
  { command: 'extract', date: first },
  { command: 'extract', date: first, base: 'after extract' },
  { command: 'extract --run', date: first, base: 'after extract' },
  { command: 'enrich', date: first, base: 'after extract' },
  { command: 'enrich, refused', date: first, base: 'after extract' },
  { command: 'enrich --date', date: first, base: 'after extract' },
  { command: 'redrive', date: first, base: 'after extract' },
  { command: 'silver', date: first, base: 'after enrich' },
  { command: 'silver', date: first, base: 'after silver' },
  { command: 'gold', date: first, base: 'after silver' },
  { command: 'gold', date: first, base: 'after gold' },
  { command: 'run-all', date: first },
  { command: 'run-all', date: first, base: 'the second date alone', finish: [first] },
  { command: 'run-all --reprocess all', date: second, base: 'after gold' },
];

t.test('a command that is killed at any change of a file', async (t) => {
  const worker = startWorker<CliJob>(t, new URL('./support/cli-worker.ts', import.meta.url));
  const finisher: WorldOptions['finisher'] = async (args, options) =>
    (await worker.ask({ args, ...options })) as CliResult;
  const open = (base?: string) =>
    KillWorld.open({ cwd: join(home, 'single'), server, expected, finisher, base: base && baseOf(base) });
  const alone = await open();
  await alone.finish('run-all', [second]);
  await alone.copyTo(baseOf('the second date alone'));

  for (const [index, { command, date, base, finish }] of singles.entries()) {
    const name = `${command}${base ? ` ${base}` : ''}`;
    await t.test(name, async (t) => {
      const kill = async (world: KillWorld, moment: Moment) => {
        if (command === 'redrive') await world.bury();
        const victims = await world.attempt({ command, date, moment });
        count(world, [{ command, date, moment }], victims);
        return victims[0]?.operations ?? 0;
      };
      const operations = await kill(await open(base), { kind: 'never' });
      const nths = spread(operations, Math.ceil(KILLS / 2 / singles.length), index);
      const replay = `MOVIE_ETL_KILL_SEED=${SEED} MOVIE_ETL_KILLS=${KILLS}`;
      while (nths.length > 0) {
        const world = await open(base);
        // In a row: each goes on with what the one before has left.
        const row = nths.splice(0, KILLS_IN_A_ROW);
        for (const nth of row) {
          await kill(world, { kind: 'operation', nth });
          t.same(world.faults, [], `before change ${nth} of ${operations}: nothing is lost`, { row, replay });
        }
        await world.finish('run-all', finish);
        await isAsUndisturbed(t, world, { row, replay });
      }
    });
  }
});

/** Out of so many operations, a few: one at random out of each stretch, or each one if few are all. */
function spread(operations: number, few: number, nth: number): number[] {
  if (few >= operations) return Array.from({ length: operations }, (_, index) => index + 1);
  const [shares = []] = fc.sample(fc.noBias(fc.array(share, { minLength: few, maxLength: few })), {
    seed: SEED + nth,
    numRuns: 1,
  });
  return shares.map((value, index) => 1 + Math.floor(((index + value) * operations) / few));
}

t.test('campaigns of commands that are killed at random moments', async (t) => {
  for (let nth = 0; nth === 0 || killedSoFar() < KILLS; nth++) {
    const replay = `MOVIE_ETL_KILL_SEED=${SEED + nth} MOVIE_ETL_KILLS=1 (about: the timing is not replayed)`;
    await t.test(`campaign ${nth + 1} ends as if nothing had happened`, (t) => runCampaign(t, nth, replay));
  }
});

async function runCampaign(t: Test, nth: number, replay: string): Promise<void> {
  const { base, steps, finish } = campaignOf(nth);
  const cwd = join(home, 'campaign');
  const world = await KillWorld.open({
    cwd,
    server,
    expected,
    finisher: cli,
    base: base === 'nothing' ? undefined : baseOf(base),
  });
  const story: string[] = [];
  let killed = 0;
  for (const step of steps) {
    if (killed >= KILLS_PER_CAMPAIGN) break;
    const attempts = attemptsOf(world, step);
    if (attempts.some(({ command }) => command === 'redrive')) await world.bury();
    const victims = await world.attempt(...attempts);
    count(world, attempts, victims);
    killed += victims.filter((victim) => victim.killed).length;
    const told = attempts.map(({ command, date, moment }, index) => {
      const { signal, code } = victims[index] ?? {};
      return `${command} ${date} ${JSON.stringify(moment)}: ${signal ?? code}`;
    });
    story.push(told.join(', with '));
    const holds = t.same(world.faults, [], `${story.at(-1)}: nothing is half-written or lost`, {
      story,
      replay,
    });
    if (!holds) return;
  }
  await world.finish(finish);
  await isAsUndisturbed(t, world, { story, replay });
}

/** One command, or two at the same time. */
function attemptsOf(world: KillWorld, { first, second, together, bothKilled }: Step): Attempt[] {
  const choices = together === 0 ? [first, second] : [first];
  return choices.map((choice, index) => {
    const names = world.applicable(choice.date);
    const command = names[Math.floor(choice.command * names.length)] ?? 'run-all';
    const moment: Moment = index === 0 || bothKilled ? momentOf(command, choice) : { kind: 'never' };
    return { command, date: choice.date, moment };
  });
}

t.test('the kills hit', async (t) => {
  const said = (counts: Iterable<[string, number]>) =>
    [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
  t.comment(`seed ${SEED}: ${killedSoFar()} processes killed at work, of ${started} started`);
  t.comment(`killed: ${said(kills)}`);
  t.comment(`moments that left something: ${said(Object.entries(left))}`);
  t.ok(killedSoFar() >= KILLS);
  for (const [what, count] of Object.entries(left)) t.ok(count > 0 || KILLS < 200, what);
});
