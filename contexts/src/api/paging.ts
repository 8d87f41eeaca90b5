import type { Page } from '../wire/common.ts'
import type { CallOptions } from './requester.ts'

/** Which page of a list: the cursor of the page before, and at most `limit` (1 to 200) items. */
export interface PageOptions extends CallOptions {
  readonly cursor?: string
  readonly limit?: number
}

/** Most items that `allItems` collects. */
export const MAX_LISTED_ITEMS = 10_000

/**
 * All items of a list, page by page, up to `MAX_LISTED_ITEMS`.
 *
 * @param readPage - reads one page, for example `(page) => api.contexts.list(page)`
 */
export async function allItems<T>(
  readPage: (page: PageOptions) => Promise<Page<T>>,
  options: CallOptions = {},
): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await readPage({ ...options, limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined && items.length < MAX_LISTED_ITEMS)
  return items
}
