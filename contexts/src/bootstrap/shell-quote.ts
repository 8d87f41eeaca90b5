/** A text as one word of a POSIX shell, whatever is in it; a text without NUL characters comes back as it is. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
