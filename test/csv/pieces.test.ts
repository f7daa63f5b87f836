import t from 'tap';
import { type LinesPiece, linePieces } from '../../src/csv/pieces.js';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function piecesOf(bytes: Buffer, size: number): Promise<LinesPiece[]> {
  const pieces: LinesPiece[] = [];
  for await (const piece of linePieces(inChunks(bytes, size), 2)) pieces.push(piece);
  return pieces;
}

const lines = Array.from({ length: 30_000 }, (_, index) => `${index},${'é'.repeat(index % 40)}\n`);
lines[100] = `${'x'.repeat(700_000)}\n`;
const file = Buffer.from(lines.join(''));

t.test('pieces are whole lines, and together they are the file', async (t) => {
  const pieces = await piecesOf(file, 65_536);
  t.ok(pieces.length > 3, `${pieces.length} pieces`);
  t.ok(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(file));
  let line = 2;
  for (const { bytes, firstLine } of pieces) {
    t.equal(firstLine, line);
    t.equal(bytes.at(-1), 0x0a);
    line += bytes.filter((byte) => byte === 0x0a).length;
  }
});

t.test('pieces are the same however the file arrives', async (t) => {
  const expected = await piecesOf(file, 65_536);
  for (const size of [997, 262_144, file.length]) {
    const pieces = await piecesOf(file, size);
    t.strictSame(
      pieces.map(({ bytes, firstLine }) => [bytes.length, firstLine]),
      expected.map(({ bytes, firstLine }) => [bytes.length, firstLine]),
      `in chunks of ${size} bytes`,
    );
    t.ok(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(file));
  }
});

t.test('the memory of a piece is its own, and can be given away while the next is made', async (t) => {
  const expected = await piecesOf(file, file.length);
  let index = 0;
  for await (const piece of linePieces(inChunks(file, file.length), 2)) {
    t.equal(piece.bytes.buffer.byteLength, piece.bytes.length);
    const given = structuredClone(piece, { transfer: [piece.bytes.buffer] });
    t.equal(piece.bytes.length, 0, 'it is gone');
    t.equal(given.firstLine, expected[index]?.firstLine);
    t.ok(Buffer.from(given.bytes).equals(expected[index++]?.bytes ?? Buffer.alloc(0)));
  }
  t.equal(index, expected.length);
});

t.test('the last line needs no line feed, and a file without lines has no pieces', async (t) => {
  const pieces = await piecesOf(Buffer.from('1\n2'), 1);
  t.strictSame(pieces, [{ bytes: Uint8Array.from(Buffer.from('1\n2')), firstLine: 2 }]);
  t.strictSame(await piecesOf(Buffer.from(''), 1), []);
});
