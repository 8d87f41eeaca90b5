/**
 * A change to the lines of a text file that can be repeated without effect: applying it twice equals once.
 *
 * - `set`: the line `KEY<separator>VALUE`, with an exact match of the key; the first such line is replaced, further
 *   ones are removed, and without any it is appended. `value: undefined` removes the key. `isSecret` masks the value
 *   wherever the edit is shown.
 * - `first-line`: this line is the first of the file, and nowhere else.
 * - `line`: this line occurs; appended when missing.
 * - `remove-matching`: no line matches this regular expression (source text, no flags).
 * - `replace-first`: the first line that matches becomes `line`, further matching ones are commented out with `# `;
 *   without any, `line` is appended. A line equal to `line` counts as the first match.
 */
export type TextEdit =
  | {
      readonly edit: 'set'
      readonly key: string
      readonly value: string | undefined
      readonly separator: string
      readonly isSecret?: boolean
    }
  | { readonly edit: 'first-line'; readonly line: string }
  | { readonly edit: 'line'; readonly line: string }
  | { readonly edit: 'remove-matching'; readonly pattern: string }
  | { readonly edit: 'replace-first'; readonly pattern: string; readonly line: string }
