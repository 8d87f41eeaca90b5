import type { Ownership } from '@muster/contexts/plan/resource.ts'
import { findAccount, findGroupId, readAccountFiles } from '../../accounts/account-files.ts'
import { ApplyError } from '../apply-error.ts'
import type { DirectoryEntry, FileEntry, Owner } from '../entry.ts'
import type { Machine } from '../machine.ts'
import type { NotDoneNote } from './handler.ts'

/** Wanted mode and owner, compared with what is there. */
export interface AttributeFinding {
  /** Owner for a change; undefined where this process may not give files away. */
  readonly owner: Owner | undefined
  readonly differs: boolean
  readonly notes: readonly string[]
  readonly notDone: readonly NotDoneNote[]
}

/** Looks an owner up in the accounts of the machine itself. @throws {ApplyError} unknown-account */
export async function ownerIds(machine: Machine, owner: Ownership): Promise<Owner> {
  const user = owner.user ?? 'root'
  const group = owner.group ?? 'root'
  if (user === 'root' && group === 'root') return { uid: 0, gid: 0 }
  const files = await readAccountFiles(machine.tree)
  const uid = user === 'root' ? 0 : findAccount(files, user)?.uid
  const gid = group === 'root' ? 0 : findGroupId(files, group)
  if (uid === undefined) throw unknown('user', user)
  if (gid === undefined) throw unknown('group', group)
  return { uid, gid }
}

/**
 * The path of a file, with the numeric id of an account in the place of `{uid}` where the plan asks for it.
 *
 * @throws {ApplyError} unknown-account
 */
export async function pathWithId(
  machine: Machine,
  want: { readonly path: string; readonly uidOf?: string },
): Promise<string> {
  if (want.uidOf === undefined) return want.path
  const { uid } = await ownerIds(machine, { user: want.uidOf })
  return want.path.replaceAll('{uid}', String(uid))
}

/**
 * What mode and owner need.
 *
 * Without root's rights an owner that is not this process' own cannot be given: that part is told as not done, and does
 * not count as a difference, so that a second apply is quiet.
 */
export async function compareAttributes(
  machine: Machine,
  present: FileEntry | DirectoryEntry | undefined,
  want: { readonly mode: number; readonly owner: Ownership },
): Promise<AttributeFinding> {
  const ids = await ownerIds(machine, want.owner)
  const names = `${want.owner.user ?? 'root'}:${want.owner.group ?? 'root'}`
  const notes: string[] = []
  const isModeOther = present !== undefined && present.mode !== want.mode
  if (isModeOther) notes.push(`mode ${octal(present.mode)}, wanted ${octal(want.mode)}`)
  const actual = present ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  const isOwnerOther = actual.uid !== ids.uid || actual.gid !== ids.gid
  if (!machine.setting.isRoot) {
    const notDone = isOwnerOther ? [{ reason: `owner ${names} can be set by root only`, needsRoot: true }] : []
    return { owner: undefined, differs: isModeOther, notes, notDone }
  }
  if (present !== undefined && isOwnerOther) notes.push(`owner ${actual.uid}:${actual.gid}, wanted ${names}`)
  return { owner: ids, differs: isModeOther || (present !== undefined && isOwnerOther), notes, notDone: [] }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function unknown(kind: 'user' | 'group', name: string): ApplyError {
  return new ApplyError('unknown-account', `there is no ${kind} ${name} on this machine`, {
    hint: `Let the context make the ${kind} ${name} before what belongs to it.`,
  })
}
