import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { type Needed, processSources, readSettings, type Settings } from '../../config.js';
import { messageOf, PipelineError } from '../../errors.js';
import type { Log } from '../../log.js';
import { type Adapters, type Openers, openAll, openingOf, type Wired } from '../../wire/adapters.js';

export type Services<Name extends keyof Adapters> = Wired<Name> & {
  settings: Settings;
  concurrency: number;
  now: () => Date;
  log: Log;
  /** Does the work, and puts a line in the log: what it came to and how long it took. */
  report: <Summary extends object>(work: () => Promise<Summary>) => Promise<Summary>;
  /** Puts a line in the log, once for each error: what failed, and what to do about it. */
  failed: (error: unknown, facts?: Record<string, unknown>) => void;
  /** The next invocation opens everything anew: settings and secrets may be better by then. */
  forget: () => void;
};

/** What Lambda tells of an invocation; who calls a function by hand may leave it out. */
export type InvocationContext = Partial<Context>;

type Work<Name extends keyof Adapters, Result> = (
  event: unknown,
  services: Services<Name>,
  context: InvocationContext,
) => Promise<Result>;

/**
 * A Lambda function around a stage. Its adapters are opened by the first invocation and kept for the container's
 * life; an opening that failed is not kept. Logs are one JSON object per line. A failure is logged and thrown.
 * @param needed what has to be configured
 * @param openers of the adapters that the stage works with: a bundle holds these and no others
 */
export function handlerOf<Name extends keyof Adapters, Result>(
  stage: string,
  needed: readonly Needed[],
  openers: Openers<Name>,
  work: Work<Name, Result>,
): (event: unknown, context?: InvocationContext) => Promise<Result> {
  const open = async (log: Log) => {
    const settings = readSettings({}, processSources().environment, new Date(), needed);
    return { settings, adapters: await openAll(openers, openingOf(settings, undefined, log)) };
  };
  let opened: ReturnType<typeof open> | undefined;
  let forgotten: ReturnType<typeof open> | undefined;
  let logger: Logger | undefined;
  return async (event, context = {}) => {
    logger ??= new Logger({ serviceName: 'movie-etl', persistentKeys: { stage } });
    if (context.invokedFunctionArn) logger.addContext(context as Context);
    const log = logOf(logger);
    const failed = failures(logger);
    const report = reports(stage, log);
    const forget = () => {
      forgotten ??= opened;
      opened = undefined;
    };
    try {
      // Not before: the rest of the invocation that forgot them still used them.
      await forgotten?.then(({ adapters }) => adapters.close()).catch(() => undefined);
      forgotten = undefined;
      opened ??= open(log);
      const { settings, adapters } = await opened.catch((error: unknown) => {
        forget();
        throw error;
      });
      const { concurrency } = settings;
      const services = { ...adapters, settings, concurrency, now, log, report, failed, forget };
      return await work(event, services, context);
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

function reports(stage: string, log: Log) {
  return async <Summary extends object>(work: () => Promise<Summary>): Promise<Summary> => {
    const started = performance.now();
    const summary = await work();
    log.info(`${stage} done`, { ...summary, durationMs: Math.round(performance.now() - started) });
    return summary;
  };
}

const now = () => new Date();

function failures(logger: Logger) {
  const logged = new WeakSet();
  return (error: unknown, facts: Record<string, unknown> = {}) => {
    if (error instanceof Error && logged.has(error)) return;
    if (error instanceof Error) logged.add(error);
    const known = error instanceof PipelineError ? { verdict: error.verdict, hint: error.hint } : {};
    logger.error(messageOf(error), { ...facts, ...known, error: error as Error });
  };
}

function logOf(logger: Logger): Log {
  return {
    info: (message, facts = {}) => logger.info(message, facts),
    warn: (message, facts = {}) => logger.warn(message, facts),
    debug: (message, facts = {}) => logger.debug(message, facts),
    progress: () => {},
    retry: ({ reason, seconds }) => logger.debug(`${reason}: asked again`, { seconds }),
  };
}
