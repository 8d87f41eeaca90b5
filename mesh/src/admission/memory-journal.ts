import type { TokenEntry } from './join-token.ts'
import type { IssuerJournal } from './token-office.ts'

/** A journal for as long as the process lives: for issuers whose tokens need not survive it. */
export function createMemoryJournal(start: readonly TokenEntry[] = []): IssuerJournal {
  const entries = [...start]
  return {
    load: async () => [...entries],
    async append(entry) {
      entries.push(entry)
    },
  }
}
