import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who holds a temporary file, a lock or a queue message on a shared directory: a process, told apart from a
 * later one with the same number by its start. The token has letters, digits and `-` only, so it fits a file name.
 */
export interface Holder {
  pid: number;
  /** Clock ticks since boot at the start of the process; "0" where the system does not say. */
  started: string;
  host: string;
}

/** A holder on another machine cannot be asked; it counts as dead when its file is older than this. */
const FOREIGN_HOLDER_MS = 15 * 60 * 1000;

const thisHost = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const thisHolder: Holder = { pid: process.pid, started: statOf(process.pid)?.started ?? '0', host: thisHost };

/** This process. */
export const thisHolderToken = [thisHolder.pid, thisHolder.started, thisHolder.host].join('-');

/** The holder that a token names, or undefined when it is no token. */
export function parseHolder(token: string): Holder | undefined {
  const match = /^(\d+)-(\d+)-([0-9a-f]{8})$/.exec(token);
  return match ? { pid: Number(match[1]), started: match[2] ?? '0', host: match[3] ?? '' } : undefined;
}

/**
 * Whether the process still runs. A zombie does not.
 * @param ageMs how long ago its file was made; decides for a holder on another machine
 */
export function isAlive(token: string, ageMs: number): boolean {
  const holder = parseHolder(token);
  if (!holder) return false;
  if (holder.host !== thisHost) return ageMs < FOREIGN_HOLDER_MS;
  const stat = statOf(holder.pid);
  if (stat) return stat.state !== 'Z' && (holder.started === '0' || stat.started === holder.started);
  return answersSignals(holder.pid);
}

/** Linux tells state and start of a process (proc(5), fields 3 and 22); elsewhere there is no such file. */
function statOf(pid: number): { state: string; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '0' };
  } catch {
    return undefined;
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
