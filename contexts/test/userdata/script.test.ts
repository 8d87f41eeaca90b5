import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'

const CONTEXTS = new URL('../../../tests/testdata/public-contexts/', import.meta.url)

function codesOf(text: string): readonly string[] {
  return decodeContext(text).diagnostics.map((one) => one.code)
}

interface Row {
  readonly id: string
  readonly text: string
  readonly phase: 'before' | 'after' | undefined
  readonly program?: string
  readonly posix?: boolean
  readonly problems?: readonly string[]
}

const ROWS: readonly Row[] = [
  { id: 'X1', text: '#!/bin/sh\necho hi\nexit\n', phase: 'after', program: '/bin/bash', posix: true },
  { id: 'bash', text: '#!/bin/bash\nexit\n', phase: 'after', program: '/bin/bash', posix: false },
  { id: 'env', text: '#!/usr/bin/env bash\nexit\n', phase: 'after', program: '/bin/bash', posix: false },
  { id: 'X2', text: '#!/bin/sh.before\ntrue\nexit\n', phase: 'before', program: '/bin/bash', posix: false },
  { id: 'bash.before', text: '#!/bin/bash.before\nexit\n', phase: 'before', program: '/bin/bash', posix: false },
  { id: 'X4', text: '#!/bin/sh before\nexit\n', phase: 'before', program: '/bin/bash', posix: false },
  { id: 'after with a space', text: '#!/bin/sh after\nexit\n', phase: 'after', program: '/bin/bash', posix: false },
  { id: 'X5', text: '#!/usr/bin/python\nexit\n', phase: undefined, problems: ['script-not-run'] },
  { id: 'flags', text: '#!/bin/bash -e\nexit\n', phase: undefined, problems: ['script-not-run'] },
  { id: 'no program', text: '#!\nexit\n', phase: undefined, problems: ['script-not-run'] },
  {
    id: 'X7',
    text: '#!/bin/sh\r\necho hi\r\nexit\r\n',
    phase: 'after',
    posix: true,
    problems: ['script-carriage-return'],
  },
  { id: 'X8', text: '#!/bin/zsh\nexit\n', phase: 'after', program: '/bin/zsh', posix: false },
  { id: 'zsh.before', text: '#!/bin/zsh.before\nexit\n', phase: 'before', program: '/bin/zsh', posix: false },
  { id: 'X10', text: '\t\n#!/bin/sh\nexit\n', phase: 'after', problems: ['script-after-blank'] },
  { id: 'blank lines above', text: '\n   \n#!/bin/sh\nexit\n', phase: 'after' },
  { id: 'X11', text: '#!/bin/sh\n# see #!/bin/bash.before\nexit\n', phase: 'after' },
  { id: 'X14', text: '#!/bin/sh.beforehand\nexit\n', phase: undefined, problems: ['script-not-run'] },
  { id: 'X17', text: '#!/bin/sh.after\nshopt -o posix\nexit\n', phase: 'after', posix: false },
]

describe('the leading script', () => {
  for (const { id, text, phase, program, posix, problems } of ROWS) {
    it(`takes the phase of ${id} ${JSON.stringify(text)} from its own first line`, () => {
      const { script } = decodeContext(text)
      expect(script?.phase).toBe(phase)
      expect(script).toBeDefined()
      if (program !== undefined) expect(script?.interpreter.program).toBe(program)
      if (posix !== undefined) expect(script?.interpreter.posix).toBe(posix)
      expect(codesOf(text)).toEqual(problems ?? [])
      expect(script?.text).not.toContain('\r')
    })
  }

  it('is none without #! in the first line that is not blank', () => {
    for (const text of ['echo hi\n', ' #!/bin/sh\n', '[cernvm]\n#!/bin/sh\n', '']) {
      expect(decodeContext(text).script, text).toBeUndefined()
    }
  })

  it('ends before the first known section when it has no exit (X13)', () => {
    const { script, diagnostics, ini } = decodeContext('#!/bin/sh\necho hi\n[cernvm]\nk=v\n')
    expect(script?.text).toBe('#!/bin/sh\necho hi\n')
    expect(diagnostics).toMatchObject([{ code: 'script-without-exit', span: { start: { line: 3 } } }])
    expect(ini.sections.get('cernvm')?.options.get('k')?.value).toBe('v')
  })

  it('ends at the last exit before the first known section, not at a guard or in a function', () => {
    const text =
      '#!/bin/sh\nif false; then\nexit 1\nfi\nf() {\nexit 2\n}\necho hi\nexit; # done\n\n[unknown]\nx=1\n[squid]\n'
    const { script, ini } = decodeContext(text)
    expect(script?.text.endsWith('echo hi\nexit; # done\n')).toBe(true)
    expect([...ini.sections.keys()]).toEqual(['unknown', 'squid'])
  })

  it('does not take "exiting" for an exit', () => {
    const { script } = decodeContext('#!/bin/sh\nexit 0\nexiting\n\n[cernvm]\n')
    expect(script?.text).toBe('#!/bin/sh\nexit 0\n')
  })

  it('is the whole text when no known section follows', () => {
    const text = '#!/bin/sh\nexit 0\necho never\n'
    expect(decodeContext(text).script?.text).toBe(text)
  })

  it('says so when a misspelled section below it becomes a part of it', () => {
    const { script, diagnostics } = decodeContext('#!/bin/sh\nexit 0\n\n[cernmv]\nusers=a:b:c\n')
    expect(script?.text).toContain('[cernmv]')
    expect(diagnostics).toMatchObject([{ code: 'script-swallows-section', hint: 'Did you mean "cernvm"?' }])
  })

  const hereDocuments: readonly (readonly [name: string, start: string, end: string])[] = [
    ['a plain word', 'cat <<E', 'E'],
    ['a word after a blank', 'cat << EOFOUTER > /f', 'EOFOUTER'],
    ['a quoted word', "cat <<'END OF IT'", 'END OF IT'],
    ['a double-quoted word', 'cat <<"E"', 'E'],
    ['an escaped word', 'cat <<\\E', 'E'],
    ['an indented end', 'cat <<-E', '\t\tE'],
  ]
  for (const [name, start, end] of hereDocuments) {
    it(`does not look for sections or exit in a here-document with ${name}`, () => {
      const body = `#!/bin/sh\n${start}\n[cernvm]\nexit\nusers=x:y:z\n${end}\necho hi\nexit 0\n`
      const { script, ini } = decodeContext(`${body}[amiconfig]\nplugins=squid\n`)
      expect(script?.text).toBe(body)
      expect([...ini.sections.keys()]).toEqual(['amiconfig'])
    })
  }

  it('reads two here-documents that start in one line', () => {
    const body = '#!/bin/sh\ncat <<A <<B\n[cernvm]\nA\n[squid]\nB\nexit\n'
    expect(decodeContext(`${body}[amiconfig]\n`).script?.text).toBe(body)
  })

  it('is not fooled by a here-string, a shift or a word whose end never comes', () => {
    for (const line of ['cat <<< E', 'echo $((1<<2))', 'echo $((x<<y))', '# see cat <<E']) {
      const text = `#!/bin/sh\n${line}\nexit 0\n[cernvm]\n`
      expect(decodeContext(text).script?.text, line).toBe(`#!/bin/sh\n${line}\nexit 0\n`)
    }
  })

  it('of every public context ends with its only exit, and bash accepts it (X16)', () => {
    const names = readdirSync(CONTEXTS)
    expect(names).toHaveLength(8)
    for (const name of names) {
      const { script } = decodeContext(readFileSync(new URL(name, CONTEXTS), 'utf8'))
      if (name === 'squid.context') {
        expect(script).toBeUndefined()
        continue
      }
      const lines = script?.text.trimEnd().split('\n') ?? []
      expect(
        lines.filter((line) => line.startsWith('exit')),
        name,
      ).toHaveLength(1)
      expect(lines.at(-1), name).toBe('exit 0')
      expect(() => execFileSync('bash', ['-n'], { input: script?.text ?? '(' }), name).not.toThrow()
    }
  })
})
