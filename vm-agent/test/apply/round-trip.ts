import type { Resource } from '@muster/contexts/plan/resource.ts'
import { expect } from 'vitest'
import { applyResources, depsFor, previewResources } from './apply-fixture.ts'
import { snapshot } from './tree-fixture.ts'

/** Applies, looks again (nothing left to do), takes back (as before). */
export async function roundTrip(root: string, resources: readonly Resource[], look: () => void = () => undefined) {
  const deps = depsFor(root)
  const before = snapshot(root, { withTimes: true })
  const preview = await previewResources(deps, resources)
  expect(snapshot(root, { withTimes: true })).toEqual(before)
  const applied = await applyResources(deps, resources)
  expect(applied.actions).toEqual(preview.actions)
  look()
  const again = await applyResources(depsFor(root), resources)
  expect(again.actions.every((action) => action === 'none')).toBe(true)
  expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
  expect(snapshot(root, { withTimes: true })).toEqual(before)
  return applied
}
