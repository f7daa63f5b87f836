import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { isAlive, parseHolder, thisHolderToken } from '../src/holder.js';

const me = parseHolder(thisHolderToken);
if (!me) throw new Error('this process has a token');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

t.test('a token names process, start and host, and fits a file name', async (t) => {
  t.equal(me.pid, process.pid);
  t.match(thisHolderToken, /^[0-9a-z-]+$/);
  t.same(parseHolder('4711-259936-5bce98f7'), { pid: 4711, started: '259936', host: '5bce98f7' });
});

t.test('what is no token names nobody, and nobody is not alive', async (t) => {
  const host = '5bce98f7';
  for (const token of ['', 'free', '4711', `4711-1`, `-1-1-${host}`, `a-1-${host}`, '4711-1-5BCE98F7']) {
    t.equal(parseHolder(token), undefined, token);
    t.equal(isAlive(token, 0), false, token);
  }
  for (const token of [`4711-1-${host}0`, `4711-1-${host}\n`, ` 4711-1-${host}`, `4711-1-${host}.1`]) {
    t.equal(parseHolder(token), undefined, JSON.stringify(token));
  }
});

t.test('this process is alive, however old its file is', async (t) => {
  t.equal(isAlive(thisHolderToken, 0), true);
  t.equal(isAlive(thisHolderToken, DAY), true);
  t.equal(isAlive(`${me.pid}-0-${me.host}`, DAY), true, 'also where the system does not tell its start');
});

t.test('a later process with the same number is another holder', async (t) => {
  t.equal(isAlive(`${me.pid}-${Number(me.started) + 1}-${me.host}`, 0), false);
  t.equal(isAlive(`${me.pid}-1-${me.host}`, 0), false);
});

t.test('another process is alive until it ends', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const token = `${child.pid}-0-${me.host}`;
  t.equal(isAlive(token, DAY), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal(isAlive(token, 0), false, 'dead, however young its file is');
});

t.test('a process that ended and was not buried is dead', async (t) => {
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 30']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  const token = `${Number(String(line))}-0-${me.host}`;
  while (isAlive(token, 0)) await new Promise((resolve) => setTimeout(resolve, 5));
  t.doesNotThrow(() => process.kill(Number(String(line)), 0), 'the system still knows its number');
});

t.test('a holder on another machine cannot be asked: its age decides, fifteen minutes', async (t) => {
  const elsewhere = me.host === '00000000' ? '11111111' : '00000000';
  for (const token of [`${me.pid}-${me.started}-${elsewhere}`, `999999999-1-${elsewhere}`]) {
    t.equal(isAlive(token, 0), true);
    t.equal(isAlive(token, 15 * MINUTE - 1), true);
    t.equal(isAlive(token, 15 * MINUTE), false);
  }
});
