import type { LeadingScript } from './document.ts'

/** Whether and how a script is run, from its first line alone. */
export type Shebang =
  | { readonly isRun: true; readonly phase: 'before' | 'after'; readonly interpreter: LeadingScript['interpreter'] }
  | {
      readonly isRun: false
      readonly reason: string
      readonly hint: string
      readonly interpreter: LeadingScript['interpreter']
    }

const SUPPORTED = 'Start it with #!/bin/bash, or with #!/bin/sh.before to run it before the plugins.'

/**
 * Reads the first line of a script (CONTEXT-SPEC 1.3): the phase is a suffix of the shell (`sh.before`) or a word
 * behind it (`sh before`), and `after` without either.
 *
 * The suffixed shells and `#!/bin/sh` are run by bash, in POSIX mode only for plain `sh`, as on the images for which
 * the contexts were written; other shells are run as they are.
 */
export function readShebang(firstLine: string): Shebang {
  const [path = '', ...words] = firstLine
    .slice(2)
    .split(/[ \t\r]+/)
    .filter((word) => word !== '')
  const isEnv = path.endsWith('/env') && words.length > 0
  const program = isEnv ? (words[0] ?? '') : path
  const flags = isEnv ? words.slice(1) : words
  const name = program.slice(program.lastIndexOf('/') + 1)
  const { shell, suffix } = splitSuffix(name)
  const interpreter = interpreterOf(program, shell, suffix ?? flags[0])
  if (!shell.endsWith('sh')) {
    const reason = program === '' ? 'it names no interpreter' : `"${program}" is not a shell`
    return { isRun: false, reason, hint: 'Only shell scripts are run; call the other language from one.', interpreter }
  }
  if (suffix !== undefined && !isPhase(suffix)) {
    return { isRun: false, reason: `".${suffix}" is not a phase`, hint: SUPPORTED, interpreter }
  }
  if (suffix !== undefined && flags.length === 0) return { isRun: true, phase: suffix, interpreter }
  if (flags.length === 0) return { isRun: true, phase: 'after', interpreter }
  const [word = ''] = flags
  if (suffix === undefined && flags.length === 1 && isPhase(word)) return { isRun: true, phase: word, interpreter }
  const hint = 'Remove the flags, and set them in the script instead, for example with "set -e".'
  return { isRun: false, reason: `"${flags.join(' ')}" follows the shell`, hint, interpreter }
}

function isPhase(word: string): word is 'before' | 'after' {
  return word === 'before' || word === 'after'
}

function splitSuffix(name: string): { readonly shell: string; readonly suffix: string | undefined } {
  const dot = name.indexOf('.')
  if (dot === -1) return { shell: name, suffix: undefined }
  return { shell: name.slice(0, dot), suffix: name.slice(dot + 1) }
}

function interpreterOf(program: string, shell: string, phase: string | undefined): LeadingScript['interpreter'] {
  if (shell === 'sh') return { program: '/bin/bash', posix: phase === undefined }
  if (shell === 'bash') return { program: '/bin/bash', posix: false }
  const dot = program.lastIndexOf(`${shell}.`)
  return { program: dot > 0 ? program.slice(0, dot + shell.length) : program, posix: false }
}
