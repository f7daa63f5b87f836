import assert from 'node:assert/strict';
import fc from 'fast-check';
import { builtIns } from './promises.js';

/** One kind of input, and what has to hold whatever becomes of it. */
export interface Kind {
  name: string;
  /** How much of all cases it gets. */
  share: number;
  /** @throws when a promise is broken, and RangeError, TypeError and the like */
  check(options: { seed: number; cases: number; path?: string | undefined }): Promise<Outcome>;
}

export interface Outcome {
  cases: number;
  /** How many cases ended how: "taken", "refused". */
  endings: Map<string, number>;
  /** The smallest case that broke a promise, and how to see it again. */
  failure: { path: string; report: string } | undefined;
}

/** @param judge gives a word for how the case ended */
export function kindOf<Input>(
  name: string,
  share: number,
  inputs: fc.Arbitrary<Input>,
  judge: (input: Input) => Promise<string>,
): Kind {
  return {
    name,
    share,
    check: async ({ seed, cases, path }) => {
      const endings = new Map<string, number>();
      const property = fc.asyncProperty(inputs, async (input) => {
        const before = builtIns();
        const ending = await judge(input);
        endings.set(ending, (endings.get(ending) ?? 0) + 1);
        assert.equal(builtIns(), before, 'nothing that all objects inherit is changed');
      });
      const details = await fc.check(property, {
        seed,
        numRuns: cases,
        includeErrorInReport: true,
        ...(path === undefined ? {} : { path }),
      } as fc.Parameters<[Input]>);
      const { failed, numRuns, counterexamplePath } = details;
      return {
        cases: numRuns,
        endings,
        failure: failed
          ? { path: counterexamplePath ?? '', report: (await fc.asyncDefaultReportMessage(details)) ?? '' }
          : undefined,
      };
    },
  };
}
