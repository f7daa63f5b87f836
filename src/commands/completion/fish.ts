import type { Completed, CompletedFlag } from './completed.js';

/** A `complete` per word and flag (https://fishshell.com/docs/current/cmds/complete.html). */
export function fishScript({ program, flags, commands }: Completed): string {
  const complete = `complete -c ${program}`;
  const first = `${complete} -n __fish_use_subcommand`;
  const lines = commands.flatMap(({ name, description, flags, words }) => {
    const after = `${complete} -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `${first} -a ${name} -d ${quoted(description)}`,
      ...(words.length > 0 ? [`${after} -a ${quoted(words.join(' '))}`] : []),
      ...flags.map((flag) => `${after} ${specOf(flag)}`),
    ];
  });
  return `# fish completion of ${program}, made by: ${program} completion fish

${complete} -f
${flags.map((flag) => `${first} ${specOf(flag)}`).join('\n')}
${lines.join('\n')}
`;
}

function specOf({ names, description, value }: CompletedFlag): string {
  const switches = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  return `${switches.join(' ')}${completionOf(value)} -d ${quoted(description)}`;
}

function completionOf(value: CompletedFlag['value']): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return ` -x -a ${quoted(value.choices.join(' '))}`;
  return { files: ' -r -F', directories: " -x -a '(__fish_complete_directories)'", nothing: ' -x' }[value];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
