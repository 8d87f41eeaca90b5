/** Settings that an install may write into `agent.conf`, by key. */
export type Settings = Readonly<Record<string, string>>

/** What becomes of the settings. */
export interface MergedSettings {
  /** To add at the end; empty when nothing is missing. */
  readonly added: string
  /** Keys that the file sets to something else already, which stays. */
  readonly kept: readonly string[]
}

/** Settings that a text does not have yet, as lines for its end: what somebody has set is never replaced. */
export function missingSettings(text: string, settings: Settings): MergedSettings {
  const lines: string[] = []
  const kept: string[] = []
  for (const [key, value] of Object.entries(settings)) {
    const present = settingIn(text, key)
    if (present === undefined) lines.push(`${key} = ${value}\n`)
    else if (present !== value) kept.push(key)
  }
  const gap = lines.length > 0 && text !== '' && !text.endsWith('\n') ? '\n' : ''
  return { added: `${gap}${lines.join('')}`, kept }
}

/** Value of a key in the text of a configuration file; undefined without one. */
export function settingIn(text: string, key: string): string | undefined {
  const found = text.match(new RegExp(`^[ \\t]*${key}[ \\t]*=(.*)$`, 'm'))
  return found?.[1]?.trim()
}
