/** Prints each claim with its verdict and counts those that do not hold. */
export interface Judge {
  (claim: string, holds: boolean): void
  failures(): number
}

/** Nothing judged yet. */
export function createJudge(write: (line: string) => void): Judge {
  let failures = 0
  const judge = (claim: string, holds: boolean) => {
    if (!holds) failures++
    write(`  ${holds ? 'ok    ' : 'FAILED'} ${claim}`)
  }
  return Object.assign(judge, { failures: () => failures })
}
