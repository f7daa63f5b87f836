import { type App, INTERNAL } from './emulator.js';

/**
 * Conditional writes, which fauxqs ignores: `If-None-Match: *` and `If-Match` on PutObject and
 * CompleteMultipartUpload (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Writes of
 * one object go one at a time, so that none slips in between a check and its write.
 */
export function addConditionalPuts(app: App): void {
  const tails = new Map<string, Promise<void>>();
  const release = new WeakMap<object, () => void>();

  app.addHook('preHandler', async (request, reply) => {
    const { method, url, headers } = request;
    const { pathname: path, searchParams: query } = new URL(url, 'http://localhost');
    const isObject = /^\/[^/]+\/./.test(path);
    if (!isObject || !isWrite(method, query)) return;
    const before = tails.get(path);
    let done = () => {};
    tails.set(path, new Promise((resolve) => (done = resolve)));
    release.set(request, done);
    await before;
    const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = headers;
    if (ifNoneMatch === undefined && ifMatch === undefined) return;
    const seen = await app.inject({ method: 'GET', url: path, headers: { [INTERNAL]: '1' } });
    if (seen.body.includes('<Code>NoSuchBucket</Code>')) return;
    const etag = seen.statusCode === 200 ? unquoted(seen.headers.etag) : undefined;
    const refuse = (status: number, body: string) => reply.code(status).type('application/xml').send(body);
    if (ifNoneMatch === '*' && etag !== undefined) return refuse(412, FAILED);
    if (ifMatch === undefined) return;
    if (etag === undefined) return refuse(404, MISSING);
    if (etag !== unquoted(ifMatch)) return refuse(412, FAILED);
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    release.get(request)?.();
    done(null, payload);
  });
}

/** What makes or removes an object; parts of an upload do not. */
function isWrite(method: string, query: URLSearchParams): boolean {
  if (method === 'POST') return query.has('uploadId');
  return (method === 'PUT' || method === 'DELETE') && !query.has('uploadId');
}

const unquoted = (etag: unknown) => String(etag).replaceAll('"', '');
const error = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const FAILED = error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
const MISSING = error('NoSuchKey', 'The specified key does not exist.');
