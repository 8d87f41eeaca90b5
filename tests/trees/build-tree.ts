import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { treePath } from './debian-tree.ts'
import { makeDebianTree } from './debootstrap.ts'
import { MINIMAL, readFixture, type TreeRecipe, WITH_CLOUD_INIT } from './recipe.ts'

/**
 * Builds one tree: `node tests/trees/build-tree.ts minimal|cloud-init`. Does nothing when it is there. The tree gets its
 * final name only when it is complete, so an interrupted build leaves nothing that looks like one.
 */
async function main(name: string | undefined): Promise<number> {
  const recipe = [MINIMAL, WITH_CLOUD_INIT].find((candidate) => candidate.name === name)
  if (recipe === undefined) return fail('name one of: minimal, cloud-init')
  const target = treePath(recipe)
  if (existsSync(target)) return 0
  mkdirSync(dirname(target), { recursive: true })
  const draft = mkdtempSync(`${target}.draft-`)
  try {
    const tree = join(draft, 'tree')
    say(`building the Debian tree "${recipe.name}" once (about a minute), into .cache/trees`)
    await makeDebianTree(recipe, tree, say)
    layFixtures(recipe, tree)
    renameSync(tree, target)
    say('done')
    return 0
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  } finally {
    rmSync(draft, { recursive: true, force: true })
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
