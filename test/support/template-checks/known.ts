import { isDeepStrictEqual } from 'node:util';
import type { PolicyDocument } from '../../../chain/template/shapes.js';

/** The functions, and the subcommand that does the same from a terminal. */
export const SUBCOMMAND_OF: Readonly<Record<string, string>> = {
  GetMoviesAndSendToQueue: 'extract',
  EnrichAndStoreMovie: 'enrich',
  ProcessBronzeToSilver: 'silver',
  ProcessSilverToGold: 'gold',
};

/** How long what fails is tried again, in seconds. */
export const SIX_HOURS = 6 * 60 * 60;

/** A fault for each pair of which the second is true. */
export function faultsWhere(
  id: string,
  ...cases: readonly (readonly [fault: string, holds: boolean])[]
): string[] {
  return cases.filter(([, holds]) => holds).map(([fault]) => `${id}: ${fault}`);
}

/** A fault for each property that is not as expected; one that is expected to be undefined must not be there. */
export function differences(
  id: string,
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(expected)
    .filter(([name, value]) => !isDeepStrictEqual(actual[name], value))
    .map(
      ([name, value]) => `${id}: ${name} is ${JSON.stringify(actual[name])}, not ${JSON.stringify(value)}`,
    );
}

/** A fault for each name that is there too much or too little. */
export function strangers(what: string, actual: readonly string[], expected: readonly string[]): string[] {
  return [
    ...expected.filter((name) => !actual.includes(name)).map((name) => `no ${what} ${name}`),
    ...actual.filter((name) => !expected.includes(name)).map((name) => `${name}: nobody knows this ${what}`),
  ];
}

/** Equal as JSON, whatever the order of a list. */
export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}

/** Whether a policy refuses everything without TLS on its resources, says nothing of others, and allows nothing. */
export function isTlsOnly(
  { Statement }: PolicyDocument,
  service: 's3' | 'sqs',
  resources: readonly (string | undefined)[],
): boolean {
  const [statement, ...others] = Statement;
  return (
    others.length === 0 &&
    statement?.Effect === 'Deny' &&
    statement.Principal === '*' &&
    isDeepStrictEqual(statement.Action, [`${service}:*`]) &&
    sameItems(statement.Resource ?? [], resources) &&
    isDeepStrictEqual(statement.Condition, { Bool: { 'aws:SecureTransport': 'false' } })
  );
}
