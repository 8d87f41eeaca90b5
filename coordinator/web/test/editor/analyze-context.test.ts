import { expect, test } from 'vitest'
import { analyzeContext, summarizeProblems } from '../../src/editor/analyze-context.ts'

test('problems come in the order of the text, with the line of each', () => {
  const { diagnostics, plan } = analyzeContext('[cernvm]\nusers=broken\nshel=/bin/bash\n')
  expect(plan).toBeUndefined()
  expect(diagnostics.map((diagnostic) => diagnostic.span.start.line)).toEqual(
    diagnostics.map((diagnostic) => diagnostic.span.start.line).toSorted((a, b) => a - b),
  )
  expect(diagnostics.some((one) => one.severity === 'error' && one.span.start.line === 2)).toBe(true)
  expect(diagnostics.some((one) => one.severity === 'warning' && one.span.start.line === 3)).toBe(true)
})

test('problems are counted in words', () => {
  const at = { offset: 0, line: 1, column: 1 }
  const problem = (severity: 'error' | 'warning' | 'info') => ({
    severity,
    code: 'x',
    message: 'x',
    span: { start: at, end: at },
  })
  expect(summarizeProblems([])).toBe('No problems')
  expect(summarizeProblems([problem('info')])).toBe('No problems')
  expect(summarizeProblems([problem('error'), problem('warning'), problem('warning')])).toBe('1 error, 2 warnings')
})
