const REASONS: Record<string, string> = {
  ETIMEDOUT: 'it takes too long',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host is unknown',
  EAI_AGAIN: 'the host cannot be looked up now',
  ERR_CANCELED: 'the call was canceled',
};

/** What the code of a failed connection means, in words; undefined for a code of another kind. */
export function networkReason(code: unknown): string | undefined {
  return REASONS[String(code)];
}
