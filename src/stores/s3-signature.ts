import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** A GET with the SDK's signature in its headers. */
export interface Signed {
  path: string;
  query: Record<string, string | string[] | null>;
  headers: Record<string, string>;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** `AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=…` */
const AUTHORIZATION =
  /^(AWS4-HMAC-SHA256) (Credential=[^/,]+\/([^,]+), SignedHeaders=([^,]+), Signature=)([0-9a-f]{64})$/;
const DATE_HEADER = 'x-amz-date';
const DAY_LENGTH = '20261123'.length;
const BODY_HEADER = 'x-amz-content-sha256';

/**
 * Signatures of many GETs which differ in their path and moment only. The SDK's signer takes two keyed hashes for each
 * and puts all of the request together anew, which is more work than the rest of a GET. This one takes what a request
 * that it has signed is made of, for as long as the key is of the same day, and is only had when it comes to the same
 * signature (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 */
export class GetSignatures {
  readonly #headers: Record<string, string>;
  readonly #authorization: string;
  readonly #algorithm: string;
  readonly #scope: string;
  readonly #key: KeyObject;
  /** The lines of the request that is hashed, around its path and its moment. */
  readonly #lines: { beforeMoment: string; afterMoment: string };

  /** @returns undefined when the signed request is made otherwise than is known here */
  static like(signed: Signed, credentials: Credentials): GetSignatures | undefined {
    const { authorization = '', [DATE_HEADER]: moment = '' } = signed.headers;
    const parts = AUTHORIZATION.exec(authorization);
    if (!parts) return undefined;
    const made = new GetSignatures(signed, credentials, parts);
    return made.headersFor(signed.path, moment).authorization === authorization ? made : undefined;
  }

  private constructor(
    { query, headers }: Signed,
    private readonly credentials: Credentials,
    parts: RegExpExecArray,
  ) {
    const [, algorithm = '', upToSignature = '', scope = '', signedNames = ''] = parts;
    const { authorization: _, [DATE_HEADER]: __, ...others } = headers;
    const names = signedNames.split(';');
    const lineOf = (name: string) => `${name}:${headers[name]}\n`;
    const at = names.indexOf(DATE_HEADER);
    const asked = new URLSearchParams(query as Record<string, string>).toString();
    this.#headers = others;
    this.#algorithm = algorithm;
    this.#authorization = `${algorithm} ${upToSignature}`;
    this.#scope = scope;
    this.#key = createSecretKey(
      scope.split('/').reduce(keyed, Buffer.from(`AWS4${credentials.secretAccessKey}`)),
    );
    this.#lines = {
      beforeMoment: `\n${asked}\n${names.slice(0, at).map(lineOf).join('')}${DATE_HEADER}:`,
      afterMoment: `\n${names
        .slice(at + 1)
        .map(lineOf)
        .join('')}\n${signedNames}\n${headers[BODY_HEADER]}`,
    };
  }

  /** Whether they are made with these keys, and on the day of this moment. */
  areOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials, moment: string): boolean {
    const own = this.credentials;
    return (
      own.secretAccessKey === secretAccessKey &&
      own.accessKeyId === accessKeyId &&
      own.sessionToken === sessionToken &&
      this.#scope.startsWith(moment.slice(0, DAY_LENGTH))
    );
  }

  /**
   * All headers of a GET.
   * @param path as it is sent, without the query
   * @param moment as `momentOf` has it, of the same day
   */
  headersFor(path: string, moment: string): Record<string, string> {
    const { beforeMoment, afterMoment } = this.#lines;
    const request = `GET\n${path}${beforeMoment}${moment}${afterMoment}`;
    const hash = createHash('sha256').update(request).digest('hex');
    const text = `${this.#algorithm}\n${moment}\n${this.#scope}\n${hash}`;
    const signature = createHmac('sha256', this.#key).update(text).digest('hex');
    return { ...this.#headers, [DATE_HEADER]: moment, authorization: this.#authorization + signature };
  }
}

/** `20261123T060000Z`: how a signature names its moment. */
export function momentOf(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

function keyed(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
