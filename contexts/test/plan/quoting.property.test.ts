import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { quoteForShell } from '../../src/plan/shell-assignment.ts'

it('A quoted value is read back unchanged by a shell, whatever is in it', () => {
  const value = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !text.includes('\n')),
    fc
      .array(fc.constantFrom('$', '`', '"', "'", '\\', ' ', ';', '~', '!', '$(id)', '$HOME', '*', 'é', '='), {
        minLength: 1,
      })
      .map((parts) => parts.join('')),
  )
  const values = fc.sample(value, { numRuns: 300, seed: 5 })
  const script = values.map((one) => `A=${quoteForShell(one)}\nprintf '%s\\0' "$A"`).join('\n')
  for (const shell of ['bash', 'sh']) {
    const output = execFileSync(shell, { input: script, env: {} }).toString('utf8')
    expect(output.split('\0').slice(0, -1), shell).toEqual(values)
  }
})
