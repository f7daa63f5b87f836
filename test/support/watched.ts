// Runs the tests (the command that is given), and searches everything that came of it for the secrets that the tests
// used: what was printed, and the files that the tests left, which tap leaves standing for this.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describeLeak, leaksIn, WATCHED_FILE, type Watched } from './secrets.js';

const FIXTURES = '.tap/fixtures';
/** What tests stored, what they printed, and which processes they started with which arguments. */
const PLACES = [FIXTURES, '.tap/test-results', '.tap/processinfo'];
const TALLY = '.tap/watched';
/** Files in which a test hands over a secret. The command writes none that is called so. */
const GIVEN = new Set(['.env', 'credentials', 'keys.json']);
const MOST_TOLD = 20;

const [command = '', ...args] = process.argv.slice(2);
const searched = { files: 0, bytes: 0, given: 0 };
const found: string[] = [];

for (const left of [FIXTURES, TALLY]) await rm(left, { recursive: true, force: true });
await mkdir('.tap', { recursive: true });
const { printed, ended } = await run();
search('what was printed', printed);
for (const place of PLACES) await searchFiles(place);
const texts = await tallied();
for (const left of [FIXTURES, TALLY]) await rm(left, { recursive: true, force: true });

const megabytes = ((searched.bytes + texts.bytes) / 1e6).toFixed(1);
const what = `${searched.files} files and outputs of the run, ${texts.texts} texts under way, ${megabytes} MB`;
for (const each of found.slice(0, MOST_TOLD)) console.log(`# secrets: ${each}`);
if (found.length === 0)
  console.log(`# secrets: nowhere in ${what}; ${searched.given} files are to hold them`);
else console.log(`# secrets: FOUND ${found.length} times in ${what}`);
process.exitCode = found.length > 0 ? 1 : ended;

/** What a terminal shows is what `.tap/test-results` holds; tap draws it only on a terminal that is its own. */
async function run(): Promise<{ printed: Buffer; ended: number }> {
  // It is the command that ends at Ctrl-C; the search comes after it.
  process.on('SIGINT', () => {});
  const child = spawn(command, args, {
    stdio: ['inherit', process.stdout.isTTY ? 'inherit' : 'pipe', 'pipe'],
    env: { ...process.env, TAP_SAVE_FIXTURE: '1', [WATCHED_FILE]: resolve(TALLY) },
  });
  const chunks: Buffer[] = [];
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      to.write(chunk);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { printed: Buffer.concat(chunks), ended: code ?? 1 };
}

function search(name: string, data: Buffer): void {
  searched.files += 1;
  searched.bytes += data.length;
  for (const leak of leaksIn(data)) found.push(`${name} shows ${describeLeak(leak)}`);
}

async function searchFiles(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const given = GIVEN.has(basename(path));
    if (given) searched.given += 1;
    search(path, given ? Buffer.of() : await readFile(path));
    for (const leak of leaksIn(path)) found.push(`the name of a file shows ${describeLeak(leak)}`);
  }
}

async function tallied(): Promise<Watched> {
  const lines = (existsSync(TALLY) ? await readFile(TALLY, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '');
  const sum = { texts: 0, bytes: 0 };
  for (const line of lines) {
    const { texts, bytes } = JSON.parse(line) as Watched;
    sum.texts += texts;
    sum.bytes += bytes;
  }
  return sum;
}
