import type { Severity } from './diagnostic.ts'

/** What a code means; the reference page is made of this. */
export interface DiagnosticCodeInfo {
  readonly severity: Severity
  /** When it is reported, and what is done with the text all the same. */
  readonly meaning: string
}

/** Every code of a diagnostic with its severity (warnings become errors in strict mode). */
export const DIAGNOSTIC_CODES = {
  'byte-order-mark': {
    severity: 'warning',
    meaning: 'The text starts with a byte order mark. It is skipped; other readers of user-data may not skip it.',
  },
  sealed: {
    severity: 'error',
    meaning: 'The text is encrypted. It has to be opened with its passphrase or key first.',
  },
  'script-not-run': {
    severity: 'warning',
    meaning:
      'The leading script is of no kind that is run: another language, flags behind the shell, an unknown suffix.',
  },
  'script-after-blank': {
    severity: 'warning',
    meaning: 'Lines with tabs stand above the script. It is run; the old agent would not have seen it.',
  },
  'script-carriage-return': {
    severity: 'warning',
    meaning: 'The script has CR LF line ends. The CR characters are removed before it is run.',
  },
  'script-without-exit': {
    severity: 'warning',
    meaning: 'No line of the script starts with "exit". The script ends before the first known section.',
  },
  'script-swallows-section': {
    severity: 'warning',
    meaning: 'A line below the script looks like a section, but is none that is known, so it is part of the script.',
  },
  'script-repeated': {
    severity: 'warning',
    meaning: 'A message has more than one part with a leading script. Only the first one is run.',
  },
  'line-ignored': {
    severity: 'warning',
    meaning: 'The line is neither a section, nor an option, nor a comment, or it stands above the first section.',
  },
  'line-indented': {
    severity: 'warning',
    meaning:
      'Sections and options have to start in the first column; the line is ignored. There are no continuation lines.',
  },
  'text-after-header': {
    severity: 'warning',
    meaning: 'What follows the closing bracket of a section header is ignored.',
  },
  'section-name-spaces': {
    severity: 'warning',
    meaning: 'Spaces inside the brackets belong to the name of the section, so nobody reads it.',
  },
  'default-section': {
    severity: 'warning',
    meaning: 'Options of a section named DEFAULT are seen by no plugin.',
  },
  'option-repeated': {
    severity: 'info',
    meaning: 'The option is given more than once in its section. The last one counts.',
  },
  'boot-block-line': {
    severity: 'warning',
    meaning: 'A line of the boot block is no KEY=VALUE. It is ignored.',
  },
  'boot-block-repeated': {
    severity: 'warning',
    meaning: 'There is more than one boot block. The first one counts.',
  },
  'boot-block-not-opened': {
    severity: 'warning',
    meaning: 'The end marker of the boot block stands before its begin marker. The boot block is ignored.',
  },
  'boot-block-not-closed': {
    severity: 'warning',
    meaning: 'The boot block has no end marker. It ends at the next section or at the end of the text.',
  },
  'boot-key-unknown': {
    severity: 'warning',
    meaning: 'The boot loader knows no such key.',
  },
  'boot-key-alias': {
    severity: 'warning',
    meaning: 'The key is a common misspelling; it is taken as the right one.',
  },
  'glidein-pilot': {
    severity: 'info',
    meaning: 'The text is the argument of a glideinWMS pilot job. Its proxy settings are used, and nothing else.',
  },
  'mime-invalid': {
    severity: 'warning',
    meaning: 'The MIME message, or a part of it, cannot be decoded. That part is ignored.',
  },
  'mime-too-many-parts': {
    severity: 'warning',
    meaning: 'The MIME message has more parts, or deeper ones, than are read. The rest is ignored.',
  },
  'too-many-problems': {
    severity: 'warning',
    meaning: 'There are more problems than are listed.',
  },
  'unknown-section': {
    severity: 'warning',
    meaning: 'No plugin reads a section of this name.',
  },
  'section-not-used': {
    severity: 'warning',
    meaning: 'The section belongs to a plugin that is not selected, or to none any more. It is ignored.',
  },
  'unknown-plugin': {
    severity: 'warning',
    meaning: 'There is no plugin of this name. It is ignored.',
  },
  'plugin-not-available': {
    severity: 'warning',
    meaning: 'The old agent had a plugin of this name; this version has none. It is ignored.',
  },
  'plugin-disabled-by-system': {
    severity: 'warning',
    meaning: 'The context selects a plugin that the configuration of the machine forbids. It is not run.',
  },
  'unknown-key': {
    severity: 'warning',
    meaning: 'The plugin knows no such key. It is ignored.',
  },
  'key-missing': {
    severity: 'error',
    meaning: 'The section is of no use without this key. Nothing is planned until it is given.',
  },
  'placeholder-unknown': {
    severity: 'warning',
    meaning: 'The text looks like a placeholder and is none. It stays as it is.',
  },
  'placeholder-unresolved': {
    severity: 'info',
    meaning:
      'The cluster does not tell the value of the placeholder yet. The context is applied as soon as it does; until then only the section [muster] is.',
  },
  'placeholder-without-cluster': {
    severity: 'error',
    meaning: 'The placeholder is answered in a cluster, and this machine is in none.',
  },
  'key-without-effect': {
    severity: 'info',
    meaning: 'The key is accepted for the sake of old contexts, and does nothing.',
  },
  'invalid-value': {
    severity: 'error',
    meaning: 'The value cannot be used. Nothing is planned until it is corrected.',
  },
  'unusual-value': {
    severity: 'warning',
    meaning: 'The value is used as it is, but probably does not do what was meant.',
  },
  'entry-ignored': {
    severity: 'warning',
    meaning: 'One entry of a list cannot be used and is left out; the others are used.',
  },
  'not-expanded': {
    severity: 'warning',
    meaning: 'Variables and commands in the value are not expanded: it is written as it stands.',
  },
  'plain-password': {
    severity: 'info',
    meaning: 'The password stands in the context as plain text. A hash is accepted too.',
  },
  'readable-secret': {
    severity: 'info',
    meaning: 'The secret is written to a file that all accounts of the machine can read, as its reader expects.',
  },
  'ssh-key-invalid': {
    severity: 'warning',
    meaning: 'The cloud gave something that is not an OpenSSH public key. It is not installed.',
  },
  'no-hostname': {
    severity: 'warning',
    meaning: 'Neither the context nor the cloud gives a host name. It stays as it is.',
  },
  conflict: {
    severity: 'error',
    meaning: 'Two wishes contradict each other: the same file, account, service or key in two ways.',
  },
  'too-many-resources': {
    severity: 'error',
    meaning: 'The context asks for more things than are applied in one go.',
  },
} as const satisfies Readonly<Record<string, DiagnosticCodeInfo>>

/** A code of the table. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES
