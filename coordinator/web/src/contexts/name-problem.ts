/** What is wrong with a wished name of a context or machine, or nothing (`DisplayName` of the wire). */
export function nameProblem(name: string): string | undefined {
  const text = name.trim()
  if (text === '') return 'Give it a name.'
  if (text.length > 100) return 'A name has at most 100 characters.'
  if (/[@/]/.test(text)) return 'A name has no slash and no @: they separate names from versions.'
  if (/\p{Cc}/u.test(text)) return 'A name has no control characters.'
  return undefined
}
