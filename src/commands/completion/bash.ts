import { type Completed, type CompletedFlag, quoted, type Value } from './completed.js';

/**
 * A function for `complete -F`
 * (https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html), for bash from 3.2 on, which
 * macOS has. It evaluates nothing that was typed, and needs no other package.
 */
export function bashScript({ program, flags, commands }: Completed): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const names = commands.map((command) => command.name).join(' ');
  const cases = commands.map(({ name: command, flags, words }) => {
    const given = `      words=${quoted(words.join(' '))} flags=${quoted(namesOf(flags))}`;
    const values = valueCases(flags);
    const option = values.length === 0 ? [] : ['      case $option in', ...values, '      esac'];
    return [`    ${command})`, given, ...option, '      ;;'].join('\n');
  });
  return `# bash completion of ${program}, made by: ${program} completion bash

${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} command= kind= word
  local IFS=$' \\t\\n' words=${quoted(names)} flags=${quoted(namesOf(flags))}
  # A flag and its value may be joined: --flag=value is three words.
  if [[ $current == '=' ]]; then current=
  elif [[ $option == '=' ]]; then option=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then command=$word; break; fi
  done
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=()
  case $kind in
    file|directory)
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -A "$kind" -- "$current")
      compopt -o filenames 2>/dev/null ;;
    choices) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    '')
      [[ $current == -* ]] && words=$flags
      COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}

complete -F ${name} ${program}
`;
}

function namesOf(flags: readonly CompletedFlag[]): string {
  return flags.flatMap(({ names }) => names).join(' ');
}

/** A case for each kind of value, which sets `kind`, and `words` where there is a choice. */
function valueCases(flags: readonly CompletedFlag[]): string[] {
  const byKind = new Map<string, string[]>();
  for (const { names, value } of flags) {
    if (value === undefined) continue;
    const action = actionOf(value);
    byKind.set(action, [...(byKind.get(action) ?? []), ...names]);
  }
  return [...byKind].map(([action, names]) => `        ${names.join('|')}) ${action} ;;`);
}

function actionOf(value: Value): string {
  if (typeof value === 'object') return `kind=choices words=${quoted(value.choices.join(' '))}`;
  return `kind=${value === 'files' ? 'file' : value === 'directories' ? 'directory' : value}`;
}
