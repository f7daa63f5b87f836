export type Unit = 's' | 'ms' | 'MiB' | 'kB' | '%' | 'requests' | 'USD';

/** What was measured, once for each run. */
export interface Figures {
  unit: Unit;
  values: readonly number[];
}

/** What it is compared with, or why there is nothing to compare with. */
export type Peer = { name: string } & (Figures | { absent: string });

/** What ours has to be. */
export type Target =
  /** Ours over the peer's, at most. */
  | { atMostTimes: number }
  /** The peer's over ours, at least. */
  | { timesFaster: number }
  /** In the unit of ours. */
  | { atMost: number };

/** A line of the results. */
export interface Row {
  name: string;
  ours: Figures;
  peer?: Peer;
  /** None for what is told for information only. */
  target?: Target;
}

export const COLUMNS = ['case', 'ours (min-max)', 'peer or floor', 'ratio', 'target', 'result'] as const;

export function cellsOf(row: Row): string[] {
  return [row.name, spreadOf(row.ours), peerOf(row.peer), ratioOf(row), targetOf(row), verdictOf(row)];
}

/** Undefined where there is no target, or no peer to hold it against. */
export function isMet({ ours, peer, target }: Row): boolean | undefined {
  if (!target) return undefined;
  if ('atMost' in target) return median(ours.values) <= target.atMost;
  if (!peer || 'absent' in peer) return undefined;
  const ratio = median(ours.values) / median(peer.values);
  return 'atMostTimes' in target ? ratio <= target.atMostTimes : 1 / ratio >= target.timesFaster;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('nothing was measured');
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function spreadOf({ unit, values }: Figures): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = least === most ? '' : ` (${numberOf(least, unit)}-${numberOf(most, unit)})`;
  return `${numberOf(median(values), unit)} ${unit}${spread}`;
}

function peerOf(peer: Peer | undefined): string {
  if (!peer) return '';
  if ('absent' in peer) return `${peer.name}: absent (${peer.absent})`;
  return `${peer.name}: ${numberOf(median(peer.values), peer.unit)} ${peer.unit}`;
}

function ratioOf({ ours, peer, target }: Row): string {
  if (!peer || 'absent' in peer) return '';
  const ratio = median(ours.values) / median(peer.values);
  if (target && 'timesFaster' in target) return `${(1 / ratio).toFixed(1)} x faster`;
  return `${ratio.toFixed(2)} x`;
}

function targetOf({ ours, target }: Row): string {
  if (!target) return '';
  if ('atMostTimes' in target) return `<= ${target.atMostTimes} x`;
  if ('timesFaster' in target) return `>= ${target.timesFaster} x faster`;
  return `<= ${numberOf(target.atMost, ours.unit)} ${ours.unit}`;
}

function verdictOf(row: Row): string {
  const met = isMet(row);
  if (met !== undefined) return met ? 'met' : 'MISSED';
  return row.target ? 'not compared' : '';
}

function numberOf(value: number, unit: Unit): string {
  if (unit === 's') return value.toFixed(2);
  if (unit === 'USD') return value.toFixed(5);
  return unit === 'ms' && value < 10 ? value.toFixed(1) : String(Math.round(value));
}
