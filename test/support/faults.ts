import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Behaviour } from './omdb-server.js';

/** Sends these bytes instead of an answer that Node would make, and leaves the connection open. */
export function bytes(...parts: (string | Buffer)[]): Behaviour {
  return {
    write: ({ socket }) => {
      for (const part of parts) socket?.write(part);
    },
  };
}

/** The same, and closes the connection. */
export function bytesAndEnd(...parts: (string | Buffer)[]): Behaviour {
  return { write: ({ socket }) => socket?.end(Buffer.concat(parts.map((part) => Buffer.from(part)))) };
}

/** Sends one piece every few milliseconds, for ever. */
export function trickle(head: string, piece: string): Behaviour {
  return {
    write: ({ socket }) => {
      socket?.write(head);
      const timer = setInterval(() => socket?.write(piece), 20);
      socket?.once('close', () => clearInterval(timer));
    },
  };
}

/** Sends the same piece as fast as it is read, for ever, and counts how much. */
export function flood(headers: Record<string, string>, piece: Buffer): Behaviour & { sent: number } {
  const behaviour = {
    sent: 0,
    write: (response: ServerResponse) => {
      response.writeHead(200, headers);
      const send = () => {
        while (!response.destroyed) {
          behaviour.sent += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on('drain', send);
      send();
    },
  };
  return behaviour;
}

const zeros = Buffer.alloc(8 * 1024 * 1024);

/** Eight megabytes in eight kilobytes. One after the other, such members are one gzip file (RFC 1952, section 2.2). */
export const gzippedZeros = gzipSync(zeros);

/** Half a gigabyte in a hundred kilobytes. */
export function brotliZeros(): Buffer {
  return brotliCompressSync(Buffer.alloc(512 * 1024 * 1024), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
  });
}
