import { lstat, realpath, rename, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Flags, Settings } from '../config.js';
import { PipelineError, UsageError } from '../errors.js';
import { codeOf, fileError, unlinkIfThere, writeTemporary } from '../files.js';
import { type Report, report } from '../operations/report.js';
import { shellWord } from '../operations/shell-word.js';
import { sha256 } from '../records/digest.js';
import type { PartitionDate } from '../records/run.js';
import { counted, type Terminal } from '../terminal.js';
import { isLocal, withoutSecrets } from '../uri.js';
import type { Context } from './context.js';
import { eachDate, withSession } from './session.js';

export async function run(context: Context, flags: Flags): Promise<void> {
  await withSession(context, flags, [], ['silver', 'gold'], async (session) => {
    const fileOf = filesFor(flags, session.settings);
    await eachDate(session, { name: 'report', head: ['bytes', 'file'] }, async (date) => {
      const { settings, services, terminal } = session;
      const file = fileOf(date);
      const work = async () => {
        const made = await report(date, services);
        await writePage(file, made.page);
        return made;
      };
      const { page, datasets, isBehind } = await terminal.step(`report ${date}`, work, shown);
      if (isBehind) {
        terminal.warn(
          `${date} has another silver by now than its gold was made of: gold first, with movie-etl gold --date ${date}`,
        );
      }
      // Of a range, the newest: nobody asks for a hundred tabs.
      if (flags.open === true && date === (settings.dates?.at(-1) ?? date)) await show(file, terminal);
      const bytes = page.length;
      return {
        summary: { date, file, bytes, sha256: sha256(page), datasets },
        row: [bytes, file],
        table: () => terminal.table(['bytes', 'file'], [[bytes, file]]),
      };
    });
  });
}

function shown({ datasets, movies }: Report): string {
  return `${counted(datasets.length, 'dataset')} of ${counted(movies, 'movie')}`;
}

/** Where the page of each date goes. @throws UsageError for one file and several dates */
function filesFor({ output }: Flags, { dates }: Settings): (date: PartitionDate) => string {
  if (typeof output !== 'string') return (date) => `report-${date}.html`;
  if (output.trim() === '' || output === '-' || !isLocal(output)) {
    throw new UsageError([`--output must be a file here, but is '${withoutSecrets(output)}'`]);
  }
  if ((dates?.length ?? 1) > 1) {
    throw new UsageError([
      '--output is one file, and --from and --to are several dates: leave it out, and each date has its report-DATE.html here',
    ]);
  }
  return () => output;
}

/** Whole or not at all. */
async function writePage(file: string, page: Buffer): Promise<void> {
  const target = await targetOf(file);
  const directory = dirname(target);
  let temporary: string | undefined;
  try {
    await stat(directory);
    temporary = await writeTemporary(directory, page);
    await rename(temporary, target);
  } catch (error) {
    if (temporary !== undefined) await unlinkIfThere(temporary);
    const isMissing = codeOf(error) === 'ENOENT';
    const hint = isMissing ? `make its directory with: mkdir -p ${shellWord(directory)}` : ANOTHER_FILE;
    throw fileError(`write ${file}`, error, hint);
  }
}

const ANOTHER_FILE = 'give --output another file';

/** The file itself, behind whatever links. A rename would put a file in the place of a link, a pipe or a device. */
async function targetOf(file: string): Promise<string> {
  const isLink = (await lstat(file).catch(() => undefined))?.isSymbolicLink() ?? false;
  const standing = await stat(file).catch(() => undefined);
  if (standing?.isFile()) return realpath(file);
  if (!standing && !isLink) return file;
  const what = standing?.isDirectory() ? 'a directory' : standing ? 'no file' : 'a link to nothing';
  throw new PipelineError('stop', `cannot write ${file}: it is ${what}`, { hint: ANOTHER_FILE });
}

/** What opens a browser is done by then, or is the browser itself. */
const OPENED_MS = 3_000;

/** Opens the page in the browser. Where there is none, the page is there all the same. */
async function show(file: string, terminal: Terminal): Promise<void> {
  const { default: open } = await import('open');
  const path = resolve(file);
  try {
    const opener = await open(path);
    const code =
      opener.exitCode ??
      (await new Promise<number | null>((ended) => {
        const timer = setTimeout(ended, OPENED_MS, 0);
        opener.once('exit', (code) => {
          clearTimeout(timer);
          ended(code);
        });
      }));
    if (code === 0) return;
  } catch {
    // There is nothing here to open it with.
  }
  terminal.warn(`no browser could be opened: the page is in ${path}`);
}
