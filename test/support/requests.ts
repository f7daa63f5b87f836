import type { Requests } from '../../chain/usage.js';

/** A run of so many movies. */
export interface Size {
  movies: number;
  batches: number;
}

/** The most that a run without a fault asks of AWS. */
function most({ movies, batches }: Size) {
  return {
    writesAndLists: movies + 3 * batches + 40,
    reads: 2 * movies + 40,
    sqs: 3 * Math.ceil(batches / 10) + 2,
  };
}

/** What is over the most, in words; empty when nothing is. */
export function tooMany({ puts, lists, reads, sqs }: Requests, size: Size): string[] {
  const made = { writesAndLists: puts + lists, reads, sqs };
  return Object.entries(most(size)).flatMap(([kind, limit]) => {
    const count = made[kind as keyof typeof made];
    return count > limit ? [`${count} ${kind}, at most ${limit}`] : [];
  });
}
