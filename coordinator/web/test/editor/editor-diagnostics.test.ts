import { Text } from '@codemirror/state'
import { expect, test } from 'vitest'
import { toEditorDiagnostics } from '../../src/editor/editor-diagnostics.ts'

const span = (line: number, from: number, to: number) => ({
  start: { offset: 0, line, column: from },
  end: { offset: 0, line, column: to },
})

test('a problem is marked at its line and column, with its hint below', () => {
  const doc = Text.of(['[cernvm]', 'usrs=a'])
  const problem = {
    severity: 'warning',
    code: 'unknown-key',
    message: 'Unknown key.',
    hint: 'users?',
    span: span(2, 1, 5),
  }
  expect(toEditorDiagnostics([{ ...problem, severity: 'warning' }], doc)).toEqual([
    { from: 9, to: 13, severity: 'warning', source: 'unknown-key', message: 'Unknown key.\nusers?' },
  ])
})

test('a problem beyond the end of a text that was shortened meanwhile is marked at its end', () => {
  const doc = Text.of(['ab'])
  const [late, wide] = toEditorDiagnostics(
    [
      { severity: 'error', code: 'x', message: 'x', span: span(9, 1, 4) },
      { severity: 'error', code: 'x', message: 'x', span: span(1, 2, 80) },
    ],
    doc,
  )
  expect(late).toMatchObject({ from: 2, to: 2 })
  expect(wide).toMatchObject({ from: 1, to: 2 })
})
