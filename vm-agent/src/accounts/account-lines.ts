/**
 * Texts of account files (passwd, shadow, group, gshadow, subuid, subgid): one entry a line, fields by colons, the name
 * first. Lines that are not touched stay byte for byte, comments and NIS entries (`+…`) included.
 */

/** The fields of each entry; lines that are empty, comments or NIS entries are left out. */
export function entriesOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^[#+-]/.test(line))
    .map((line) => line.split(':'))
}

/** The fields of the entry of this name, or undefined. The first one counts, as for the C library. */
export function entryOf(text: string, name: string): readonly string[] | undefined {
  return entriesOf(text).find((fields) => fields[0] === name)
}

/** The text with the entry of this name replaced, or added: before NIS entries, which must stay last. */
export function withEntry(text: string, fields: readonly string[]): string {
  const line = fields.join(':')
  const lines = text.split('\n')
  const index = lines.findIndex((present) => present.startsWith(`${fields[0]}:`))
  if (index >= 0) return lines.with(index, line).join('\n')
  const nis = lines.findIndex((present) => /^[+-]/.test(present))
  if (nis >= 0) return lines.toSpliced(nis, 0, line).join('\n')
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** Numbers in one field of all entries; what is no number is left out. */
export function numbersIn(text: string, field: number): ReadonlySet<number> {
  const numbers = entriesOf(text).map((fields) => Number(fields[field] ?? ''))
  return new Set(numbers.filter((number) => Number.isInteger(number) && number >= 0))
}
