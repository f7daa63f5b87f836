/** The functions, and what each reads of the environment. */
export const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  GetMoviesAndSendToQueue: ['MOVIES_URL', 'BRONZE_URI', 'QUEUE_URL'],
  EnrichAndStoreMovie: ['OMDB_URL', 'OMDB_API_KEY_SECRET', 'BRONZE_URI', 'QUEUE_URL', 'CONCURRENCY'],
  ProcessBronzeToSilver: ['BRONZE_URI', 'SILVER_URI'],
  ProcessSilverToGold: ['SILVER_URI', 'GOLD_URI'],
};

/** What an alarm may tell an operator to do. */
export const SUBCOMMANDS = ['extract', 'enrich', 'silver', 'gold', 'run-all', 'redrive'];

/** A fault for each pair of which the second is true. */
export function faultsWhere(
  id: string,
  ...cases: readonly (readonly [fault: string, holds: boolean])[]
): string[] {
  return cases.filter(([, holds]) => holds).map(([fault]) => `${id}: ${fault}`);
}

/** Equal as JSON, whatever the order of a list. */
export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}
