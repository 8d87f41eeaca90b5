import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planText } from './plugins/plan-text.ts'

const LIBRARY = new URL('../library/', import.meta.url)
const NAMES = readdirSync(LIBRARY)

describe('the library of ready contexts', () => {
  it('has some', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(5)
  })

  for (const name of NAMES) {
    it(`has ${name}, which plans something and has not one problem`, () => {
      const text = readFileSync(new URL(name, LIBRARY), 'utf8')
      expect(text.endsWith('\n')).toBe(true)
      const metadata = { publicKeys: [], localHostname: 'node1.example.org' }
      const planned = planText(text, { metadata })
      expect(planned.diagnostics).toEqual([])
      expect(planned.resources).not.toEqual([])
    })
  }
})
