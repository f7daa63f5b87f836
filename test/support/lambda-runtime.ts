import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { ACCOUNT_ID, REGION } from '../../chain/emulator/calls.js';
import type { Outcome } from '../../chain/events.js';
import { type Invocation, type RuntimeApi, startRuntimeApi } from './runtime-api.js';
import { watch } from './secrets.js';

/** The package of Node for this machine; that for Macs with an M processor is named differently. */
const MACHINE = `${process.platform}-${process.arch}`.replace('darwin-arm64', 'bin-darwin-arm64');
const NODE = inRuntime(`node_modules/node-${MACHINE}/bin/node`);
const CLIENT = inRuntime('node_modules/aws-lambda-ric/index.mjs');
const PRELOAD = new URL('../runtime/preload.mjs', import.meta.url).href;

export interface LambdaOptions {
  functionName: string;
  /** The folder that is deployed: the function's `Code`. */
  folder: string;
  /** File and export, such as `index.handler`: the function's `Handler`. */
  handler: string;
  /** The function's own variables; beside them it gets what Lambda itself sets, and nothing of this process. */
  environment: Record<string, string>;
  memoryMb?: number;
  timeoutSeconds?: number;
  /** `Text` unless the function's `LoggingConfig` says otherwise. */
  logFormat?: string;
  logGroup?: string;
}

/** A function in its container, which is gone when the test is over. */
export interface LambdaFunction {
  invoke(event: unknown, invocation?: Partial<Invocation>): Promise<Outcome>;
  /** Ends the container. @returns everything that it wrote */
  stop(): Promise<Output>;
}

export interface Output {
  stdout: string;
  stderr: string;
}

/**
 * Starts a bundle as AWS Lambda does: Node 24 runs the runtime client, which loads the handler and asks for work.
 * A function that ends is not started again: each invocation fails with `Runtime.ExitError`, or with
 * `Sandbox.Timedout` if it was ended because it took longer than its timeout.
 */
export async function startLambda(t: Test, options: LambdaOptions): Promise<LambdaFunction> {
  await mustBeThere(options.folder, 'npm run build');
  await mustBeThere(NODE, 'npm ci --prefix test/runtime');
  await mustBeThere(CLIENT, 'npm ci --prefix test/runtime');
  const { functionName, folder, environment, timeoutSeconds = 60 } = options;
  const api = await startRuntimeApi();
  const variables = Object.entries({ ...lambdaVariables(options, api), ...environment });
  // By way of env: tap adds variables of its own, and a preload, to the environment of whatever a test spawns.
  const clean = ['-i', ...variables.map(([name, value]) => `${name}=${value}`)];
  const child = spawn('env', [...clean, NODE, '--import', PRELOAD, CLIENT], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = outputOf(child);
  const ended = endOf(child, api).then(() =>
    watch(`the output of ${functionName}`, output.stdout + output.stderr),
  );
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    return output;
  };
  t.teardown(async () => {
    await stop();
    await api.close();
  });
  const invoke = async (event: unknown, invocation: Partial<Invocation> = {}) => {
    const timeout = setTimeout(() => {
      const errorMessage = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      api.end({ errorType: 'Sandbox.Timedout', errorMessage });
      child.kill('SIGKILL');
    }, timeoutSeconds * 1000);
    const outcome = await api.invoke(event, {
      requestId: randomUUID(),
      deadlineMs: Date.now() + timeoutSeconds * 1000,
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`,
      ...invocation,
    });
    clearTimeout(timeout);
    watch(`the outcome of ${functionName}`, JSON.stringify(outcome));
    return outcome;
  };
  return { invoke, stop };
}

async function mustBeThere(path: string, remedy: string): Promise<void> {
  await access(path).catch((cause: unknown) => {
    throw new Error(`${path} is not there: ${remedy}`, { cause });
  });
}

/** What Lambda sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. */
function lambdaVariables(options: LambdaOptions, api: RuntimeApi): Record<string, string> {
  const {
    functionName,
    memoryMb = 128,
    logFormat = 'Text',
    logGroup = `/aws/lambda/${functionName}`,
  } = options;
  return {
    _HANDLER: options.handler,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: logFormat,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_REGION: REGION,
    LAMBDA_TASK_ROOT: options.folder,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}

function outputOf(child: ChildProcess): Output {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return output;
}

/** Resolves when the process has ended and its output is read. */
async function endOf(child: ChildProcess, api: RuntimeApi): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const how = signal ? `signal: ${signal}` : `exit status ${code}`;
  api.end({ errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}` });
}

function inRuntime(path: string): string {
  return fileURLToPath(new URL(`../runtime/${path}`, import.meta.url));
}
