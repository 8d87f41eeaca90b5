import { describe, expect, it } from 'vitest'
import { PLUGINS } from '../../src/plugins/registry.ts'
import { annotate } from '../../src/userdata/annotate.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { problem } from '../../src/userdata/problem.ts'
import { maskSecretLine, SECRET_KEYS } from '../../src/userdata/secret-keys.ts'
import { spanOf, splitLines } from '../../src/userdata/text.ts'

function annotated(text: string): string {
  return annotate(decodeContext(text).diagnostics, text, { file: 'my.context' })
}

describe('annotated diagnostics', () => {
  it('show place, code, source line, mark and hint as a compiler does', () => {
    expect(annotated('[ucernvm-begin]\ncvmfs_path=cvm4\n[ucernvm-end]\n')).toBe(
      [
        'my.context:2:1: warning[boot-key-alias]: "cvmfs_path" is read as "cernvm_path"',
        '    2 | cvmfs_path=cvm4',
        '      | ^^^^^^^^^^',
        '  hint: Write cernvm_path.',
        '',
      ].join('\n'),
    )
    expect(annotated('[cernvm]\n')).toBe('')
  })

  it('are one line each when short', () => {
    const text = '[a]\n  x\n'
    const short = annotate(decodeContext(text).diagnostics, text, { file: 'f', isShort: true })
    expect(short).toBe('f:2:1: warning[line-indented]: An indented line is ignored\n')
  })

  it('show the piece of a long line around the place', () => {
    const text = `${'a'.repeat(300)}WRONG${'b'.repeat(300)}`
    const [line] = splitLines(text)
    if (line === undefined) throw new Error('a line was expected')
    const shown = annotate([problem('invalid-value', spanOf(line, 300, 305), 'no')], text, { file: 'f' }).split('\n')
    const column = shown[2]?.indexOf('^^^^^') ?? -1
    expect(shown[1]?.slice(column, column + 5)).toBe('WRONG')
    expect(shown[1]?.length).toBeLessThan(140)
  })

  it('cannot steer the terminal', () => {
    const text = '[\u001b[31m\u202e ]\nx\n'
    const shown = annotated(text)
    expect(shown).not.toContain('\u001b')
    expect(shown).not.toContain('\u202e')
    expect(annotate(decodeContext(text).diagnostics, text, { file: 'a\u001bb' })).not.toContain('\u001b')
  })

  it('mask the values of secret options, misspelled ones too', () => {
    for (const line of ['users=alice:alice:hunter2', '  users: a:b:hunter2', 'user=a:b:hunter2', 'X509-cert=hunter2']) {
      expect(maskSecretLine(line), line).not.toContain('hunter2')
    }
    expect(maskSecretLine('shell=/bin/bash')).toBe('shell=/bin/bash')
    expect(annotated('[cernvm]\n  users=a:b:hunter2\n')).not.toContain('hunter2')
  })

  it('know every secret option of every plugin', () => {
    for (const plugin of PLUGINS.values()) {
      for (const key of plugin.schema.keys.filter((one) => one.isSecret === true)) {
        for (const name of [key.key, ...(key.aliases ?? [])]) expect(SECRET_KEYS.has(name), name).toBe(true)
      }
    }
  })
})
