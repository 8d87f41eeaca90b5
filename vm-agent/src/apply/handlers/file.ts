import { Secret } from '@muster/contexts/secret.ts'
import { ApplyError } from '../apply-error.ts'
import type { Entry, FileEntry } from '../entry.ts'
import { type Machine, missingParents, resolveOn } from '../machine.ts'
import { compareAttributes, pathWithId } from './attributes.ts'
import { AS_WANTED, type Finding, type ResourceHandler } from './handler.ts'

/** A whole file: content, mode and owner. A link at its path is followed inside the machine. */
export const fileHandler: ResourceHandler<'file'> = {
  kind: 'file',
  async inspect(want, machine) {
    const path = await resolveOn(machine, await pathWithId(machine, want))
    const present = requireFile(await machine.tree.entry(path), path)
    const content = want.content instanceof Secret ? new TextEncoder().encode(want.content.reveal()) : want.content
    const attributes = await compareAttributes(machine, present, want)
    const isSame = present !== undefined && (await hasContent(machine, path, present, content))
    const notes = [...(present !== undefined && !isSame ? ['other content'] : []), ...attributes.notes]
    const { owner, notDone } = attributes
    if (isSame && !attributes.differs) return { ...AS_WANTED, notDone }
    const finding = { action: present === undefined ? 'create' : 'update', notes, notDone } as const
    const mutation = isSame
      ? ({ do: 'attributes', path, mode: want.mode, owner } as const)
      : ({ do: 'write', path, content, mode: want.mode, owner } as const)
    return {
      ...finding,
      async perform(target) {
        await target.change([...(await missingParents(target, path)), mutation])
        return undefined
      },
    } satisfies Finding
  },
}

/** The file that is there, if any. @throws {ApplyError} wrong-type when something else is */
export function requireFile(entry: Entry | undefined, path: string): FileEntry | undefined {
  if (entry === undefined || entry.type === 'file') return entry
  throw new ApplyError('wrong-type', `${path} is a ${entry.type === 'other' ? 'device, socket or pipe' : entry.type}`, {
    hint: `Move ${path} away on the machine, or let the context name another path.`,
    details: { path },
  })
}

async function hasContent(machine: Machine, path: string, present: FileEntry, content: Uint8Array): Promise<boolean> {
  if (present.size !== content.byteLength) return false
  return Buffer.from(await machine.tree.content(path, content.byteLength)).equals(content)
}
