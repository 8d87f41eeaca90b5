/**
 * Text that is safe to show: control characters, line separators and marks that change the writing direction become
 * U+FFFD, so that a context can neither steer the terminal that shows it nor make two texts look alike.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd')
}

/** At most `maxLength` UTF-16 units of a text, an ellipsis in place of the rest. */
export function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - 1))}…`
}
