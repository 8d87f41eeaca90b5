/** What `os-release` says of a system; empty texts when it says nothing. */
export interface OsRelease {
  readonly id: string
  readonly version: string
  /** For people, for example `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string
  /** Name and version of the image, where its builder gave them. */
  readonly image: string
}

/**
 * Reads an `os-release` file: `KEY=value` lines with the quoting of the shell, never run by one.
 *
 * @see os-release(5)
 */
export function decodeOsRelease(text: string): OsRelease {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], unquote(match[2].trim()))
  }
  const get = (key: string) => values.get(key) ?? ''
  return {
    id: get('ID'),
    version: get('VERSION_ID'),
    name: get('PRETTY_NAME') || [get('NAME'), get('VERSION')].filter((part) => part !== '').join(' '),
    image: [get('IMAGE_ID'), get('IMAGE_VERSION')].filter((part) => part !== '').join(' '),
  }
}

function unquote(value: string): string {
  if (value.startsWith("'")) return value.slice(1, value.endsWith("'") && value.length > 1 ? -1 : undefined)
  const inner = value.startsWith('"') ? value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined) : value
  return inner.replaceAll(/\\(["$`\\])/g, '$1')
}
