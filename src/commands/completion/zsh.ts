import { type Completed, type CompletedFlag, quoted } from './completed.js';

/**
 * A function of zsh's completion system, for `_arguments` and `_describe`
 * (https://zsh.sourceforge.io/Doc/Release/Completion-System.html). It can be sourced, or put as `_movie-etl` into a
 * directory of `fpath`.
 */
export function zshScript({ program, flags, commands }: Completed): string {
  const descriptions = commands.map(
    ({ name, description }) => `    ${quoted(`${escaped(name, ':')}:${description}`)}`,
  );
  const cases = commands.map(({ name, flags, words }) => {
    const specs = flags.map(specOf);
    if (words.length > 0) specs.push(quoted(`1:word:(${words.join(' ')})`));
    return `    ${name}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef ${program}
# zsh completion of ${program}, made by: ${program} completion zsh

_${program}() {
  local state line
  local -a commands=(
${descriptions.join('\n')}
  )
  _arguments -C ${flags.map(specOf).join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}

if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

/** One flag in the words of \`_arguments\`: `'--reprocess=[which]:value:(failed none all)'`. */
function specOf({ names, description, value }: CompletedFlag): string {
  const text = `[${escaped(description, '[]:')}]`;
  if (value === undefined) {
    const excluded = names.length > 1 ? quoted(`(${names.join(' ')})`) : '';
    return names.map((name) => excluded + quoted(name + text)).join(' ');
  }
  const action =
    typeof value === 'object'
      ? `(${value.choices.join(' ')})`
      : { files: '_files', directories: '_files -/', nothing: ' ' }[value];
  return names.map((name) => quoted(`${name}=${text}:value:${action}`)).join(' ');
}

function escaped(text: string, characters: string): string {
  return [...text].map((each) => (characters.includes(each) || each === '\\' ? `\\${each}` : each)).join('');
}
