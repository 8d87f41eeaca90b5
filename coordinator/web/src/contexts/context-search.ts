const TABS = ['text', 'plan', 'versions', 'compare', 'boot', 'details'] as const

/** Tab of the page of a context. */
export type ContextTab = (typeof TABS)[number]

/** What the address of a context's page keeps. */
export interface ContextSearch {
  readonly version?: number | undefined
  /** First version of a comparison. */
  readonly from?: number | undefined
  readonly tab?: ContextTab | undefined
}

/** Reads the address of a context's page; what does not fit is left out. */
export function decodeContextSearch(search: Readonly<Record<string, unknown>>): ContextSearch {
  const version = decodeVersion(search['version'])
  const from = decodeVersion(search['from'])
  const tab = TABS.find((candidate) => candidate === search['tab'])
  return {
    ...(version === undefined ? {} : { version }),
    ...(from === undefined ? {} : { from }),
    ...(tab === undefined ? {} : { tab }),
  }
}

/** A version number in an address, or undefined. */
export function decodeVersion(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isInteger(number) && number >= 1 && number <= 1_000_000 ? number : undefined
}
