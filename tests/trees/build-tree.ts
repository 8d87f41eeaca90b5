import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cachedEntry } from '../machine-cache.ts'
import { TREE_CACHE } from './debian-tree.ts'
import { makeDebianTree } from './debootstrap.ts'
import { MINIMAL, readFixture, recipeDigest, type TreeRecipe, WITH_CLOUD_INIT } from './recipe.ts'

/**
 * Builds one tree: `flock LOCK node tests/trees/build-tree.ts minimal|cloud-init`. Does nothing when it is there. Whoever
 * runs it holds the lock; see {@link debianTree}.
 */
async function main(name: string | undefined): Promise<number> {
  const recipe = [MINIMAL, WITH_CLOUD_INIT].find((candidate) => candidate.name === name)
  if (recipe === undefined) return fail('name one of: minimal, cloud-init')
  try {
    await cachedEntry(TREE_CACHE, { kind: recipe.name, digest: recipeDigest(recipe) }, async (draft) => {
      say(`building the Debian tree "${recipe.name}" once (about a minute), into ${TREE_CACHE}`)
      const tree = join(draft, 'tree')
      await makeDebianTree(recipe, tree, say)
      layFixtures(recipe, tree)
      say('done')
    })
    return 0
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function layFixtures(recipe: TreeRecipe, tree: string): void {
  for (const path of recipe.directories) mkdirSync(join(tree, path), { recursive: true })
  for (const { path, fixture, mode } of recipe.files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), readFixture(fixture))
    chmodSync(join(tree, path), mode)
  }
  for (const group of recipe.systemGroups) {
    const { status } = spawnSync('groupadd', ['--prefix', tree, '--system', group], { stdio: 'ignore' })
    if (status !== 0) throw new Error(`groupadd ${group} ended with ${status}`)
  }
}

function say(text: string): void {
  process.stderr.write(`trees: ${text}\n`)
}

function fail(text: string): number {
  say(text)
  return 1
}

process.exitCode = await main(process.argv[2])
