import type { IncomingMessage } from 'node:http';
import zlib from 'node:zlib';
import type { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Place } from './s3-answers.js';
import { GetSignatures, momentOf } from './s3-signature.js';

/** A GET as the SDK sends it, before it is signed. */
interface Request {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string | string[] | null>;
  headers: Record<string, string>;
}

/** How to ask for any object of the bucket that one was asked for. */
interface Pattern {
  /** Its path goes up to where the key begins. */
  request: Request;
  signer: Awaited<ReturnType<S3Client['config']['signer']>>;
}

/** What a GET is asked with that does not differ from one to the next. */
const KEPT_HEADERS = [
  'host',
  'user-agent',
  'x-amz-user-agent',
  'x-amz-checksum-mode',
  'x-amz-content-sha256',
];
/** AWS Signature Version 4 for S3: no other kind of signature is made here. */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^,]*\/\d{8}\/([^/,]+)\/s3\/aws4_request,/;
/** Checksums of an object that are only the SDK's to check. Without more packages, it does not know CRC64NVME either. */
const OTHER_CHECKSUMS = ['x-amz-checksum-crc32c', 'x-amz-checksum-sha1', 'x-amz-checksum-sha256'];

/**
 * GETs of small objects with the SDK's endpoint, signature and connections, but without its chain of middleware, which
 * costs four times as much as all of these. It learns from a GET of the SDK how to ask. Whatever is not answered with a
 * whole object is the SDK's to ask again, with its patience and its errors.
 */
export class PlainGets {
  #pattern: Pattern | undefined;
  #signatures: GetSignatures | undefined;
  #isOver = typeof zlib.crc32 !== 'function';
  #folder = { key: '', escaped: '' };
  #moment = { second: Number.NaN, name: '' };

  constructor(private readonly client: S3Client) {}

  /** Learns from a command that is about to be sent, once it was answered. */
  learnFrom(command: GetObjectCommand, { Key: key }: Place): void {
    if (this.#pattern || this.#isOver) return;
    command.middlewareStack.add(
      (next) => async (call) => {
        const answer = await next(call);
        this.#pattern ??= await this.patternOf(call.request as Request, key);
        return answer;
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
  }

  /** An object, or null where there is none; undefined when the SDK has to be asked. */
  async get({ Key: key }: Place): Promise<{ body: Buffer; etag: string } | null | undefined> {
    if (!this.#pattern || this.#isOver) return undefined;
    const { request } = this.#pattern;
    const path = request.path + this.#escapedOf(key);
    try {
      const headers = await this.headersFor(path, this.#pattern);
      const { response } = await this.client.config.requestHandler.handle({
        ...request,
        path,
        headers,
      } as never);
      const body = await bytesOf(response.body as IncomingMessage);
      if (response.statusCode === 404) return body.includes('<Code>NoSuchKey</Code>') ? null : undefined;
      if (response.statusCode !== 200 || !response.headers.etag) return undefined;
      // Objects that somebody else put here, with other checksums: each would be asked for twice.
      this.#isOver = OTHER_CHECKSUMS.some((name) => name in response.headers);
      return this.#isOver || !isWhole(body, response.headers)
        ? undefined
        : { body, etag: response.headers.etag };
    } catch {
      return undefined;
    }
  }

  #momentOf(second: number): string {
    if (second !== this.#moment.second) this.#moment = { second, name: momentOf(new Date(second * 1000)) };
    return this.#moment.name;
  }

  /** Keys of one folder come one after the other. */
  #escapedOf(key: string): string {
    const end = key.lastIndexOf('/') + 1;
    const folder = key.slice(0, end);
    if (folder !== this.#folder.key) this.#folder = { key: folder, escaped: escaped(folder) };
    return this.#folder.escaped + escaped(key.slice(end));
  }

  /** The SDK signs the first of a day and of a key, and then each whose signature could not be made in its way. */
  private async headersFor(path: string, { request, signer }: Pattern): Promise<Record<string, string>> {
    const { config } = this.client;
    const credentials = await config.credentials();
    const time = Date.now() + config.systemClockOffset;
    const moment = this.#momentOf(Math.floor(time / 1000));
    if (this.#signatures?.areOf(credentials, moment)) return this.#signatures.headersFor(path, moment);
    const signed = (await signer.sign({ ...request, path }, { signingDate: new Date(time) })) as Request;
    this.#signatures = GetSignatures.like(signed, credentials);
    return signed.headers;
  }

  private async patternOf(sent: Request, key: string): Promise<Pattern | undefined> {
    const { path } = sent;
    const region = SCOPE.exec(sent.headers.authorization ?? '')?.[1];
    const end = escaped(key);
    if (region === undefined || !path.endsWith(end)) return undefined;
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = sent.headers[name];
      if (value !== undefined) headers[name] = value;
    }
    const upToKey = path.slice(0, path.length - end.length);
    return {
      request: { ...sent, path: upToKey, headers },
      signer: await this.client.config.signer({
        name: 'sigv4',
        signingName: 's3',
        signingRegion: region,
        properties: {},
      }),
    };
  }
}

/** As S3 wants it in a path (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). */
function escaped(key: string): string {
  if (/^[\w.~/-]*$/.test(key)) return key;
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    answer.on('error', reject);
  });
}

/** Node sees to it that as many bytes came as were announced. */
function isWhole(body: Buffer, headers: Record<string, string>): boolean {
  const checksum = headers['x-amz-checksum-crc32'];
  // With a number of parts behind it, it is one of their checksums.
  return checksum === undefined || checksum.includes('-') || checksumOf(body) === checksum;
}

function checksumOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(zlib.crc32(body));
  return bytes.toString('base64');
}
