import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryOf } from '../src/image-tree.ts'
import { PATHS } from '../src/layout.ts'
import { uninstall } from '../src/uninstall.ts'
import { verify } from '../src/verify.ts'
import { installIn, makeSmallTree, type SmallTree, snapshot } from './small-tree.ts'

/** Far more than it takes on a quiet machine. */
const SLOW_MS = 300_000

/** Installs, and stops dead before the change with this number. @returns false when there were fewer */
async function installUntil(tree: SmallTree, changes: number): Promise<boolean> {
  const { signal } = new AbortController()
  let left = changes
  signal.throwIfAborted = () => {
    if (left-- === 0) throw new Error('stopped')
  }
  return installIn(tree, { signal }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Error && error.message === 'stopped') return true
      throw error
    },
  )
}

describe('an install that is stopped before any of its changes', { timeout: SLOW_MS }, () => {
  test('is made whole by the next one', async () => {
    using whole = makeSmallTree('el')
    await installIn(whole)
    const wanted = snapshot(whole.root)
    for (let changes = 0; ; changes++) {
      using tree = makeSmallTree('el')
      if (!(await installUntil(tree, changes))) break
      expect((await verify(tree.root, { isImage: false })).differences[0], `${changes}`).toMatchObject({
        kind: 'incomplete',
      })
      await installIn(tree)
      expect(snapshot(tree.root), `${changes}`).toEqual(wanted)
    }
  })

  test('is taken away without a trace by uninstall', async () => {
    for (let changes = 0; ; changes++) {
      using tree = makeSmallTree('debian')
      const before = snapshot(tree.outside)
      if (!(await installUntil(tree, changes))) break
      await uninstall({ root: tree.root, isPurge: false })
      expect(snapshot(tree.outside), `${changes}`).toEqual(before)
    }
  })

  test('and one in the middle of a file: the half file is named, used up, and taken away', async () => {
    using tree = makeSmallTree()
    const before = snapshot(tree.outside)
    await installIn(tree)
    const half = join(tree.root, temporaryOf(PATHS.agent))
    writeFileSync(half, 'half')
    expect((await verify(tree.root, { isImage: false })).differences).toMatchObject([{ kind: 'leftover' }])
    await uninstall({ root: tree.root, isPurge: false })
    expect(snapshot(tree.outside)).toEqual(before)
    await installUntil(tree, 3)
    writeFileSync(half, 'half')
    tree.write('../agent', '#!/bin/sh\necho newer\n')
    await installIn(tree)
    expect((await verify(tree.root, { isImage: false })).differences).toEqual([])
  })

  test('in the middle of an update: uninstall takes old and new away', async () => {
    for (let changes = 0; ; changes++) {
      using tree = makeSmallTree()
      const before = snapshot(tree.root)
      await installIn(tree, { hasFullScreen: true })
      tree.write('../agent', '#!/bin/sh\necho newer\n')
      if (!(await installUntil(tree, changes))) break
      expect((await uninstall({ root: tree.root, isPurge: false })).kept, `${changes}`).toEqual([])
      expect(snapshot(tree.root), `${changes}`).toEqual(before)
    }
  })
})
