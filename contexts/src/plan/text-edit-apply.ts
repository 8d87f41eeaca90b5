import type { TextEdit } from './text-edit.ts'

/**
 * The text after all edits, in their order. Without anything to change it is the same text, byte for byte; otherwise it
 * ends with LF. An empty text stands for a missing file.
 *
 * Each edit is idempotent, so a second run changes nothing unless two edits of one list contradict each other.
 */
export function applyTextEdits(text: string, edits: readonly TextEdit[]): string {
  const before = text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  let lines: readonly string[] = before
  for (const edit of edits) lines = applyEdit(lines, edit)
  if (isSame(before, lines)) return text
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function applyEdit(lines: readonly string[], edit: TextEdit): readonly string[] {
  switch (edit.edit) {
    case 'set':
      return applySet(lines, edit)
    case 'first-line':
      if (lines[0] === edit.line && lines.lastIndexOf(edit.line) === 0) return lines
      return [edit.line, ...lines.filter((line) => line !== edit.line)]
    case 'line':
      return lines.includes(edit.line) ? lines : [...lines, edit.line]
    case 'remove-matching': {
      const pattern = new RegExp(edit.pattern)
      return lines.filter((line) => !pattern.test(line))
    }
    case 'replace-first':
      return applyReplaceFirst(lines, new RegExp(edit.pattern), edit.line)
  }
}

function applySet(lines: readonly string[], edit: Extract<TextEdit, { edit: 'set' }>): readonly string[] {
  const { key, value, separator } = edit
  const isOurs = (line: string): boolean => hasKey(line, key, separator)
  if (value === undefined) return lines.filter((line) => !isOurs(line))
  const first = lines.findIndex(isOurs)
  const wanted = `${key}${separator}${value}`
  if (first === -1) return [...lines, wanted]
  return lines.flatMap((line, index) => (index === first ? [wanted] : isOurs(line) ? [] : [line]))
}

/** Whether a line sets exactly this key: indentation and blanks around the separator do not matter. */
function hasKey(line: string, key: string, separator: string): boolean {
  const text = line.trimStart()
  if (!text.startsWith(key)) return false
  const rest = text.slice(key.length)
  const mark = separator.trim()
  return mark === '' ? /^[ \t]/.test(rest) : rest.trimStart().startsWith(mark)
}

function applyReplaceFirst(lines: readonly string[], pattern: RegExp, wanted: string): readonly string[] {
  const first = lines.findIndex((line) => line === wanted || pattern.test(line))
  if (first === -1) return [...lines, wanted]
  return lines.map((line, index) => {
    if (index === first) return wanted
    return pattern.test(line) && !line.trimStart().startsWith('#') ? `# ${line}` : line
  })
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, index) => line === right[index])
}
