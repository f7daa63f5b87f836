import fc from 'fast-check';
import { hostileKey, hostileValue, written } from './values.js';

const OPERATIONS = [
  'set',
  'set',
  'set',
  'set',
  'delete',
  'duplicate',
  'rename',
  'add',
  'wrap',
  'box',
  'swap',
  'repeat',
] as const;

interface Edit {
  operation: (typeof OPERATIONS)[number];
  /** Which places of the document, counted round. */
  at: number;
  other: number;
  key: string;
  value: unknown;
}

const CUTS = ['truncate', 'flip', 'insert', 'remove', 'double', 'prepend', 'crlf'] as const;

interface Cut {
  operation: (typeof CUTS)[number];
  at: number;
  length: number;
  bytes: number[];
}

/** What is done to a document: to its structure, then to its bytes. */
export interface Mutation {
  edits: Edit[];
  cuts: Cut[];
}

const edit = fc.record<Edit>({
  operation: fc.constantFrom(...OPERATIONS),
  at: fc.nat(),
  other: fc.nat(),
  key: hostileKey,
  value: hostileValue,
});

/** A byte order mark, NUL, line ends, quotes, and what is no UTF-8. */
const INSERTED = [
  [0xef, 0xbb, 0xbf],
  [0],
  [0x0d, 0x0a],
  [0x0a],
  [0x22],
  [0x22, 0x22],
  [0x2c],
  [0x5c],
  [0xff],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  [0xf5],
  [0x1b, 0x5b],
  [0x0d],
];

const cut = fc.record<Cut>({
  operation: fc.constantFrom(...CUTS),
  at: fc.nat(),
  length: fc.nat(200),
  bytes: fc.oneof(fc.constantFrom(...INSERTED), fc.array(fc.nat(255), { maxLength: 5 })),
});

const edits = fc.array(edit, { maxLength: 4 });

/** Changes of the structure alone: for what arrives as an object. */
export const structural = fc.record<Mutation>({ edits, cuts: fc.constant([]) });

/** In one of four cases bytes are changed too. */
export const mutation = fc.record<Mutation>({
  edits,
  cuts: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Cut[]>([]) },
    { weight: 1, arbitrary: fc.array(cut, { minLength: 1, maxLength: 2 }) },
  ),
});

/** A record of ours as somebody could have meant it, and wrongly so. */
export type Slip = (record: Fields) => Fields;
// biome-ignore lint/suspicious/noExplicitAny: a record as JSON has it
type Fields = Record<string, any>;

/** Changes after one of the slips, which is made in half of the cases. */
export function slipping(...slips: readonly Slip[]): fc.Arbitrary<Mutation & { slip: Slip }> {
  const same: Slip = (record) => record;
  const slip = fc.oneof(fc.constant(same), fc.constantFrom(...slips));
  const few = fc.oneof(fc.constant<Mutation>({ edits: [], cuts: [] }), mutation);
  return fc.tuple(few, slip).map(([change, slip]) => ({ ...change, slip }));
}

/** The mutated record, after its slip. */
export function slipped(json: string, change: Mutation & { slip: Slip }): Buffer {
  return mutated(JSON.stringify(change.slip(JSON.parse(json))), change);
}

export const cuts = fc.array(cut, { minLength: 1, maxLength: 4 });

/** The mutated document as it would arrive. */
export function mutated(json: string, { edits, cuts }: Mutation): Buffer {
  const root = { document: JSON.parse(json) as unknown };
  for (const each of edits) change(root, each);
  return cutUp(Buffer.from(written(root.document ?? null)), cuts);
}

/** A container and the key of one of its values. */
interface Place {
  holder: Record<string, unknown>;
  key: string;
}

const MOST_PLACES = 3_000;

function placesIn(root: { document: unknown }): Place[] {
  const places: Place[] = [];
  const visit = (holder: object) => {
    for (const key of Object.keys(holder)) {
      if (places.length >= MOST_PLACES) return;
      const place = { holder: holder as Record<string, unknown>, key };
      places.push(place);
      const value = own(place);
      if (typeof value === 'object' && value !== null) visit(value);
    }
  };
  visit(root);
  return places;
}

function change(root: { document: unknown }, { operation, at, other, key, value }: Edit): void {
  const places = placesIn(root);
  const place = places[at % places.length];
  const second = places[other % places.length];
  if (!place || !second) return;
  const current = own(place);
  const copy = copyOf(current);
  const list = Array.isArray(current) ? current : Array.isArray(place.holder) ? place.holder : undefined;
  switch (operation) {
    case 'set':
      define(place, copyOf(value));
      break;
    case 'delete':
      if (Array.isArray(place.holder)) place.holder.splice(Number(place.key), 1);
      else if (place.key !== 'document') delete place.holder[place.key];
      break;
    case 'duplicate':
      if (list) list.push(copy);
      else define({ holder: place.holder, key }, copy);
      break;
    case 'rename':
      if (Array.isArray(place.holder) || place.key === 'document') break;
      delete place.holder[place.key];
      define({ holder: place.holder, key }, current);
      break;
    case 'add':
      if (isObject(current)) define({ holder: current, key }, copyOf(value));
      break;
    case 'wrap':
      define(place, [copy]);
      break;
    case 'box':
      define(place, JSON.parse(`{"__proto__":${JSON.stringify(copy)}}`));
      break;
    case 'swap':
      define(place, copyOf(own(second)));
      break;
    case 'repeat':
      if (list && list.length > 0 && list.length < 50)
        for (let count = 0; count < 20; count++) list.push(copyOf(list[0]));
  }
}

/** Of its own in every place: the next change must not go on in a value that other cases use. */
function copyOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own({ holder, key }: Place): unknown {
  return Object.getOwnPropertyDescriptor(holder, key)?.value;
}

/** Also a key such as `__proto__`, which an assignment would take for something else. */
function define({ holder, key }: Place, value: unknown): void {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return;
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The bytes after each of the changes. */
export function cutUp(bytes: Buffer, cuts: readonly Cut[]): Buffer {
  return cuts.reduce(cutOnce, bytes);
}

function cutOnce(bytes: Buffer, { operation, at, length, bytes: inserted }: Cut): Buffer {
  const place = at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (operation) {
    case 'truncate':
      return before;
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (place < copy.length) copy[place] = (copy[place] ?? 0) ^ (1 << (length % 8));
      return copy;
    }
    case 'insert':
      return Buffer.concat([before, Buffer.from(inserted), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(length)]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 'prepend':
      return Buffer.concat([Buffer.from(inserted), bytes]);
    case 'crlf':
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  }
}
