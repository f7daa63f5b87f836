import {
  dollars,
  isPriced,
  type Places,
  PRICES,
  priceOf,
  queuePrice,
  storePrice,
} from '../operations/prices.js';
import { type Calls, callsSince, LAYERS, queueTotal, storeTotal } from '../operations/rehearsal/calls.js';
import type { PartitionDate } from '../records/run.js';
import { counted, type Terminal } from '../terminal.js';
import type { DateView } from './each-date.js';
import type { Rehearsal } from './rehearsal.js';

/** What a free key allows a day (https://www.omdbapi.com/apikey.aspx). */
const FREE_OMDB_CALLS = 1000;

type Screen = Pick<Terminal, 'table' | 'info' | 'warn'>;

/** A line of the plan. */
interface Planned {
  /** The date, or what stands for several. */
  what: string;
  /** What would be done for it. */
  text: string;
  calls: Calls;
}

/** What would be done for each date, and then what all of it would take. */
export function planView(rehearsal: Rehearsal, terminal: Screen): DateView {
  const { calls, places } = rehearsal;
  const plan: Planned[] = [];
  let before = structuredClone(calls);
  const end = (date: PartitionDate, text: string) => {
    const made = callsSince(before, calls);
    plan.push({ what: date, text, calls: made });
    return planJson({ date }, made, places);
  };
  return {
    begin: (date) => {
      rehearsal.date = date;
      before = structuredClone(calls);
    },
    done: ({ summary: { date }, would }, error) => ({
      json: { ...end(date, would?.text ?? ''), would: would?.facts, ...(error && { error }) },
      text: () => '',
    }),
    failed: (date, error) => ({ json: { ...end(date, 'fails'), error }, text: () => '' }),
    end: () => planText('date', plan, rehearsal, terminal),
  };
}

/** What `--json` prints of some calls. */
export function planJson<Facts extends object>(facts: Facts, calls: Calls, places: Places) {
  return { ...facts, dryRun: true, calls, usd: priceOf(calls, places) };
}

/** A line for each part of the plan, a line for each kind of call, and what the numbers mean. */
export function planText(
  head: string,
  plan: readonly Planned[],
  rehearsal: Rehearsal,
  terminal: Screen,
): string {
  const { calls, places, notes } = rehearsal;
  if (calls.omdb > FREE_OMDB_CALLS)
    terminal.warn(`${calls.omdb} OMDb calls, of which a free key allows ${FREE_OMDB_CALLS} a day`);
  for (const note of notes) terminal.warn(note);
  terminal.info(
    isPriced(places)
      ? `AWS's list prices in ${PRICES.region} on ${PRICES.date}, without the free tier`
      : 'directories cost nothing: their calls are counted as S3 and SQS would count them',
  );
  return `${planTable(head, plan, rehearsal, terminal)}\n\n${callsTable(rehearsal, terminal)}`;
}

function planTable(
  head: string,
  plan: readonly Planned[],
  { places, uses }: Rehearsal,
  terminal: Screen,
): string {
  const isS3 = LAYERS.some((layer) => uses.has(layer) && places[layer] === 's3');
  const columns: [isShown: boolean, name: string, cell: (calls: Calls) => string | number][] = [
    [uses.has('omdb'), 'OMDb', ({ omdb }) => omdb],
    [uses.has('queue'), places.queue === 'directory' ? 'queue' : 'SQS', queueTotal],
    [true, isS3 ? 'S3' : 'stores', storeTotal],
    [isPriced(places), 'USD', (calls) => dollars(priceOf(calls, places))],
  ];
  const shown = columns.filter(([isShown]) => isShown);
  return terminal.table(
    [head, 'what would be done', ...shown.map(([, name]) => name)],
    plan.map(({ what, text, calls }) => [what, text, ...shown.map(([, , cell]) => cell(calls))]),
  );
}

const QUEUE_CALLS = [
  ['sends', 'send'],
  ['receives', 'receive'],
  ['deletes', 'delete'],
  ['deferrals', 'deferral'],
  ['counts', 'count'],
] as const;

function callsTable({ calls, places, uses }: Rehearsal, terminal: Screen): string {
  const lines: [what: string, count: number, usd: number][] = [];
  if (uses.has('omdb')) lines.push(['OMDb lookups', calls.omdb, 0]);
  const kinds = QUEUE_CALLS.flatMap(([kind, noun]) =>
    calls.queue[kind] > 0 ? [counted(calls.queue[kind], noun)] : [],
  );
  if (kinds.length > 0) {
    const name = places.queue === 'directory' ? 'queue' : 'SQS';
    lines.push([`${name}: ${kinds.join(', ')}`, queueTotal(calls), queuePrice(calls.queue, places.queue)]);
  }
  for (const layer of LAYERS) {
    if (!uses.has(layer)) continue;
    const name = places[layer] === 's3' ? `S3 ${layer}` : layer;
    for (const kind of ['writes', 'lists', 'reads'] as const) {
      const count = calls[layer][kind];
      if (count > 0) lines.push([`${name} ${kind}`, count, storePrice({ [kind]: count }, places[layer])]);
    }
  }
  const total = calls.omdb + queueTotal(calls) + storeTotal(calls);
  lines.push(['total', total, priceOf(calls, places)]);
  return isPriced(places)
    ? terminal.table(
        ['calls', 'number', 'USD'],
        lines.map(([what, count, usd]) => [what, count, dollars(usd)]),
      )
    : terminal.table(
        ['calls', 'number'],
        lines.map(([what, count]) => [what, count]),
      );
}
