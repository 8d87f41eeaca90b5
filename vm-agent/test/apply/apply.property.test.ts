import type { Resource } from '@muster/contexts/plan/resource.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApplyError } from '../../src/apply/apply-error.ts'
import { applyResources, depsFor, ORIGIN, previewResources } from './apply-fixture.ts'
import { fillTree, MINIMAL, makeTree, type Node, snapshot } from './tree-fixture.ts'

/** A few names, so that wishes and trees meet. */
const names = fc.constantFrom('a', 'b', 'c', 'etc', 'home', 'd.conf')
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const targets = fc.oneof(
  paths,
  paths.map((path) => `/${path}`),
  fc.constantFrom('..', '../../../..', '/', 'a'),
)
const text = fc.string({ maxLength: 12 })

const node: fc.Arbitrary<Node> = fc.oneof(
  text,
  fc.record({ text, mode: fc.constantFrom(0o600, 0o755, 0o4755) }),
  fc.constantFrom({ directory: 0o755 }, { directory: 0o1777 }),
  targets.map((link) => ({ link })),
)

const user = fc.constantFrom('ann', 'bea')
const resource: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    path: paths.map((path) => `/${path}`),
    content: text.map((value) => new TextEncoder().encode(value)),
    mode: fc.constantFrom(0o600, 0o644),
    owner: fc.constant({}),
    origin: fc.constant(ORIGIN),
  }),
  fc.record({
    kind: fc.constant('directory' as const),
    path: paths.map((path) => `/${path}`),
    mode: fc.constantFrom(0o700, 0o755),
    owner: fc.constant({}),
    origin: fc.constant(ORIGIN),
  }),
  fc.record({
    kind: fc.constant('link' as const),
    path: paths.map((path) => `/${path}`),
    target: targets,
    origin: fc.constant(ORIGIN),
  }),
  fc.record({
    kind: fc.constant('edit' as const),
    path: paths.map((path) => `/${path}`),
    edits: fc.constantFrom(
      [{ edit: 'set' as const, key: 'A', separator: '=', value: '1' }],
      [{ edit: 'line' as const, line: 'x' }],
    ),
    whenMissing: fc.constantFrom('create' as const, 'skip' as const),
    mode: fc.constant(0o644),
    origin: fc.constant(ORIGIN),
  }),
  fc.record({
    kind: fc.constant('user' as const),
    name: user,
    group: fc.constantFrom('users', 'sudo'),
    shell: fc.constantFrom('/bin/sh', '/bin/bash'),
    groupsWhenCreated: fc.constant(['sudo']),
    groups: fc.constant(['users']),
    origin: fc.constant(ORIGIN),
  }),
  fc.record({
    kind: fc.constant('group' as const),
    name: fc.constantFrom('ann', 'staff'),
    isSystem: fc.boolean(),
    origin: fc.constant(ORIGIN),
  }),
)

/** Entries that fit together: none below a file or link. */
const tree = fc.array(fc.tuple(paths, node), { maxLength: 8 }).map((entries) => {
  const kept = new Map<string, Node>()
  for (const [path, value] of entries) {
    const parents = path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))
    const isBelowOther = parents.some((parent) => parent !== '' && isNoDirectory(kept.get(parent)))
    const hasBelow = [...kept.keys()].some((other) => other.startsWith(`${path}/`))
    if (!isBelowOther && !kept.has(path) && !(hasBelow && isNoDirectory(value))) kept.set(path, value)
  }
  return Object.fromEntries(kept)
})

function isNoDirectory(value: Node | undefined): boolean {
  return value !== undefined && !(typeof value === 'object' && 'directory' in value)
}

describe('any plan on any tree', () => {
  test('applied and taken back leaves the tree as it was, whether it succeeds or fails', {
    timeout: 120_000,
  }, async () => {
    const outcomes = { applied: 0, failed: 0 }
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.array(resource, { maxLength: 6 }),
        fc.boolean(),
        async (nodes, resources, hasAccounts) => {
          const root = makeTree(hasAccounts ? MINIMAL : { etc: { directory: 0o755 } })
          for (const [path, value] of Object.entries(nodes)) {
            if (snapshot(root)[`/${path}`] === undefined) fillTree(root, { [path]: value })
          }
          const before = snapshot(root, { withTimes: true })
          const preview = await previewResources(depsFor(root), resources).catch(asCode)
          expect(snapshot(root, { withTimes: true })).toEqual(before)
          const applied = await applyOrFail(root, resources)
          if (typeof applied === 'string') {
            expect(preview).toBe(applied)
            outcomes.failed += 1
          } else {
            expect(typeof preview === 'string' ? preview : preview.actions).toEqual(applied.actions)
            outcomes.applied += 1
            expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
          }
          expect(snapshot(root, { withTimes: true })).toEqual(before)
        },
      ),
      { numRuns: 120, seed: 20_261 },
    )
    expect(outcomes.applied).toBeGreaterThan(20)
    expect(outcomes.failed).toBeGreaterThan(10)
  })

  test('asks for nothing more once it is applied, if its wishes do not contradict', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.uniqueArray(resource, { maxLength: 6, selector: addressLike }),
        async (nodes, resources) => {
          const root = makeTree()
          for (const [path, value] of Object.entries(nodes)) {
            const isPlain = !(typeof value === 'object' && 'link' in value)
            if (isPlain && snapshot(root)[`/${path}`] === undefined) fillTree(root, { [path]: value })
          }
          const plain = withoutContradictions(resources)
          const applied = await applyResources(depsFor(root), plain).catch(asCode)
          if (typeof applied === 'string') return
          const again = await previewResources(depsFor(root), plain)
          expect(again.actions.filter((action) => action !== 'none')).toEqual([])
        },
      ),
      { numRuns: 80, seed: 20_262 },
    )
  })
})

/** Without links, which let two paths mean one place, and without paths below each other. */
function withoutContradictions(resources: readonly Resource[]): readonly Resource[] {
  const paths = resources.flatMap((one) => ('path' in one ? [one.path] : []))
  return resources.filter((one) => {
    if (one.kind === 'link') return false
    return !('path' in one) || one.kind === 'directory' || !paths.some((path) => path.startsWith(`${one.path}/`))
  })
}

function addressLike(one: Resource): string {
  return 'path' in one ? one.path : one.kind === 'user' || one.kind === 'group' ? `${one.kind}:${one.name}` : one.kind
}

function asCode(error: unknown): string {
  if (error instanceof ApplyError) return error.code
  throw error
}

/** Applies; after a failure everything must have been taken back by the caller of the executor, as applyContext does. */
async function applyOrFail(root: string, resources: readonly Resource[]) {
  const deps = depsFor(root)
  try {
    return await applyResources(deps, resources)
  } catch (error) {
    const { recoverJournal } = await import('../../src/apply/open-journal.ts')
    const { transactionDepsOf } = await import('../../src/apply/apply-context.ts')
    const recovery = await recoverJournal(transactionDepsOf(deps, { path: '', clock: deps.clock }))
    expect(recovery?.isComplete ?? true).toBe(true)
    return asCode(error)
  }
}
