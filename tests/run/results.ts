/** What vitest's JSON report says, as far as it is used here. */
export interface VitestReport {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Tests by outcome; names are `file: test`. */
export interface Outcome {
  readonly passed: number
  readonly failed: readonly string[]
  readonly notRun: readonly string[]
}

/** Sorts the tests of a report; a file that could not be loaded counts as one failure. */
export function sortOutcome(report: VitestReport, root: string): Outcome {
  const failed: string[] = []
  const notRun: string[] = []
  let passed = 0
  for (const file of report.testResults) {
    const shortName = file.name.startsWith(root) ? file.name.slice(root.length + 1) : file.name
    let failuresInFile = 0
    for (const test of file.assertionResults) {
      const name = `${shortName}: ${test.fullName}`
      if (test.status === 'passed') passed++
      else if (test.status === 'failed') failuresInFile = failed.push(name)
      else notRun.push(name)
    }
    if (file.status === 'failed' && failuresInFile === 0) failed.push(`${shortName}: ${file.message ?? 'not loaded'}`)
  }
  return { passed, failed, notRun }
}
