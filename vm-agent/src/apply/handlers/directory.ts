import { ApplyError } from '../apply-error.ts'
import { missingParents, resolveOn } from '../machine.ts'
import { compareAttributes } from './attributes.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

/** A directory with its mode and owner; what is in it does not matter. */
export const directoryHandler: ResourceHandler<'directory'> = {
  kind: 'directory',
  async inspect(want, machine) {
    const path = await resolveOn(machine, want.path)
    const present = await machine.tree.entry(path)
    if (present !== undefined && present.type !== 'directory') {
      throw new ApplyError('wrong-type', `${path} is there, but not as a directory`, {
        hint: `Move ${path} away on the machine, or let the context name another path.`,
        details: { path },
      })
    }
    const { owner, differs, notes, notDone } = await compareAttributes(machine, present, want)
    if (present !== undefined && !differs) return { ...AS_WANTED, notDone }
    const change = present === undefined ? ('directory' as const) : ('attributes' as const)
    return {
      action: present === undefined ? 'create' : 'update',
      notes,
      notDone,
      async perform(target) {
        const parents = await missingParents(target, path)
        await target.change([...parents, { do: change, path, mode: want.mode, owner }])
        return undefined
      },
    }
  },
}
