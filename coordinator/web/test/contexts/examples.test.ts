import { describe, expect, test } from 'vitest'
import { EXAMPLES } from '../../src/contexts/examples.ts'
import { analyzeContext } from '../../src/editor/analyze-context.ts'

describe('an example to begin with', () => {
  test.each(EXAMPLES.map((example) => [example.title, example.text]))(
    '“%s” has no problem and does something',
    (_, text) => {
      const { diagnostics, plan } = analyzeContext(text)
      expect(diagnostics.filter((diagnostic) => diagnostic.severity !== 'info')).toEqual([])
      expect(plan?.resources.length).toBeGreaterThan(0)
    },
  )
})
