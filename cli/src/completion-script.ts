import type { Command } from 'commander'

/** Shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** A command by its path below the program, with what may follow it. */
interface CompletionEntry {
  readonly path: string
  readonly words: readonly string[]
}

/** Script that completes commands and options of a program, made from its own definition. */
export function completionScript(program: Command, shell: Shell): string {
  const entries = entriesOf(program, [])
  if (shell === 'fish') return fishScript(program.name(), entries)
  const cases = entries.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`).join('\n')
  const script = bashScript(program.name(), cases)
  return shell === 'bash' ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`
}

function entriesOf(command: Command, path: readonly string[]): readonly CompletionEntry[] {
  const below = command.commands.filter((child) => child.name() !== 'help')
  const options = [...command.options, ...globalOptions(command)].flatMap(({ long }) => long ?? [])
  const words = [...below.map((child) => child.name()), ...new Set([...options, '--help'])]
  return [{ path: path.join(' '), words }, ...below.flatMap((child) => entriesOf(child, [...path, child.name()]))]
}

function globalOptions(command: Command): Command['options'] {
  return command.parent === null ? [] : [...command.parent.options, ...globalOptions(command.parent)]
}

function bashScript(name: string, cases: string): string {
  return `_${name}() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case $path in
${cases}
    *) COMPREPLY=(); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`
}

function fishScript(name: string, entries: readonly CompletionEntry[]): string {
  const lines = entries.flatMap(({ path, words }) =>
    words.map((word) => {
      const condition = `test (string join " " (string match -v -- "-*" (commandline -opc)[2..])) = "${path}"`
      return word.startsWith('--')
        ? `complete -c ${name} -n '${condition}' -l ${word.slice(2)}`
        : `complete -c ${name} -f -n '${condition}' -a ${word}`
    }),
  )
  return `${lines.join('\n')}\n`
}
