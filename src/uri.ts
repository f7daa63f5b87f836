import { fileURLToPath } from 'node:url';

export function isHttp(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}

/** The path of a directory or file that is given as a path or as a `file:` URI of this machine. */
export function localPath(uri: string): string {
  return schemeOf(uri) === 'file' ? fileURLToPath(uri) : uri;
}

/** Whether `localPath` can tell the path. */
export function isLocal(uri: string): boolean {
  const scheme = schemeOf(uri);
  if (scheme !== 'file') return scheme === undefined;
  try {
    return fileURLToPath(uri) !== '';
  } catch {
    return false;
  }
}

/** The scheme in lower case; undefined for a path. One letter is a drive, not a scheme. */
function schemeOf(uri: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
}
