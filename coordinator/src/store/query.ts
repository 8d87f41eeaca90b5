import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** What queries run on: the store itself or one transaction of it. */
export type Db = Kysely<Tables>

/** Where a page of a list begins and how long it is. */
export interface PageRequest {
  readonly limit: number
  /** Last key of the page before; absent for the first page. */
  readonly after?: string
}
