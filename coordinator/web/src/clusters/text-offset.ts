/** Where a line and column (both from 1) are in a text; places beyond the end of a line are that end. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n')
  const index = Math.min(Math.max(line, 1), lines.length) - 1
  const before = lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0)
  return before + Math.min(Math.max(column, 1) - 1, lines[index]?.length ?? 0)
}
