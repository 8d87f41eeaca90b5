import type { TextEdit } from './text-edit.ts'

/** Characters that no shell gives a meaning to; a value of these needs no quotes. */
const PLAIN = /^[A-Za-z0-9_./:@%+,=-]+$/

/**
 * A value for the right side of `KEY=` in a file that a shell may read: as it is when nothing in it is special,
 * otherwise in double quotes with `\`, `$`, backquote and `"` escaped.
 *
 * Double quotes, not single ones, since the old readers of these files drop `"` and put it back around the value.
 */
export function quoteForShell(value: string): string {
  if (PLAIN.test(value)) return value
  return `"${value.replace(/[\\$`"]/g, '\\$&')}"`
}

/** An edit that sets `KEY=VALUE` in a shell file, quoted; an empty or missing value removes the key. */
export function shellAssignment(
  key: string,
  value: string | undefined,
  options: { readonly isSecret?: boolean } = {},
): TextEdit {
  const written = value === undefined || value === '' ? undefined : quoteForShell(value)
  const edit = { edit: 'set', key, value: written, separator: '=' } as const
  return options.isSecret === true ? { ...edit, isSecret: true } : edit
}
