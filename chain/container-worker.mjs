// The inside of a container. Plain JavaScript, for a thread gets none of the loaders of its parent: the bundle runs
// in Node as it is, as it does in Lambda.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { file, exportName } = workerData;
// A thread has no current directory of its own; in Lambda it is the folder of the bundle.
process.cwd = () => dirname(file);

try {
  const handler = (await import(pathToFileURL(file).href))[exportName];
  if (typeof handler !== 'function') throw new TypeError(`${file} exports no function ${exportName}`);
  parentPort.on('message', async (invocation) => {
    parentPort.postMessage({ kind: 'outcome', outcome: await outcomeOf(handler, invocation) });
  });
  parentPort.postMessage({ kind: 'ready' });
} catch (error) {
  parentPort.postMessage({ kind: 'outcome', outcome: { ok: false, error: describe(error) } });
}

/** The event and the answer go over the border as JSON, as they do between Lambda and a runtime. */
async function outcomeOf(handler, { event, context, deadline }) {
  try {
    const getRemainingTimeInMillis = () => Math.max(0, deadline - Date.now());
    const response = await handler(JSON.parse(event), { ...context, getRemainingTimeInMillis });
    const text = JSON.stringify(response) ?? 'null';
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    return { ok: true, response: JSON.parse(text) };
  } catch (error) {
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    return { ok: false, error: describe(error) };
  }
}

function flushed(stream) {
  return new Promise((resolve) => stream.write('', resolve));
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
