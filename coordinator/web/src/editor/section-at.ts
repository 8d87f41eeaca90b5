const HEADER = /^\[([^\]\s]+)\]/

/**
 * Section to which a line belongs, lower case, as typing needs it: the nearest header above. Undefined in the leading
 * script and before the first header. The decoder decides what a text means; this only guides completion and hovers.
 *
 * @param lineText - text of line n, from 1
 */
export function sectionAt(lineText: (line: number) => string, line: number): string | undefined {
  for (let number = line; number >= 1; number -= 1) {
    const name = HEADER.exec(lineText(number))?.[1]
    if (name !== undefined) return name.toLowerCase()
  }
  return undefined
}
