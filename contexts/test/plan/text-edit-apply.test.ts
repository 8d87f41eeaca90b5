import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellAssignment } from '../../src/plan/shell-assignment.ts'
import type { TextEdit } from '../../src/plan/text-edit.ts'
import { applyTextEdits } from '../../src/plan/text-edit-apply.ts'

function set(key: string, value: string | undefined, separator = '='): TextEdit {
  return { edit: 'set', key, value, separator }
}

interface Row {
  readonly id: string
  readonly before: string
  readonly edits: readonly TextEdit[]
  readonly after: string
}

const PASSWORDS: TextEdit = {
  edit: 'replace-first',
  pattern: 'PasswordAuthentication\\s+(?:yes|no)',
  line: 'PasswordAuthentication no',
}

const ROWS: readonly Row[] = [
  { id: 'W1', before: '', edits: [set('A', '1')], after: 'A=1\n' },
  { id: 'W2', before: 'A=0\nA=2\nB=3\n', edits: [set('A', '1')], after: 'A=1\nB=3\n' },
  { id: 'W4', before: 'ABC=1\nA=2\n', edits: [set('A', '9')], after: 'ABC=1\nA=9\n' },
  { id: 'W5', before: '# A=5\nB=1\n', edits: [set('A', '2')], after: '# A=5\nB=1\nA=2\n' },
  { id: 'removal', before: 'A=1\nB=2\nA=3\n', edits: [set('A', undefined)], after: 'B=2\n' },
  { id: 'removal of the last line', before: 'A=1\n', edits: [set('A', undefined)], after: '' },
  { id: 'no final line end', before: 'A=1\nB=2', edits: [set('B', '3')], after: 'A=1\nB=3\n' },
  { id: 'blanks around the separator', before: '  A = 1\n', edits: [set('A', '2', ' = ')], after: 'A = 2\n' },
  {
    id: 'a blank as separator',
    before: 'base dc=y\nbased x\n',
    edits: [set('base', 'dc=x', ' ')],
    after: 'base dc=x\nbased x\n',
  },
  { id: 'a value with #', before: 'A=1\n', edits: [set('A', 'x#y')], after: 'A=x#y\n' },
  {
    id: 'a first line',
    before: 'x\ninclude f\n',
    edits: [{ edit: 'first-line', line: 'include f' }],
    after: 'include f\nx\n',
  },
  { id: 'a line', before: 'x\n', edits: [{ edit: 'line', line: 'y' }], after: 'x\ny\n' },
  {
    id: 'lines removed',
    before: 'ulimit -n 5\nx\n',
    edits: [{ edit: 'remove-matching', pattern: '^ulimit -n' }],
    after: 'x\n',
  },
  {
    id: 'the first match, even a comment; later ones commented out',
    before: '#PasswordAuthentication yes\nx\nPasswordAuthentication yes\n# PasswordAuthentication yes\n',
    edits: [PASSWORDS],
    after: 'PasswordAuthentication no\nx\n# PasswordAuthentication yes\n# PasswordAuthentication yes\n',
  },
  { id: 'no match', before: 'x\n', edits: [PASSWORDS], after: 'x\nPasswordAuthentication no\n' },
]

describe('edits of a text', () => {
  for (const { id, before, edits, after } of ROWS) {
    it(`give the wanted text once and twice: ${id}`, () => {
      expect(applyTextEdits(before, edits)).toBe(after)
      expect(applyTextEdits(after, edits)).toBe(after)
    })
  }

  it('leave a text that is as wanted alone, byte for byte', () => {
    for (const before of ['A=1', 'A=1\n', '\n\nA=1\r\n', 'A=1\n\n\n']) {
      expect(applyTextEdits(before, [set('B', undefined)])).toBe(before)
    }
    expect(applyTextEdits('A=1', [set('A', '1')])).toBe('A=1')
  })

  const word = fc.constantFrom('A', 'AB', 'B', '#A', '# B', 'x')
  const line = fc.oneof(
    fc.tuple(word, fc.constantFrom('=', ' = ', ' '), word).map((parts) => parts.join('')),
    fc.constantFrom('', ' ', 'A', '# A=1', 'PasswordAuthentication yes', '#PasswordAuthentication no'),
  )
  const text = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', '\n'))
    .map(([lines, end]) => lines.join('\n') + end)
  const edit = fc.oneof(
    fc.record({
      edit: fc.constant('set' as const),
      key: fc.constantFrom('A', 'AB', 'B'),
      value: fc.option(word, { nil: undefined }),
      separator: fc.constantFrom('=', ' = ', ' '),
    }),
    line.map((one) => ({ edit: 'first-line' as const, line: one })),
    line.map((one) => ({ edit: 'line' as const, line: one })),
    fc.constantFrom('^A', 'B', '^$', 'x').map((pattern) => ({ edit: 'remove-matching' as const, pattern })),
    fc.tuple(fc.constantFrom('^A', 'B', 'Password'), line).map(([pattern, one]) => ({
      edit: 'replace-first' as const,
      pattern,
      line: one,
    })),
  )

  it('change nothing when applied again', () => {
    fc.assert(
      fc.property(text, edit, (before, one) => {
        const once = applyTextEdits(before, [one])
        expect(applyTextEdits(once, [one])).toBe(once)
      }),
      { numRuns: 5000, seed: 3 },
    )
  })

  it('of different keys change nothing when applied again as a list', () => {
    const list = fc.uniqueArray(fc.tuple(fc.constantFrom('A', 'AB', 'B', 'C'), fc.option(word, { nil: undefined })), {
      selector: ([key]) => key,
    })
    fc.assert(
      fc.property(text, list, (before, wishes) => {
        const edits = wishes.map(([key, value]) => set(key, value))
        const once = applyTextEdits(before, edits)
        expect(applyTextEdits(once, edits)).toBe(once)
        for (const [key, value] of wishes) {
          const found = once.split('\n').filter((one) => one.trimStart().startsWith(`${key}=`))
          expect(found).toEqual(value === undefined ? [] : [`${key}=${value}`])
        }
      }),
      { numRuns: 2000, seed: 4 },
    )
  })
})

describe('an assignment for a shell', () => {
  const rows: readonly (readonly [value: string | undefined, written: string | undefined])[] = [
    ['sft,grid', 'sft,grid'],
    ['http://h:3128;DIRECT', '"http://h:3128;DIRECT"'],
    ['a b', '"a b"'],
    ['$(id) `id` "x" \\', '"\\$(id) \\`id\\` \\"x\\" \\\\"'],
    ['~root', '"~root"'],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [value, written] of rows) {
    it(`of ${JSON.stringify(value)} is written as ${JSON.stringify(written)}`, () => {
      expect(shellAssignment('K', value)).toEqual({ edit: 'set', key: 'K', value: written, separator: '=' })
    })
  }
})
