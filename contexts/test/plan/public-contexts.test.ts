import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/plan/plan.ts'
import { planContext } from '../../src/plan/plan-context.ts'
import { diagnosticHeadline } from '../../src/userdata/annotate.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { FACTS } from '../example-facts.ts'

const CONTEXTS = new URL('../../../tests/testdata/public-contexts/', import.meta.url)
/** Where the agreed copies lie beside a checkout; absent in a clone of its own. */
const SHARED = new URL('../../../../shared/data/public-contexts/', import.meta.url)
/** Written by `vitest run -u`. */
const GOLDEN = new URL('../testdata/plans/', import.meta.url)

/** The plan as JSON: secrets masked, bytes as their number and digest, places as lines. */
function masked(plan: Plan | undefined): string {
  const replace = (key: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      return `${value.length} bytes, sha256 ${createHash('sha256').update(value).digest('hex')}`
    }
    if (key === 'span' && typeof value === 'object' && value !== null && 'start' in value) {
      return value.start
    }
    return value
  }
  return JSON.stringify(plan, replace, 1)
}

const NAMES = readdirSync(CONTEXTS)

describe('a public context', () => {
  it('is one of eight, the same as the agreed ones', () => {
    expect(NAMES).toHaveLength(8)
    if (!existsSync(SHARED)) return
    expect(readdirSync(SHARED)).toEqual(NAMES)
    for (const name of NAMES) {
      expect(readFileSync(new URL(name, CONTEXTS)).equals(readFileSync(new URL(name, SHARED))), name).toBe(true)
    }
  })

  for (const name of NAMES) {
    it(`${name} has the recorded plan and problems`, async () => {
      const text = readFileSync(new URL(name, CONTEXTS), 'utf8')
      const { plan, diagnostics } = planContext(decodeContext(text), FACTS)
      const problems = diagnostics.map((one) => diagnosticHeadline(one, name))
      expect(plan).toBeDefined()
      const file = fileURLToPath(new URL(`${name}.plan`, GOLDEN))
      await expect(`${masked(plan)}\n${problems.join('\n')}\n`).toMatchFileSnapshot(file)
    })
  }

  it('is recorded, and nothing else is', () => {
    expect(readdirSync(GOLDEN)).toEqual(NAMES.map((name) => `${name}.plan`))
  })

  it('gives nothing away in its recorded plan', () => {
    // Those whose password is no word of the rest of the text.
    const secrets = { 'aleph.context': '$6$WIjSh7', 'fcc-tutorial.context': 'xpass' }
    for (const [name, secret] of Object.entries(secrets)) {
      expect(readFileSync(new URL(name, CONTEXTS), 'utf8')).toContain(secret)
      expect(readFileSync(new URL(`${name}.plan`, GOLDEN), 'utf8')).not.toContain(secret)
    }
  })
})
