import { fileURLToPath } from 'node:url';

export function isHttp(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}

/** The scheme in lower case; undefined for a path. One letter is a drive, not a scheme. */
export function schemeOf(uri: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
}

/** The path of a directory or file that is given as a path or as a `file:` URI. */
export function localPath(uri: string): string {
  return schemeOf(uri) === 'file' ? fileURLToPath(uri) : uri;
}
