import type { ApplySummary } from '@muster/contexts/wire/machines.ts'

/** What becomes of the context in the user-data, for people; no secrets. */
export type UserDataView =
  /** `total` is 0 until it is known. */
  | { readonly phase: 'applying'; readonly done: number; readonly total: number }
  | { readonly phase: 'applied'; readonly summary: ApplySummary }
  | {
      readonly phase: 'failed'
      /** One sentence. */
      readonly message: string
      readonly hint: string | undefined
      /** At the next start of the agent. */
      readonly isTriedAgain: boolean
    }
