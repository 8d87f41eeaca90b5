import type { TextEdit } from '@muster/contexts/plan/text-edit.ts'
import { applyTextEdits } from '@muster/contexts/plan/text-edit-apply.ts'
import { ApplyError } from '../apply-error.ts'
import { givenOwner, missingParents, resolveOn } from '../machine.ts'
import { requireFile } from './file.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

/** Largest file whose lines are edited. */
const MAX_EDITED_BYTES = 4 * 1024 * 1024

/** Lines of a file that somebody else may own too; mode and owner of an existing file stay. */
export const editHandler: ResourceHandler<'edit'> = {
  kind: 'edit',
  async inspect(want, machine) {
    const path = await resolveOn(machine, want.path)
    const present = requireFile(await machine.tree.entry(path), path)
    if (present === undefined && want.whenMissing !== 'create') return missing(want.path, want.whenMissing)
    const before = present === undefined ? new Uint8Array() : await machine.tree.content(path, MAX_EDITED_BYTES)
    const content = editBytes(before, want.edits)
    if (Buffer.from(before).equals(content)) return AS_WANTED
    const mode = present?.mode ?? want.mode
    return {
      action: present === undefined ? 'create' : 'update',
      async perform(target) {
        const owner = givenOwner(target, present ?? { uid: 0, gid: 0 })
        await target.change([...(await missingParents(target, path)), { do: 'write', path, content, mode, owner }])
        return undefined
      },
    }
  },
}

/** Edits bytes as the text they are, or, when they are not UTF-8, byte by byte: what is not edited stays as it is. */
export function editBytes(before: Uint8Array, edits: readonly TextEdit[]): Uint8Array {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(before)
    return new TextEncoder().encode(applyTextEdits(text, edits))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const text = Buffer.from(before).toString('latin1')
    return new Uint8Array(Buffer.from(applyTextEdits(text, edits.map(asBytes)), 'latin1'))
  }
}

/** The same edit with each text as its UTF-8 bytes in Latin 1. */
function asBytes(edit: TextEdit): TextEdit {
  const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
  switch (edit.edit) {
    case 'set':
      return {
        ...edit,
        key: bytes(edit.key),
        separator: bytes(edit.separator),
        value: edit.value === undefined ? undefined : bytes(edit.value),
      }
    case 'first-line':
    case 'line':
    case 'replace-first':
      return { ...edit, line: bytes(edit.line) }
    case 'remove-matching':
      return edit
  }
}

function missing(path: string, whenMissing: 'skip' | 'fail') {
  if (whenMissing === 'skip') return { ...AS_WANTED, notes: [`${path} does not exist: nothing to edit`] }
  throw new ApplyError('write-failed', `${path} does not exist, and this context edits it`, {
    hint: `Install what brings ${path} into the image, or leave this part of the context out.`,
    details: { path },
  })
}
