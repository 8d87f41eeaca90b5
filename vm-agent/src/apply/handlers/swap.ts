import { open, readFile, statfs } from 'node:fs/promises'
import { ApplyError, throwIfStopped } from '../apply-error.ts'
import { givenOwner, type Machine, missingParents, resolveOn } from '../machine.ts'
import { runProgram } from '../run-program.ts'
import { requireFile } from './file.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

const MIB = 1024 * 1024
/** A swap file has no holes: every byte is written. */
const ZEROS = new Uint8Array(4 * MIB)
const MKSWAP_TIMEOUT_MS = 60_000

/** A swap file, in use on the running system. One that is there is kept, whatever its size. */
export const swapHandler: ResourceHandler<'swap'> = {
  kind: 'swap',
  async inspect(want, machine) {
    const path = await resolveOn(machine, want.path)
    const present = requireFile(await machine.tree.entry(path), path)
    const isUsed = !machine.setting.isLive || (await swapPaths()).includes(path)
    if (present !== undefined && isUsed) return AS_WANTED
    return {
      action: present === undefined ? 'create' : 'update',
      undo: machine.setting.isLive ? 'best-effort' : 'exact',
      notes: present === undefined ? [] : ['is not in use'],
      async perform(target) {
        if (present === undefined) {
          if (!target.isPreview) await requireSpace(target, want.sizeMiB, path)
          const owner = givenOwner(target, { uid: 0, gid: 0 })
          const content = { size: want.sizeMiB * MIB, produce: (file: string) => makeSwap(target, file, want.sizeMiB) }
          await target.change([
            ...(await missingParents(target, path)),
            { do: 'write', path, content, mode: 0o600, owner },
          ])
        }
        return isUsed ? undefined : useSwap(target, path)
      },
    }
  },
}

async function useSwap(machine: Machine, path: string) {
  const result = await machine.effect({ what: `swap ${path}`, undo: [['swapoff', path]] }, () =>
    machine.runTool({ argv: ['swapon', path] }),
  )
  if (result === undefined || result.exitCode === 0) return undefined
  return { warnings: [{ code: 'swap-failed', message: `${path} was made but cannot be used as swap here` }] }
}

async function makeSwap(machine: Machine, hostPath: string, sizeMiB: number): Promise<void> {
  const file = await open(hostPath, 'r+')
  try {
    for (let left = sizeMiB * MIB; left > 0; left -= ZEROS.byteLength) {
      throwIfStopped(machine.setting.signal)
      await file.write(ZEROS, 0, Math.min(left, ZEROS.byteLength))
    }
    // Through /proc the tool gets this very file, whatever directory it lies in.
    const result = await runProgram({
      argv: ['mkswap', `/proc/${process.pid}/fd/${file.fd}`],
      env: { PATH: machine.setting.path },
      clock: machine.setting.clock,
      timeoutMs: MKSWAP_TIMEOUT_MS,
      signal: machine.setting.signal,
    })
    throwIfStopped(machine.setting.signal)
    if (result.exitCode !== 0) {
      throw new ApplyError('command-failed', 'mkswap failed', { hint: 'Install util-linux (mkswap) on this machine.' })
    }
  } finally {
    await file.close()
  }
}

/** Asks beforehand: filling a disk first and giving the space back later would disturb everything else on it. */
async function requireSpace(machine: Machine, sizeMiB: number, path: string): Promise<void> {
  const { bavail, bsize } = await statfs(machine.setting.root)
  const freeMiB = Math.floor((bavail * bsize) / MIB)
  if (freeMiB > sizeMiB) return
  throw new ApplyError('disk-full', `${path} needs ${sizeMiB} MiB, and ${freeMiB} MiB are free`, {
    hint: 'Free some space, or ask for a smaller swap file.',
  })
}

async function swapPaths(): Promise<readonly string[]> {
  const text = await readFile('/proc/swaps', 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s/)[0] ?? '')
}
