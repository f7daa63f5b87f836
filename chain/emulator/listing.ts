import { type App, INTERNAL } from './emulator.js';

/** S3's own limit for a page, and its default. */
const MOST = 1000;

/** An object or a common prefix, as it is listed. */
interface Entry {
  /** UTF-8: what is compared. */
  name: Buffer;
  xml: string;
}

/**
 * ListObjectsV2 as S3 pages it (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html): objects and
 * common prefixes together in the order of UTF-8. Fauxqs orders by locale, and goes on after the last object of a
 * page also when a common prefix was behind it.
 */
export function addListings(app: App): void {
  app.addHook('preHandler', async (request, reply) => {
    const { pathname, searchParams: query } = new URL(request.url, 'http://localhost');
    if (query.get('list-type') !== '2' || request.headers[INTERNAL]) return;
    const prefix = query.get('prefix') ?? '';
    const every = new URLSearchParams({ 'list-type': '2', 'max-keys': '1000000000', prefix });
    const all = await app.inject({ url: `${pathname}?${every}`, headers: { [INTERNAL]: '1' } });
    reply.type('application/xml');
    if (all.statusCode !== 200) return reply.code(all.statusCode).send(all.body);
    const entries = folded(objectsOf(all.body), Buffer.from(prefix), query.get('delimiter'));
    const after = Buffer.from(query.get('continuation-token') ?? '', 'base64');
    const rest = entries.filter(({ name }) => after.length === 0 || name.compare(after) > 0);
    return reply.send(pageOf(rest, Math.min(Number(query.get('max-keys') ?? MOST), MOST)));
  });
}

function objectsOf(xml: string): Entry[] {
  const objects = xml.match(/<Contents>.*?<\/Contents>/gs) ?? [];
  const keyOf = (object: string) => unescaped(/<Key>(.*?)<\/Key>/s.exec(object)?.[1] ?? '');
  return objects.map((object) => ({ name: Buffer.from(keyOf(object)), xml: object }));
}

function folded(objects: Entry[], prefix: Buffer, delimiter: string | null): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const end = delimiter ? object.name.indexOf(delimiter, prefix.length) : -1;
    const name = end < 0 ? object.name : object.name.subarray(0, end + (delimiter ?? '').length);
    const shared = `<CommonPrefixes><Prefix>${escaped(name.toString())}</Prefix></CommonPrefixes>`;
    entries.set(name.toString(), { name, xml: end < 0 ? object.xml : shared });
  }
  return [...entries.values()].sort((left, right) => left.name.compare(right.name));
}

function pageOf(entries: Entry[], most: number): string {
  const page = entries.slice(0, most);
  const isTruncated = entries.length > page.length;
  const next = page.at(-1)?.name.toString('base64') ?? '';
  const token = isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  const head = `<IsTruncated>${isTruncated}</IsTruncated><KeyCount>${page.length}</KeyCount>${token}`;
  const listed = page.map(({ xml }) => xml).join('');
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${head}${listed}</ListBucketResult>`;
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character as keyof typeof ENTITIES]);
}

function unescaped(xml: string): string {
  const characters = new Map(Object.entries(ENTITIES).map(([character, entity]) => [entity, character]));
  return xml.replace(/&\w+;/g, (entity) => characters.get(entity) ?? entity);
}
