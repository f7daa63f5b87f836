import type { HttpAnswer, HttpLimits, HttpOptions } from '../../src/http.js';

/** What stands in for the network: the simulated OMDb of the schedule that runs. */
export interface SimulatedServer {
  get(url: URL, limits: HttpLimits): Promise<HttpAnswer>;
}

let server: SimulatedServer | undefined;

export function useServer(simulated: SimulatedServer | undefined): void {
  server = simulated;
}

export const HTTP_LIMITS: HttpLimits = { connectMs: 5_000, answerMs: 15_000, callMs: 30_000 };

/** As that of `src/http.ts`, which the bundle of a simulation has not. */
export function httpGet(url: URL, _what: string, { limits = HTTP_LIMITS }: HttpOptions): Promise<HttpAnswer> {
  if (!server) throw new Error('no schedule is running');
  return server.get(url, limits);
}
