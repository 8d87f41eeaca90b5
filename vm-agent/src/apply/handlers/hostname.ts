import { hostname } from 'node:os'
import type { Mutation } from '../entry.ts'
import { givenOwner, type Machine, missingParents, resolveOn } from '../machine.ts'
import { editBytes } from './edit.ts'
import { requireFile } from './file.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

const MAX_FILE_BYTES = 64 * 1024

/** The name of the machine: in its files for the next boot, and on the running system in the kernel. */
export const hostnameHandler: ResourceHandler<'hostname'> = {
  kind: 'hostname',
  async inspect(want, machine) {
    const mutations = await nameFiles(machine, want.name)
    const now = machine.setting.isLive ? hostname() : want.name
    if (mutations.length === 0 && now === want.name) return AS_WANTED
    return {
      action: 'update',
      notes: now === want.name ? [] : [`the running system is called ${now}`],
      async perform(target) {
        await target.change(mutations)
        if (now === want.name) return undefined
        const result = await target.effect({ what: 'host name', undo: [['hostname', now]] }, () =>
          target.runTool({ argv: ['hostname', want.name] }),
        )
        if (result === undefined || result.exitCode === 0) return undefined
        const message = `the running system keeps the name ${now} until its next start`
        return { warnings: [{ code: 'hostname-failed', message }] }
      },
    }
  },
}

async function nameFiles(machine: Machine, name: string): Promise<readonly Mutation[]> {
  const path = await resolveOn(machine, '/etc/hostname')
  const present = requireFile(await machine.tree.entry(path), path)
  const content = new TextEncoder().encode(`${name}\n`)
  const isSame = present !== undefined && Buffer.from(await machine.tree.content(path, MAX_FILE_BYTES)).equals(content)
  const owner = givenOwner(machine, present ?? { uid: 0, gid: 0 })
  const mutations: Mutation[] = isSame
    ? []
    : [...(await missingParents(machine, path)), { do: 'write', path, content, mode: present?.mode ?? 0o644, owner }]
  return [...mutations, ...(await oldNameFile(machine, name))]
}

/** Red Hat systems up to 6 take the name from a line of another file. */
async function oldNameFile(machine: Machine, name: string): Promise<readonly Mutation[]> {
  const path = await resolveOn(machine, '/etc/sysconfig/network')
  const present = await machine.tree.entry(path)
  if (present?.type !== 'file') return []
  const before = await machine.tree.content(path, MAX_FILE_BYTES)
  if (!/^HOSTNAME=/m.test(Buffer.from(before).toString('latin1'))) return []
  const content = editBytes(before, [{ edit: 'set', key: 'HOSTNAME', separator: '=', value: name }])
  if (Buffer.from(before).equals(content)) return []
  return [{ do: 'write', path, content, mode: present.mode, owner: givenOwner(machine, present) }]
}
