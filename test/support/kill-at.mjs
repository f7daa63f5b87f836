/**
 * Loaded into a command by NODE_OPTIONS=--import: counts the operations that change files, and dies of SIGKILL
 * where it is told to. KILL_AT: before which operation, counted from 1; a write is cut in its middle. 0: never.
 * Says `first operation` on stderr when it comes to the first, and `<n> operations` when it ends alive.
 */
import { writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env.KILL_AT ?? 0);
let operations = 0;

/** @returns whether the process has to die at this operation */
function isLast() {
  operations++;
  if (operations === 1) writeSync(2, 'first operation\n');
  return operations === killAt;
}

const die = () => process.kill(process.pid, 'SIGKILL');

for (const name of ['link', 'mkdir', 'rename', 'truncate', 'unlink']) {
  const original = fs[name];
  fs[name] = (...args) => {
    if (isLast()) die();
    return original(...args);
  };
}

const { open } = fs;
fs.open = (path, flags, ...rest) => {
  if (flags !== undefined && flags !== 'r' && isLast()) die();
  return open(path, flags, ...rest);
};

const file = await open(new URL(import.meta.url));
const handles = Object.getPrototypeOf(file);
const { writeFile } = handles;
handles.writeFile = function (data, ...rest) {
  if (isLast()) {
    const bytes = Buffer.from(data);
    writeSync(this.fd, bytes.subarray(0, Math.floor(bytes.length / 2)));
    die();
  }
  return writeFile.call(this, data, ...rest);
};
await file.close();

syncBuiltinESMExports();
process.on('exit', () => writeSync(2, `${operations} operations\n`));
