import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, takeEntry } from '../machine-cache.ts'
import { MINIMAL, recipeDigest, type TreeRecipe } from './recipe.ts'

/** Where finished trees are kept. */
export const TREE_CACHE = cacheFolder(process.env, 'trees')

/** A tree of a test's own. */
export interface TreeCopy {
  /** Absolute path of what is `/` in the tree. */
  readonly root: string
  remove(): void
  [Symbol.dispose](): void
}

/**
 * Path of the finished tree of a recipe; builds it when this machine has none. Of several callers at once, in any
 * process, one builds and the others wait for it.
 *
 * @throws when the tree cannot be built; the builder's own words were printed
 */
export async function debianTree(recipe: TreeRecipe = MINIMAL): Promise<string> {
  const name = { kind: recipe.name, digest: recipeDigest(recipe) }
  const find = () => takeEntry(TREE_CACHE, name)
  const ready = find()
  if (ready !== undefined) return join(ready, 'tree')
  mkdirSync(TREE_CACHE, { recursive: true })
  const builder = fileURLToPath(new URL('./build-tree.ts', import.meta.url))
  const child = spawn('flock', [join(TREE_CACHE, 'lock'), process.execPath, builder, recipe.name], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await new Promise<number>((resolve, reject) =>
    child.on('error', reject).on('exit', (status) => resolve(status ?? 1)),
  )
  const built = code === 0 ? find() : undefined
  if (built === undefined) throw new Error(`the Debian tree "${recipe.name}" could not be built`)
  return join(built, 'tree')
}

/**
 * A copy of a tree in a temporary folder, with owners and modes. A plain copy takes a quarter of a second and shares
 * blocks where the file system can; an overlay mount would have to be unmounted again after every crash of a test.
 */
export async function copyTree(recipe: TreeRecipe = MINIMAL): Promise<TreeCopy> {
  const source = await debianTree(recipe)
  const folder = mkdtempSync(join(tmpdir(), 'muster-tree-'))
  const root = join(folder, 'root')
  const { status, stderr } = spawnSync('cp', ['-a', '--reflink=auto', source, root], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the tree could not be copied: ${stderr}`)
  const remove = () => rmSync(dirname(root), { recursive: true, force: true })
  return { root, remove, [Symbol.dispose]: remove }
}
