/** Whole lines of a file. Their memory is theirs alone, so it can be given to another thread. */
export interface LinesPiece {
  /** UTF-8; only the last line of the file may lack its line feed. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The number of their first line in the file. */
  firstLine: number;
}

const PIECE_BYTES = 256 * 1024;

/** Cuts a file into pieces, each up to the first end of a line after so many bytes, however the chunks arrive. */
export async function* linePieces(
  chunks: AsyncIterable<Buffer>,
  firstLine: number,
): AsyncGenerator<LinesPiece> {
  let line = firstLine;
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    for (let end = endOfPiece(rest, size); end > 0; end = endOfPiece(rest, size)) {
      const bytes = joined([...parts, rest.subarray(0, end)]);
      const next = line + lineFeeds(bytes);
      // Whoever takes the piece may give its memory away.
      yield { bytes, firstLine: line };
      line = next;
      rest = rest.subarray(end);
      parts = [];
      size = 0;
    }
    parts.push(rest);
    size += rest.length;
  }
  if (size > 0) yield { bytes: joined(parts), firstLine: line };
}

/** Where in a chunk the piece ends of which so many bytes are there; 0 when it goes on. */
function endOfPiece(chunk: Buffer, size: number): number {
  return chunk.indexOf(LINE_FEED, Math.max(0, PIECE_BYTES - size - 1)) + 1;
}

function joined(parts: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function lineFeeds({ buffer }: Uint8Array<ArrayBuffer>): number {
  const bytes = Buffer.from(buffer);
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

const LINE_FEED = 0x0a;
