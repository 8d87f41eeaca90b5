import type { Resource } from '@muster/contexts/plan/resource.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { describe, expect, test } from 'vitest'
import { groupPlan } from '../../src/plan/plan-groups.ts'

const origin = {
  plugin: 'cernvm',
  span: { start: { offset: 9, line: 4, column: 1 }, end: { offset: 12, line: 4, column: 4 } },
}

const resources: readonly Resource[] = [
  { kind: 'service', unit: 'autofs', restartOn: [], origin },
  {
    kind: 'password',
    user: 'alice',
    password: { form: 'plain', secret: new Secret('correct horse') },
    origin: { plugin: 'cernvm' },
  },
  { kind: 'hostname', name: 'vm', origin },
]

describe('a plan on the page', () => {
  test('is grouped by subject in a fixed order, without empty groups', () => {
    expect(groupPlan(resources).map((group) => group.name)).toEqual(['Accounts', 'Services', 'System'])
  })

  test('names the line that asks for a thing, where there is one', () => {
    const [accounts, services] = groupPlan(resources)
    expect(services?.items[0]?.line).toBe(4)
    expect(accounts?.items[0]?.line).toBeUndefined()
  })

  test('never shows a password', () => {
    expect(JSON.stringify(groupPlan(resources))).not.toContain('correct horse')
  })

  test('is empty for an empty plan', () => {
    expect(groupPlan([])).toEqual([])
  })
})
