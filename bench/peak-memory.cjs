// Loaded before a measured program (`node --require`): at its end, writes the most memory that it ever had resident, in
// KiB. `VmHWM` is of this program alone; getrusage's ru_maxrss begins with what the process was before it was executed,
// that is with the bench's own. CommonJS, since that takes 3 ms to load, and an ES module takes 8.
const { readFileSync, writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const file = process.env.BENCH_PEAK_FILE;
if (isMainThread && file) process.once('exit', () => writeFileSync(file, String(peak())));

function peak() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
