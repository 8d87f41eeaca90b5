import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { ApplyError } from './apply-error.ts'
import type { ApplySetting } from './machine.ts'

/**
 * A tree made into a place where programs can run: in a mount namespace of its own, with an overlay (or the tree
 * itself) at `merged`, and with a `/dev` of harmless devices. It ends with the process that made it, however that ends.
 */
export interface IsolatedRoot {
  /** Whether changes stay out of the tree: it is an overlay. */
  readonly isOverlay: boolean
  /** Process that holds the namespace. */
  readonly holderPid: number
  /** The root to run in, inside the namespace. */
  readonly mergedPath: string
  /** The root as this process sees it. */
  readonly mergedView: string
  /** Where the overlay's changes are, also after the end. */
  readonly upperPath: string
  /** Ends the namespace; what was changed stays at `upperPath`. */
  close(): Promise<void>
}

/** Longest the mounts may take. */
const SETUP_TIMEOUT_MS = 30_000

/**
 * Mounts the tree ($1) below the scratch directory ($2), as an overlay or directly ($3), then waits for the end of its
 * input. The tree is bound first, since its path may hold characters that mean something to the overlay's options.
 */
const HOLDER_SCRIPT = `
set -e
tree=$1 scratch=$2 how=$3
if [ "$how" = overlay ]; then
  mount --bind "$tree" "$scratch/lower"
  mount -t overlay overlay -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work,redirect_dir=off,metacopy=off,index=off,xino=off" "$scratch/merged"
else
  mount --rbind "$tree" "$scratch/merged"
fi
root=$scratch/merged
for name in dev proc; do
  # A link could lead out of the tree. An overlay only hides it; the tree itself is not touched.
  if [ -L "$root/$name" ]; then
    [ "$how" = overlay ] || exit 1
    rm "$root/$name"
  fi
  [ -d "$root/$name" ] || mkdir "$root/$name"
done
mount -t tmpfs -o mode=755,size=64m,nr_inodes=4096 tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/tty" c 5 0
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mkdir -m 1777 "$root/dev/shm"
echo ready
read -r _ || true
`

/** Path of a new scratch directory outside the tree, named after this process; it is not made yet. */
export async function chooseScratch(setting: ApplySetting): Promise<string> {
  const root = await realpath(setting.root)
  for (const base of ['/var/tmp', '/tmp', '/run']) {
    const real = await realpath(base).catch(() => undefined)
    if (real === undefined || real === root || real.startsWith(`${root}/`)) continue
    return join(real, `muster-overlay-${process.pid}-${randomBytes(8).toString('hex')}`)
  }
  throw new ApplyError('write-failed', 'there is no place outside the tree for the effects of scripts', {
    hint: 'Make /var/tmp or /tmp on this machine.',
  })
}

/**
 * Opens a place to run programs in the tree. Where the kernel or its rights allow no overlay, the tree itself is used.
 *
 * @param scratch - from `chooseScratch`, named in the journal already
 * @throws {ApplyError} command-failed - neither works here
 */
export async function openIsolatedRoot(setting: ApplySetting, scratch: string): Promise<IsolatedRoot> {
  await mkdir(scratch, { mode: 0o700 })
  for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(join(scratch, name))
  const overlay = await startHolder(setting, scratch, 'overlay')
  if (overlay !== undefined) return overlay
  const direct = await startHolder(setting, scratch, 'direct')
  if (direct !== undefined) return direct
  throw new ApplyError('command-failed', 'programs cannot be run in the tree: no mount namespace can be made here', {
    hint: 'Run as root of the machine itself, not of a container without mount rights.',
  })
}

async function startHolder(
  setting: ApplySetting,
  scratch: string,
  how: 'overlay' | 'direct',
): Promise<IsolatedRoot | undefined> {
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', '--', 'sh', '-c', HOLDER_SCRIPT, 'muster-root', setting.root, scratch, how],
    { env: { PATH: setting.path }, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'], detached: true },
  )
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  child.stdin.on('error', () => undefined)
  if (!(await isReady(child, setting)) || child.pid === undefined) {
    child.kill('SIGKILL')
    await ended
    return undefined
  }
  const view = `/proc/${child.pid}/root${scratch}`
  return {
    isOverlay: how === 'overlay',
    holderPid: child.pid,
    mergedPath: join(scratch, 'merged'),
    mergedView: `${view}/merged`,
    upperPath: join(scratch, 'upper'),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}

async function isReady(child: ChildProcess, setting: ApplySetting): Promise<boolean> {
  const answered = new Promise<boolean>((resolve) => {
    child.stdout?.once('data', () => resolve(true))
    child.once('close', () => resolve(false))
    child.once('error', () => resolve(false))
  })
  const stopped = new AbortController()
  const late = setting.clock.sleep(SETUP_TIMEOUT_MS, stopped.signal).then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([answered, late])
  } finally {
    stopped.abort()
  }
}
