import { readFile } from 'node:fs/promises'
import { ApplyError } from '../apply-error.ts'
import { givenOwner, type Machine, missingParents, resolveOn } from '../machine.ts'
import { editBytes } from './edit.ts'
import { requireFile } from './file.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

const CONFIGURATION = '/etc/sysctl.d/60-muster.conf'
const MAX_FILE_BYTES = 64 * 1024

/** A kernel parameter: in a file for the next boot, and on the running system in the kernel. */
export const sysctlHandler: ResourceHandler<'sysctl'> = {
  kind: 'sysctl',
  async inspect(want, machine) {
    checkKey(want.key)
    const path = await resolveOn(machine, CONFIGURATION)
    const present = requireFile(await machine.tree.entry(path), path)
    const before = present === undefined ? new Uint8Array() : await machine.tree.content(path, MAX_FILE_BYTES)
    const content = editBytes(before, [{ edit: 'set', key: want.key, separator: ' = ', value: want.value }])
    const isStored = Buffer.from(before).equals(content)
    const now = machine.setting.isLive ? await readParameter(want.key) : undefined
    const isSet = now === undefined || sameValue(now, want.value)
    if (isStored && isSet) return AS_WANTED
    return {
      action: present === undefined ? 'create' : 'update',
      undo: machine.setting.isLive ? 'best-effort' : 'exact',
      notes: isSet ? [] : [`is ${now} now`],
      async perform(target) {
        if (!isStored) {
          const owner = givenOwner(target, present ?? { uid: 0, gid: 0 })
          const mode = present?.mode ?? 0o644
          await target.change([...(await missingParents(target, path)), { do: 'write', path, content, mode, owner }])
        }
        return isSet ? undefined : setParameter(target, want.key, want.value, now)
      },
    }
  },
}

async function setParameter(machine: Machine, key: string, value: string, before: string) {
  const undo = [['sysctl', '-q', '-w', `${key}=${before}`]]
  const result = await machine.effect({ what: `kernel parameter ${key}`, undo }, () =>
    machine.runTool({ argv: ['sysctl', '-q', '-w', `${key}=${value}`] }),
  )
  if (result === undefined || result.exitCode === 0) return undefined
  return { warnings: [{ code: 'sysctl-failed', message: `${key} could not be set on the running system` }] }
}

/** Dots part the words of a key; where a word itself holds a dot, slashes do. */
function checkKey(key: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(key) && !key.includes('..')) return
  throw new ApplyError('wrong-type', `${JSON.stringify(key.slice(0, 100))} is no name of a kernel parameter`, {
    hint: 'Write it as sysctl lists it, for example net.core.rmem_max.',
  })
}

/** The present value, or undefined when this kernel does not have the parameter. */
async function readParameter(key: string): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/sys/${key.replaceAll('.', '/')}`, 'utf8')).trim()
  } catch {
    return undefined
  }
}

function sameValue(left: string, right: string): boolean {
  return left.split(/\s+/).join(' ') === right.trim().split(/\s+/).join(' ')
}
