const TABS = ['picture', 'members', 'services', 'definition'] as const

/** Tab of the page of a cluster. */
export type ClusterTab = (typeof TABS)[number]

/** What the address of a cluster's page keeps. */
export interface ClusterSearch {
  readonly tab?: ClusterTab | undefined
}

/** Reads the address of a cluster's page; what does not fit is left out. */
export function decodeClusterSearch(search: Readonly<Record<string, unknown>>): ClusterSearch {
  const tab = findTab(search['tab'])
  return tab === undefined ? {} : { tab }
}

/** The tab of that name. */
export function findTab(value: unknown): ClusterTab | undefined {
  return TABS.find((candidate) => candidate === value)
}
