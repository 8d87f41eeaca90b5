import { ApiError } from '../http/api-error.ts'

/** Asked to wait between 5 and 15 seconds: machines that boot together shall not come back together. */
const RETRY_SECONDS = { least: 5, spread: 11 }

/** Places for downloads; a boot storm takes these, and the API keeps the rest of the process. */
export interface Downloads {
  /**
   * Takes a place.
   *
   * @returns gives it back; further calls do nothing
   * @throws {ApiError} unavailable when all are taken
   */
  take(): () => void
}

/** What happens beside counting. */
export interface DownloadsDeps {
  readonly limit: number
  /** 32 bits of chance. */
  readonly draw: () => number
  readonly onChange: (change: 1 | -1) => void
}

/** Creates the places. */
export function createDownloads({ limit, draw, onChange }: DownloadsDeps): Downloads {
  let taken = 0
  return {
    take() {
      if (taken >= limit) {
        const seconds = RETRY_SECONDS.least + (draw() % RETRY_SECONDS.spread)
        throw new ApiError('too-many-downloads', undefined, { headers: { 'retry-after': String(seconds) } })
      }
      taken += 1
      onChange(1)
      let isBack = false
      return () => {
        if (isBack) return
        isBack = true
        taken -= 1
        onChange(-1)
      }
    },
  }
}
