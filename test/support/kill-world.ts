import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CliOptions, type CliResult, told } from './cli.js';
import { type Moment, runAndKill, type Victim } from './kills.js';
import { invalidKey, movieList, type OmdbServer } from './omdb-server.js';
import { OMDB_KEY, watch } from './secrets.js';
import { lostMessages, recordPath, type StandingData, standingData } from './standing-data.js';

/** What is taken of each date. Two dates, as gold compares a date with the one before. */
export const DATES: Record<string, { topN: number; batchSize: number }> = {
  '2099-01-01': { topN: 12, batchSize: 2 },
  '2099-01-02': { topN: 14, batchSize: 3 },
};
const WRONG_KEY = `${OMDB_KEY}-wrong`;

/** A failure that names what is not there yet, or the key: what a command may say that another one's kill hit. */
const EXPECTED_FAILURE =
  /has no run yet|is not ready for silver|has no silver yet|has no manifest|Invalid API key|not complete/;

export type CommandName =
  | 'extract'
  | 'extract --run'
  | 'enrich'
  | 'enrich, refused'
  | 'enrich --date'
  | 'silver'
  | 'gold'
  | 'run-all'
  | 'run-all --reprocess all'
  | 'redrive';

/** What is asked for, and when the process that does it is killed. */
export interface Attempt {
  command: CommandName;
  date: string;
  moment: Moment;
}

export interface WorldOptions {
  cwd: string;
  server: OmdbServer;
  /** Silver and gold as they are when nobody disturbs them. */
  expected: ReadonlyMap<string, string>;
  /** A directory whose content is there already; all its runs have had their messages. */
  base?: string | undefined;
  /** Runs a command that is not to be killed. */
  finisher: (args: readonly string[], options: Required<CliOptions>) => Promise<CliResult>;
}

/** A data directory, an OMDb server, and what has to be true of both whenever a process was killed. */
export class KillWorld {
  standing: StandingData | undefined;
  /** Runs whose extract said that it sent all their messages. */
  readonly sent = new Set<string>();
  readonly #refetched: string[] = [];
  #alone = true;
  readonly #waiting: { left: number; resolve: () => void }[] = [];

  private constructor(private readonly options: WorldOptions) {
    const { server } = options;
    server.script = ({ path, id, apikey }) => {
      for (const waiter of this.#waiting) if (--waiter.left === 0) waiter.resolve();
      if (path !== '/') return undefined;
      if (this.#hasItsRecords(id)) this.#refetched.push(id);
      return apikey === WRONG_KEY ? invalidKey : { delayMs: 2 };
    };
  }

  static async open(options: WorldOptions): Promise<KillWorld> {
    const world = new KillWorld(options);
    const { cwd, base } = options;
    await rm(cwd, { recursive: true, force: true });
    await mkdir(cwd, { recursive: true });
    if (base) await cp(base, cwd, { recursive: true });
    await world.inspect();
    for (const { runId } of world.now.runs) world.sent.add(runId);
    return world;
  }

  get data(): string {
    return join(this.options.cwd, 'data');
  }

  get now(): StandingData {
    if (!this.standing) throw new Error('not looked at yet');
    return this.standing;
  }

  /** Keeps what stands for other worlds to begin with. */
  async copyTo(base: string): Promise<void> {
    await cp(this.options.cwd, base, { recursive: true });
  }

  /** Runs commands at the same time; each is killed at its moment. */
  async attempt(...attempts: Attempt[]): Promise<Victim[]> {
    this.#alone = attempts.length === 1;
    const victims = await Promise.all(attempts.map((attempt) => this.#run(attempt)));
    await this.inspect();
    return victims;
  }

  async #run(attempt: Attempt): Promise<Victim> {
    const { command, date, moment } = attempt;
    const requests = (left: number) =>
      new Promise<void>((resolve) => {
        this.#waiting.push({ left, resolve });
      });
    const { cwd } = this.options;
    const env = this.#environmentOf(command);
    const victim = await runAndKill(this.#argumentsOf(command, date), { cwd, env, moment, requests });
    const { code, signal, killed, stderr } = victim;
    this.#note(command, victim);
    if (killed || code === 0 || code === 75 || (code === 1 && EXPECTED_FAILURE.test(stderr))) return victim;
    throw new Error(`${command} ended with ${signal ?? code}: ${stderr}`);
  }

  async #finishWith(command: CommandName, date: string, codes: readonly number[] = [0]): Promise<void> {
    this.#alone = true;
    const { cwd, finisher } = this.options;
    const result = await finisher(this.#argumentsOf(command, date), {
      cwd,
      env: this.#environmentOf(command),
    });
    watch(`output of ${command}`, result.stdout + result.stderr);
    this.#note(command, result);
    if (!codes.includes(result.code ?? -1)) throw new Error(`${command} ${date} ${told(result)}`);
  }

  #note(command: CommandName, { code, stdout }: CliResult): void {
    if (code === 0 && command.startsWith('extract')) this.sent.add(JSON.parse(stdout).runId);
  }

  #environmentOf(command: CommandName): Record<string, string> {
    const { url: OMDB_URL, moviesUrl: MOVIES_URL } = this.options.server;
    return { OMDB_URL, MOVIES_URL, OMDB_API_KEY: command === 'enrich, refused' ? WRONG_KEY : OMDB_KEY };
  }

  #argumentsOf(command: CommandName, date: string): string[] {
    const { topN, batchSize } = DATES[date] ?? { topN: 0, batchSize: 0 };
    const on = ['--date', date, '--json'];
    const taking = ['--top-n', `${topN}`, '--batch-size', `${batchSize}`];
    switch (command) {
      case 'extract':
        return ['extract', ...on, ...taking];
      case 'extract --run':
        return ['extract', ...on, '--run', this.#newestRun(date)];
      case 'enrich':
      case 'enrich, refused':
        return ['enrich', '--json'];
      case 'enrich --date':
        return ['enrich', ...on];
      case 'run-all':
        return ['run-all', ...on, ...taking];
      case 'run-all --reprocess all':
        return ['run-all', ...on, ...taking, '--reprocess', 'all'];
      case 'redrive':
        return ['redrive', '--json'];
      default:
        return [command, ...on];
    }
  }

  #newestRun(date: string): string {
    const ids = this.now.runs.filter((run) => run.date === date && run.manifest).map(({ runId }) => runId);
    return ids.sort().at(-1) ?? '';
  }

  /** The commands that have something to do. What is written again when it stands is rarer. */
  applicable(date: string): CommandName[] {
    const { runs, messages, refined, deadLetters } = this.now;
    const newest = this.#newestRun(date);
    const run = runs.find(({ runId }) => runId === newest);
    const isPublished = existsSync(join(this.data, 'bronze', `dt=${date}`, '_SUCCESS'));
    const hasSilver = refined.has(`silver/movies/dt=${date}/movies.csv`);
    const hasGold = refined.has(`gold/_lineage/dt=${date}.json`);
    const names: CommandName[] = ['extract', 'run-all --reprocess all'];
    if (run) names.push('extract --run');
    if (run && run.done.size < (run.manifest?.batches ?? 0)) names.push('enrich --date', 'enrich --date');
    else if (!hasGold) names.push('run-all', 'run-all');
    if (messages.size > deadLetters) names.push('enrich', 'enrich', 'enrich, refused');
    if (messages.size > 0) names.push('redrive');
    if (isPublished) names.push('silver');
    if (isPublished && !hasSilver) names.push('silver');
    if (hasSilver) names.push('gold');
    if (hasSilver && !hasGold) names.push('gold');
    return names;
  }

  /** Makes dead letters of the messages that nobody holds, as ten failures would. */
  async bury(): Promise<void> {
    const queue = join(this.data, 'queue');
    await mkdir(join(queue, 'dead'), { recursive: true });
    for (const name of await readdir(queue)) {
      if (name.endsWith('_free.json')) await rename(join(queue, name), join(queue, 'dead', name));
    }
  }

  /** Looks at everything that stands. `faults` then has what must not be. */
  async inspect(): Promise<void> {
    this.standing = await standingData(this.data);
  }

  get faults(): string[] {
    const { faults, refined } = this.now;
    const others = [...refined].filter(
      ([path, text]) => !comparesWithTheDateBefore(path) && this.options.expected.get(path) !== text,
    );
    return [
      ...faults,
      ...lostMessages(this.now, this.sent).map((batch) => `lost: ${batch}`),
      ...others.map(([path]) => `${path} is another than that of an undisturbed run`),
      ...this.#refetched.map((id) => `${id} was fetched again`),
    ];
  }

  /** Finishes dates as the README says, with one command or stage by stage. */
  async finish(how: 'run-all' | 'stages', dates = Object.keys(DATES)): Promise<void> {
    if (how === 'stages') await this.#finishByStages(dates);
    else for (const date of dates) await this.#finishWith('run-all', date);
    await this.inspect();
  }

  async #finishByStages(dates: readonly string[]): Promise<void> {
    for (const date of dates) {
      if (this.#newestRun(date) === '') await this.#finishWith('extract', date);
      await this.inspect();
      await this.#finishWith('enrich --date', date);
    }
    for (const stage of ['silver', 'gold'] as const)
      for (const date of dates) await this.#finishWith(stage, date);
    // The only one of them that looks into the queue, where killed processes left something too.
    await this.#finishWith('redrive', '');
  }

  /** Works off what is left in the queue, dead letters too: a message that many held who were killed becomes one now. */
  async drain(): Promise<void> {
    for (let round = 0; round < 3 && this.now.messages.size > 0; round++) {
      if (this.now.deadLetters > 0) await this.#finishWith('redrive', '');
      await this.#finishWith('enrich', '', [0, 75]);
      await this.inspect();
    }
  }

  /**
   * Whether every run that has the movie has its record. With several processes at work, whether it had it before:
   * between the look at the record and the call, another may have written it.
   */
  #hasItsRecords(id: string): boolean {
    const place = movieList.items.findIndex((item) => item.id === id);
    const runs = Object.entries(DATES).flatMap(([date, { topN }]) =>
      place < topN ? runsIn(join(this.data, 'bronze', `dt=${date}`)).map((runId) => ({ date, runId })) : [],
    );
    return runs.every(({ date, runId }) =>
      this.#alone
        ? existsSync(recordPath(this.data, date, runId, id))
        : this.now.runs.find((run) => run.runId === runId)?.records.has(id),
    );
  }
}

/** What it says depends on whether the date before stood. */
function comparesWithTheDateBefore(path: string): boolean {
  return /^gold\/(rank_changes|_lineage)\//.test(path) && path.includes('2099-01-02');
}

function runsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => (name.startsWith('run=') ? name.slice('run='.length) : []));
}
