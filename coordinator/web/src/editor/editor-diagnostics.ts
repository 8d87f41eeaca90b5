import type { Diagnostic as EditorDiagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'

/** Marks beyond these are left out of the editor, which draws each one; the list says how many there are. */
const MAX_MARKS = 1000

/** Problems as CodeMirror marks them; places beyond the text (typed meanwhile) are moved to its end. */
export function toEditorDiagnostics(diagnostics: readonly Diagnostic[], doc: Text): EditorDiagnostic[] {
  const place = (line: number, column: number) => {
    if (line > doc.lines) return doc.length
    const target = doc.line(Math.max(line, 1))
    return Math.min(target.from + Math.max(column, 1) - 1, target.to)
  }
  return diagnostics.slice(0, MAX_MARKS).map((diagnostic) => {
    const { start, end } = diagnostic.span
    const from = place(start.line, start.column)
    return {
      from,
      to: Math.max(from, place(end.line, end.column)),
      severity: diagnostic.severity,
      source: diagnostic.code,
      message: diagnostic.hint === undefined ? diagnostic.message : `${diagnostic.message}\n${diagnostic.hint}`,
    }
  })
}
