import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cachedEntry } from '../machine-cache.ts'
import { makeDebianTree, type Say } from '../trees/debootstrap.ts'
import { baseDigest, digestOf, IMAGE, type Variant } from './recipe.ts'
import { runTool, runWithMounts } from './run-tool.ts'

/** An image that was built, in the cache: read it, never change it. */
export interface TestImage {
  readonly variant: Variant
  /** Trees that lie on each other, topmost first: lower layers of an overlay. */
  readonly layers: readonly string[]
  /** An ext4 file system with the whole tree, to boot from; undefined when none was asked for. */
  readonly disk: string | undefined
  readonly kernel: string
}

/** What to build. */
export interface ImageWish {
  readonly variant: Variant
  /** Whether a disk for QEMU is wanted. */
  readonly hasDisk: boolean
  /** The agent's executable, for `baked`. */
  readonly agent: () => Promise<string>
}

/** Size of the disk; most of it is a hole. */
const DISK_BYTES = 2 * 2 ** 30

/** Builds what the cache does not have of an image. The caller holds the lock of the cache. */
export async function buildImage(cache: string, wish: ImageWish, say: Say): Promise<TestImage> {
  const base = await buildBase(cache, say)
  const layers = [join(base, 'tree')]
  if (wish.variant === 'baked')
    layers.unshift(join(await buildAgentLayer(cache, base, await wish.agent(), say), 'tree'))
  const disk = wish.hasDisk ? join(await buildDisk(cache, layers, say), 'disk.raw') : undefined
  return { variant: wish.variant, layers, disk, kernel: join(base, 'vmlinuz') }
}

function buildBase(cache: string, say: Say): Promise<string> {
  return cachedEntry(cache, { kind: 'base', digest: baseDigest(IMAGE) }, async (draft) => {
    say('Debian 12 with cloud-init and a kernel, once (two minutes or more) …')
    const tree = join(draft, 'tree')
    await makeDebianTree(IMAGE, tree, say)
    for (const [path, text] of Object.entries(IMAGE.files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      writeFileSync(join(tree, path), text)
    }
    await runTool('systemctl', ['--quiet', `--root=${tree}`, 'enable', ...IMAGE.enabled])
    takeKernelOut(tree, join(draft, 'vmlinuz'))
  })
}

/** QEMU loads the kernel itself, and the file system and the disk are built into it: no boot loader, no initrd. */
function takeKernelOut(tree: string, kernel: string): void {
  const boot = join(tree, 'boot')
  const image = readdirSync(boot).find((name) => name.startsWith('vmlinuz-'))
  if (image === undefined) throw new Error('the kernel package has brought no kernel')
  copyFileSync(join(boot, image), kernel)
  for (const name of readdirSync(boot)) if (name.startsWith('initrd.img')) rmSync(join(boot, name))
  for (const name of ['initrd.img', 'initrd.img.old', 'vmlinuz.old']) rmSync(join(tree, name), { force: true })
}

/** The agent installs itself, as it does for everybody who bakes it in. */
function buildAgentLayer(cache: string, base: string, agent: string, say: Say): Promise<string> {
  const digest = digestOf(base, readFileSync(agent))
  return cachedEntry(cache, { kind: 'agent', digest }, async (draft) => {
    say('the agent, by its own installer …')
    for (const folder of ['tree', 'work', 'merged']) mkdirSync(join(draft, folder))
    const script = `mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/tree,workdir=$2/work" "$2/merged"
      exec "$3" install --root "$2/merged" --reset`
    await runWithMounts(script, [join(base, 'tree'), draft, agent])
    for (const folder of ['work', 'merged']) rmSync(join(draft, folder), { recursive: true })
  })
}

function buildDisk(cache: string, layers: readonly string[], say: Say): Promise<string> {
  return cachedEntry(cache, { kind: 'disk', digest: digestOf(...layers) }, async (draft) => {
    say('a disk with the tree …')
    const disk = join(draft, 'disk.raw')
    writeFileSync(disk, '')
    truncateSync(disk, DISK_BYTES)
    await withTree(layers, draft, `mkfs.ext4 -q -L muster-root -d "$tree" "$1"`, [disk])
  })
}

/**
 * Runs a shell script to which `$tree` is the whole tree, read-only.
 *
 * @param scratch - a folder in which another one is made and removed
 */
export async function withTree(
  layers: readonly string[],
  scratch: string,
  script: string,
  args: readonly string[],
): Promise<void> {
  const merged = join(scratch, 'merged')
  mkdirSync(merged)
  try {
    const [only = ''] = layers
    const mount =
      layers.length === 1
        ? `mount --bind -o ro "${only}" "${merged}"`
        : `mount -t overlay overlay -o "lowerdir=${layers.join(':')}" "${merged}"`
    await runWithMounts(`${mount}\ntree="${merged}"\n${script}`, args)
  } finally {
    rmSync(merged, { recursive: true })
  }
}
