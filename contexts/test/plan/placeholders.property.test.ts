import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findPlaceholders } from '../../src/plan/placeholder-forms.ts'
import { placeValues } from '../../src/plan/placeholders.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { FACTS } from '../example-facts.ts'

const NAMES = ['service.head.address', 'service.head.http', 'cluster.name', 'self.cloud', 'self.name']
const piece = fc.oneof(
  fc.constantFrom(
    ...NAMES.map((name) => `{{${name}}}`),
    '{{',
    '}}',
    '{{ x }}',
    '{{{self.name}}}',
    '###',
    '$(x)',
    ' ',
    '\\',
  ),
  fc.string({ maxLength: 6 }).map((text) => text.replace(/[\r\n;]/g, '')),
)
const value = fc.stringMatching(/^[A-Za-z0-9.:_-]{1,20}$/)

describe('replacing placeholders in any text', () => {
  test('changes the placeholders and nothing else, and what was put in is not looked at again', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(value, { minLength: 5, maxLength: 5 }),
        (pieces, given) => {
          const text = `#!/bin/sh\n${pieces.join('')}\nexit 0\n`
          const values = new Map(NAMES.map((name, index) => [name, given[index] ?? '']))
          const written = decodeContext(text)
          const source = { kind: 'cluster', values, known: [] } as const
          const placed = placeValues(written, FACTS, source)
          const before = written.script?.text ?? ''
          let expected = ''
          let end = 0
          for (const { at, text: found, name } of findPlaceholders(before)) {
            expect(before.slice(at, at + found.length)).toBe(found)
            expected += before.slice(end, at) + (name === undefined ? found : values.get(name))
            end = at + found.length
          }
          expect(placed.document.script?.text ?? '').toBe(expected + before.slice(end))
          expect(placed.waitingFor).toEqual([])
          expect(placed.document.lines).toBe(written.lines)
        },
      ),
    )
  })

  test('gives the same a second time, and leaves a text without placeholders alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const written = decodeContext(text)
        const source = { kind: 'cluster', values: new Map(), known: [] } as const
        const once = placeValues(written, FACTS, source)
        expect(placeValues(written, FACTS, source)).toEqual(once)
        if (findPlaceholders(text).length === 0) expect(once.document).toEqual(written)
      }),
    )
  })

  test('is fast on a long text of openings', () => {
    const text = `#!/bin/sh\n${'{{service.'.repeat(100_000)}\n${'{{self.no}}\n'.repeat(20_000)}exit\n`
    const { diagnostics } = placeValues(decodeContext(text), FACTS, { kind: 'no-cluster' })
    expect(diagnostics.at(-1)?.code).toBe('too-many-problems')
  })
})
