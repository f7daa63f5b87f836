import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import t, { type Test } from 'tap';
import type { Context } from '../src/commands/context.js';
import { addCommands } from '../src/commands/program.js';
import { cli, told } from './support/cli.js';
import { loadedIn } from './support/loaded.js';

/** The definition that the shells have to know. No command of it is run. */
const program = new Command('movie-etl');
addCommands(program, {} as Context);
const subcommands = [...program.commands.map((command) => command.name()), 'help'];
const flagsOf = (name: string) =>
  program.createHelp().visibleOptions(program.commands.find((each) => each.name() === name) ?? program);

/** Completes each line, as far as it is typed, in a directory. @param script the path of what was printed */
type Complete = (script: string, cwd: string, lines: readonly string[]) => string[][];

/** What is offered after a line, in any order. */
const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['movie-etl ', subcommands],
  ['movie-etl st', ['status']],
  ['movie-etl run-all --re', ['--region', '--reprocess']],
  ['movie-etl run-all --offline --dr', ['--dry-run']],
  ['movie-etl run-all --reprocess ', ['failed', 'none', 'all']],
  ['movie-etl run-all --reprocess n', ['none']],
  ['movie-etl run-all --reprocess=n', ['none']],
  ['movie-etl run-all --movies ', ['a b', 'data', 'list.json']],
  ['movie-etl run-all --movies=li', ['list.json']],
  ['movie-etl run-all --data-dir ', ['a b', 'data']],
  ['movie-etl report --output l', ['list.json']],
  ['movie-etl report --date ', []],
  ['movie-etl help re', ['redrive', 'report']],
  ['movie-etl completion ', ['bash', 'fish', 'zsh']],
  ['movie-etl run-all --bronze $(touch owned) --silver `touch owned` --dr', ['--dry-run']],
];

const bash: Complete = (script, cwd, lines) => {
  const asked = lines.map((line) => {
    // As readline splits it: at blanks, and at = as a word of its own. A substitution stays one word.
    const words: string[] = line.replaceAll('=', ' = ').match(/\$\([^)]*\)|`[^`]*`|\S+/g) ?? [];
    if (/\s$/.test(line)) words.push('');
    const quoted = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}; $complete; printf '%s|' "\${COMPREPLY[@]}"; echo`;
  });
  // Twice, as a .bashrc that is read again does it; and with the options of a careful person.
  const input = [
    `source '${script}'`,
    `source '${script}'`,
    'set -u',
    'complete=$(complete -p movie-etl | sed "s/.*-F \\([^ ]*\\) .*/\\1/")',
    ...asked,
  ];
  const { stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile'], {
    cwd,
    input: input.join('\n'),
    encoding: 'utf8',
  });
  t.equal(stderr, '', 'bash says nothing else');
  return stdout.split('\n').slice(0, lines.length).map(offeredIn);
};

/** An interactive zsh on a terminal, whose `compadd` keeps what it adds, and whose Tab then tells it. */
const zsh: Complete = (script, cwd, lines) => {
  const answers = `${script}.answers`;
  const driver = `
    zmodload zsh/zpty
    zpty z 'TERM=dumb zsh -f -i'
    zpty -w z 'PROMPT= RPROMPT=; cd ${cwd}; autoload -Uz compinit; compinit -u -D; LISTMAX=0; unsetopt automenu autolist; source ${script}'
    zpty -w z 'compadd() { if [[ " $* " == *" -"[OAD]" "* ]]; then builtin compadd "$@"; else local -a hits; builtin compadd -A hits "$@"; added+=($hits); builtin compadd "$@"; fi }'
    zpty -w z 'tell() { added=(); zle complete-word; print -r -- "\${(j:|:)added}" >> ${answers}; BUFFER=; print "line $((++number))" "done" }; zle -N tell; bindkey "^I" tell'
    number=0
    for line in "$@"; do
      zpty -n -w z "$line"$'\\t'
      zpty -r z out "*line $((++number)) done*"
    done`;
  // The first press of Tab loads the completion system.
  execFileSync('zsh', ['-f', '-c', driver, 'zsh', 'movie-etl ', ...lines], { timeout: 30_000 });
  return readFileSync(answers, 'utf8')
    .split('\n')
    .slice(1, lines.length + 1)
    .map(offeredIn);
};

const fish: Complete = (script, cwd, lines) => {
  const asked = `source ${script}; for line in $argv; complete -C $line | string split -f1 \\t | string join '|'; echo; end`;
  const output = execFileSync('fish', ['--no-config', '-c', asked, ...lines], { cwd, encoding: 'utf8' });
  const groups = output.split('\n');
  const answers: string[][] = [];
  for (let line = 0; line < groups.length && answers.length < lines.length; line++) {
    if (groups[line] === '') answers.push([]);
    else answers.push(offeredIn(groups[line++] ?? ''));
  }
  return answers;
};

/** Some shells end a directory in a slash, escape a blank, or repeat the flag before its value. */
function offeredIn(line: string): string[] {
  const words: string[] = line.split('|').map((word) =>
    word
      .replace(/^--[a-z-]+=/, '')
      .replace(/\/$/, '')
      .replaceAll('\\ ', ' '),
  );
  return [...new Set(words.filter((word) => word !== ''))].sort();
}

/** The script in a file of its own. */
async function scriptFor(t: Test, shell: string): Promise<string> {
  const printed = await cli(['completion', shell], { cwd: t.testdirName });
  t.equal(printed.code, 0, told(printed));
  t.equal(printed.stderr, '');
  const path = join(t.testdirName, `script.${shell}`);
  writeFileSync(path, printed.stdout);
  return path;
}

for (const [shell, complete] of Object.entries({ bash, zsh, fish })) {
  const missing = spawnSync(shell, ['--version']).error !== undefined;
  if (missing && shell !== 'bash') console.error(`${shell} is not installed: its completion is not tested`);
  t.test(
    `${shell} completes commands, flags and values`,
    { skip: missing && shell !== 'bash' },
    async (t) => {
      const cwd = join(t.testdir({ here: { data: {}, 'a b': {}, 'list.json': '[]' } }), 'here');
      const script = await scriptFor(t, shell);
      const everyFlag = program.commands.map((command) => `movie-etl ${command.name()} --`);
      const lines = [...CASES.map(([line]) => line), ...everyFlag];
      const offered = complete(script, cwd, lines);
      t.equal(offered.length, lines.length);
      for (const [index, [line, expected]] of CASES.entries())
        t.same(offered[index], [...expected].sort(), `after: ${line}`);
      for (const [index, command] of program.commands.entries()) {
        const flags = flagsOf(command.name()).map(({ long }) => long);
        t.same(offered[CASES.length + index], flags.sort(), `every flag of ${command.name()}`);
      }
      t.notOk(existsSync(join(cwd, 'owned')), 'what is typed is not run');
    },
  );
}

t.test('a shell that is not known is a mistake', async (t) => {
  const cwd = t.testdir();
  const unknown = await cli(['completion', 'tcsh'], { cwd });
  t.equal(unknown.code, 2);
  t.equal(unknown.stdout, '');
  t.match(unknown.stderr, /'tcsh' is invalid .*Allowed choices are bash, zsh, fish/);
  t.match((await cli(['completion'], { cwd })).stderr, /missing required argument 'shell'/);
});

t.test('help and completion load no stage, no driver, no SDK and no schema', async (t) => {
  const cwd = t.testdir();
  const light = ['run-all --help', 'completion bash'];
  for (const line of [...light, 'config']) {
    const NODE_V8_COVERAGE = join(cwd, line.replaceAll(' ', '_'));
    const result = await cli(line.split(' '), { cwd, env: { NODE_V8_COVERAGE } });
    t.equal(result.code, 0, told(result));
    const heavy = loadedIn(NODE_V8_COVERAGE).filter((file) =>
      /^(src\/(stages|stores|queues|records|operations|terminal|config|wire)|node_modules\/(?!commander\/))/.test(
        file,
      ),
    );
    if (light.includes(line)) t.same(heavy, [], line);
    else t.ok(heavy.includes('src/terminal.ts'), 'what is loaded is seen');
  }
});
