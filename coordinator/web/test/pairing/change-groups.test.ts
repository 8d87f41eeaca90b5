import type { WireChange } from '@muster/contexts/wire/channel.ts'
import { expect, test } from 'vitest'
import { groupChanges } from '../../src/pairing/change-groups.ts'

const change = (action: WireChange['action'], address: string, undo: WireChange['undo'] = 'exact'): WireChange => ({
  action,
  address,
  summary: address,
  undo,
})

test('changes are grouped by what happens, in the order of the machine, and empty groups are left out', () => {
  const { groups } = groupChanges([change('run', 'script'), change('create', 'a'), change('create', 'b')])
  expect(groups.map((group) => [group.title, group.changes.map((one) => one.address)])).toEqual([
    ['Create', ['a', 'b']],
    ['Run', ['script']],
  ])
})

test('what cannot be undone is told apart from what can be undone in part', () => {
  const { permanent, partly } = groupChanges([
    change('create', 'a'),
    change('run', 'script', 'none'),
    change('update', 'service', 'best-effort'),
  ])
  expect(permanent.map((one) => one.address)).toEqual(['script'])
  expect(partly.map((one) => one.address)).toEqual(['service'])
})
