import { ApplyError } from '../apply-error.ts'
import { givenOwner, missingParents, resolveOn } from '../machine.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

/** A symbolic link with its target as written; a file in its place is replaced, a directory is not. */
export const linkHandler: ResourceHandler<'link'> = {
  kind: 'link',
  async inspect(want, machine) {
    const path = await resolveOn(machine, want.path, { followLast: false })
    const present = await machine.tree.entry(path)
    if (present?.type === 'link' && present.target === want.target) return AS_WANTED
    if (present?.type === 'directory' || present?.type === 'other') {
      throw new ApplyError('wrong-type', `${path} is there, but not as a link or file`, {
        hint: `Move ${path} away on the machine, or let the context name another path.`,
        details: { path },
      })
    }
    const notes =
      present === undefined ? [] : [present.type === 'link' ? `leads to ${present.target}` : 'is a regular file']
    return {
      action: present === undefined ? 'create' : 'update',
      notes,
      async perform(target) {
        const owner = givenOwner(target, { uid: 0, gid: 0 })
        await target.change([...(await missingParents(target, path)), { do: 'link', path, target: want.target, owner }])
        return undefined
      },
    }
  },
}
