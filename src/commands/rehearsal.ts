import type { Flags, Needed } from '../config.js';
import { UsageError } from '../errors.js';
import type { Places } from '../operations/prices.js';
import type { Calls, Layer } from '../operations/rehearsal/calls.js';
import type { RehearsalStore } from '../operations/rehearsal/store.js';
import type { PartitionDate } from '../records/run.js';
import type { Adapters } from '../wire.js';
import type { Context } from './context.js';
import { type Session, withSession } from './session.js';

/** What a dry run of one date says instead of what came out. */
export interface Would {
  /** For the table: "new run of 250 movies". */
  text: string;
  /** For `--json`. */
  facts: Readonly<Record<string, unknown>>;
}

/** Work that is tried on stand-ins: nothing is written, sent, received or looked up. */
export interface Rehearsal {
  /** Counted up by the stand-ins. */
  calls: Calls;
  places: Places;
  /** What the command works with. */
  uses: Set<keyof Adapters>;
  /** The plan is what the command shows, not only what it compares with. */
  shown: boolean;
  /** Which date is being worked on. */
  date: PartitionDate | undefined;
  /** What has to be said of the numbers. */
  notes: Set<string>;
  layers: Partial<Record<Layer, RehearsalStore>>;
  omdb: Adapters['omdb'];
}

export interface StageSession<Name extends keyof Adapters> extends Session<Name> {
  /** Undefined when the work is done for real. */
  rehearsal: Rehearsal | undefined;
}

/** As `withSession`, for the commands that run stages: with `--dry-run` and `--diff`, on stand-ins. */
export async function withStageSession<Name extends keyof Adapters>(
  context: Context,
  flags: Flags,
  needed: readonly Needed[],
  names: readonly Name[],
  work: (session: StageSession<Name>) => Promise<void>,
  later: readonly Needed[] = [],
): Promise<void> {
  const isTried = flags.dryRun === true || flags.diff === true;
  if (!isTried) {
    const asItIs = (session: Session<Name>) => work({ ...session, rehearsal: undefined });
    return withSession(context, flags, needed, names, asItIs, later);
  }
  if (flags.dryRun === true && flags.diff === true)
    throw new UsageError(['--diff cannot go with --dry-run: give one of them, both write nothing']);
  const withoutOmdb = <Text extends string>(texts: readonly Text[]) =>
    texts.filter((text) => text !== 'omdb');
  const { rehearsed } = await import('./stand-ins.js');
  await withSession(context, flags, withoutOmdb(needed), withoutOmdb(names), (session) =>
    work(rehearsed(session, names)),
  );
}
