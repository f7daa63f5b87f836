import type { Kind } from './kind.js';
import { sourceKinds } from './sources.js';
import { storedKinds } from './stored.js';
import { textKinds } from './texts.js';

export const kinds: readonly Kind[] = [...sourceKinds, ...storedKinds, ...textKinds];

export interface KindRun {
  kind: string;
  cases: number;
  /** Numbers of the kind, for people. */
  line: string;
  /** What broke, and the command that shows it again. */
  failure: string | undefined;
}

/** Splits the cases over the kinds by their shares, and runs one kind after the other. */
export async function* hostileRun(asked: {
  cases: number;
  seed: number;
  chosen?: readonly Kind[];
  path?: string | undefined;
}): AsyncGenerator<KindRun> {
  const { cases, seed, chosen = kinds, path } = asked;
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  for (const { name, share, check } of chosen) {
    const started = performance.now();
    const outcome = await check({ seed, cases: Math.ceil((cases * share) / shares), path });
    const seconds = (performance.now() - started) / 1000;
    const endings = [...outcome.endings].map(([ending, count]) => `${count} ${ending}`).sort();
    const rate = Math.round(outcome.cases / seconds);
    yield {
      kind: name,
      cases: outcome.cases,
      line: `hostile ${name}: ${outcome.cases} cases (${endings.join(', ')}), seed ${seed}, ${rate} cases/s`,
      failure:
        outcome.failure &&
        `${outcome.failure.report}\nreplay: npm run hostile -- --seed ${seed} --kind '${name}' --path ${outcome.failure.path}`,
    };
  }
}
